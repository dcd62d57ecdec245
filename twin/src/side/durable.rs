//! A durable run, whose commits go to a log, and whose processes die.

use super::{
    Clock, NewEvent,
    follow::{BEGIN, Notes, alone, records},
    for_logs::{Solo, SoloRun, SoloStep, Tape, Written},
    lib::engine::{Action, Attribution, SagaId, Settled, State},
    shapes::Shape,
    world::World,
};
use crate::{
    compare::COMMIT,
    course::{Course, Crash, Operator},
    seen::{Line, Seen},
    vendor::Vendor,
};
use serde_json::value::RawValue;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long nothing runs after a crash.
const DOWN: Duration = Duration::from_millis(100);

/// One saga, and its log.
struct Life<'a, S: Shape> {
    solo: Solo<S>,
    course: &'a Course,
    vendor: Vendor,
    id: SagaId,
    tape: Option<Tape>,
    events: Vec<NewEvent>,
    /// What was passed to the log, recorded or not.
    journal: Vec<Line>,
    /// How many commits that is.
    commits: usize,
    cancelled: bool,
    signalled: bool,
    resumed: bool,
}

/// How one process goes on.
enum Next {
    Goes,
    /// Another process takes the saga up.
    Again,
    Over,
}

pub(super) fn run<S: Shape>(course: &Course) -> Seen {
    alone(course.seed, async {
        Clock::at(BEGIN).set_system();
        let (vendor, notes) = (Vendor::new(course), Notes::default());
        let solo = Solo::new(S::services(World(vendor.clone())));
        let definition = S::DEFINITION;
        let mut life = Life::<S> {
            solo: solo.nap(course.nap).observe(notes.clone()),
            course,
            vendor,
            id: SagaId::new(&*definition.name, "named"),
            tape: None,
            events: Vec::new(),
            journal: Vec::new(),
            commits: 0,
            cancelled: false,
            signalled: false,
            resumed: false,
        };
        while let Next::Again = life.process().await {}
        life.deliver().await;
        Seen {
            calls: life.vendor.calls(),
            events: notes.lines(),
            end: life.end(),
            journal: life.journal,
        }
    })
}

impl<S: Shape> Life<'_, S> {
    /// From one beginning to one end.
    async fn process(&mut self) -> Next {
        let begun = match &self.tape {
            None => {
                let begun = self.solo.begin("named", S::input(), self.course.deadline);
                begun.map_err(|why| why.to_string())
            }
            Some(tape) => self.solo.go_on(tape).map_err(|why| why.to_string()),
        };
        let mut run = match begun {
            Ok(run) => run,
            Err(why) => {
                self.journal.push(Line::new("unreadable", why));
                return Next::Over;
            }
        };
        if self.cancelled {
            run.cancel(Attribution::default());
        }
        loop {
            let next = self.step(&mut run).await;
            if !matches!(next, Next::Goes) {
                return next;
            }
        }
    }

    async fn step(&mut self, run: &mut SoloRun) -> Next {
        let vendor = self.vendor.clone();
        let step = tokio::select! {
            biased;
            () = vendor.dies() => {
                sleep(DOWN).await;
                return Next::Again;
            }
            () = vendor.cancels() => {
                self.cancelled = true;
                run.cancel(Attribution::default());
                return Next::Goes;
            }
            step = run.step() => step,
        };
        match step {
            Ok(SoloStep::Write(written)) => self.write(run, &written).await,
            Ok(SoloStep::Released) => self.rests().await,
            Err(late) => {
                self.journal.push(Line::new("late", late.to_string()));
                Next::Over
            }
        }
    }

    async fn write(&mut self, run: &mut SoloRun, written: &Written) -> Next {
        let number = self.commits;
        self.commits += 1;
        self.journal.extend(lines(written));
        if self.course.crashes.contains(&Crash::Before(number)) {
            sleep(DOWN).await;
            return Next::Again;
        }
        self.keep(written);
        if self.course.crashes.contains(&Crash::After(number)) {
            sleep(DOWN).await;
            return Next::Again;
        }
        if let Err(late) = run.acknowledge(Instant::now()) {
            self.journal.push(Line::new("late", late.to_string()));
            return Next::Over;
        }
        match written.rests() {
            Some(_) => self.rests().await,
            None => Next::Goes,
        }
    }

    fn keep(&mut self, written: &Written) {
        let events = written.change.iter().flat_map(|change| &change.events);
        self.events.extend(events.cloned());
        match &mut self.tape {
            Some(tape) => tape.push(written).expect("it follows"),
            none => *none = Some(Tape::begin(self.id.clone(), written).expect("it is the first")),
        }
    }

    /// It waits, for a moment or for somebody, or has ended.
    async fn rests(&mut self) -> Next {
        let tape = self.tape.as_ref().expect("it has begun");
        let (state, due) = (tape.stored().row.state, tape.stored().row.due);
        if state == State::Parked && !self.resumed {
            self.resumed = true;
            return self.operator();
        }
        let signal = S::signal().filter(|_| self.course.signalled && !self.signalled);
        if let Some((signal, value, _)) = signal {
            self.signalled = true;
            let value = RawValue::from_string(value.to_owned()).expect("it is JSON");
            let signal = signal.to_owned();
            return self.act(&Action::Signal { signal, value });
        }
        let Some(due) = due else {
            return Next::Over;
        };
        sleep(due.since(Clock::system().now()) + Duration::from_millis(1)).await;
        Next::Again
    }

    /// What somebody does once it is parked.
    fn operator(&mut self) -> Next {
        if self.course.operator == Operator::Abandons {
            return self.act(&Action::Abandon);
        }
        if self.course.operator == Operator::SettlesAndResumes {
            for step in &*S::DEFINITION.steps {
                let step = step.name.to_string();
                let settled = Settled::Undone;
                self.act(&Action::Settle { step, settled });
            }
        }
        self.act(&Action::Resume)
    }

    fn act(&mut self, action: &Action) -> Next {
        let tape = self.tape.as_ref().expect("it has begun");
        match self
            .solo
            .act(tape, action, Attribution::new("somebody", "it is a test"))
        {
            Ok(Some(written)) => {
                self.journal.extend(lines(&written));
                self.keep(&written);
            }
            Ok(None) => {}
            Err(why) => self.journal.push(Line::new("refused", why.to_string())),
        }
        Next::Again
    }

    /// Delivers the events, as the owner of the log does.
    async fn deliver(&self) {
        for event in &self.events {
            for failures in 1..=3 {
                let attempt = self.solo.deliver(event);
                let Ok(delivered) = timeout(Duration::from_secs(60), attempt).await else {
                    self.vendor.note("outbox", "no answer".to_owned());
                    continue;
                };
                let Err(why) = delivered else {
                    break;
                };
                self.vendor.note("outbox", why);
                sleep(self.solo.delivery_wait(failures)).await;
            }
        }
    }

    /// What is recorded in the end, and what is said of it.
    fn end(&self) -> Vec<Line> {
        let Some(tape) = &self.tape else {
            return Vec::new();
        };
        let row = &tape.stored().row;
        let why = self.solo.why(tape);
        let why = why.unwrap_or_else(|why| why.to_string());
        let of = |state: &State| format!("{state:?} {:?} {}", row.due, row.fingerprint);
        vec![
            Line::new("row", of(&row.state)),
            Line::new(COMMIT, format!("{row:?}")),
            Line::new("why", why),
        ]
    }
}

/// A commit, and what changes with it.
fn lines(written: &Written) -> Vec<Line> {
    let commit = &written.commit;
    let mut lines = records(commit.seq, commit.at, &commit.records);
    if let Some(change) = &written.change {
        // Its `Debug` leaves out what events say.
        let change = serde_json::to_string(change).expect("it can be written");
        lines.push(Line::new("change", change));
    }
    if let Some(begins) = &written.begins {
        lines.push(Line::new("begins", format!("{begins:?}")));
    }
    if let Some(definition) = &written.definition {
        lines.push(Line::new("definition", definition));
    }
    lines
}
