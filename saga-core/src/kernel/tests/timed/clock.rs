//! Virtual time for the kernel: the longest run from a given moment.

use std::{collections::HashMap, hash::BuildHasherDefault, time::Duration};

use super::{Measure, doing::*, millis};
use crate::{
    definition::Definition,
    kernel::{
        Cancellation, Command, Direction, Event, Phase,
        tests::{
            build::{Saga, saga},
            situation::Fnv,
            tree::{Answer, Key as TreeKey, Move, Path, Tree},
            world::declared,
        },
    },
    values::call::CallKind,
};

/// The calls that run and the waits of steps, each with its remaining time.
type Timers = Vec<(Path, u16, Command, u64)>;

/// A moment of a run: the state of the sagas, the facts outside, and the timers.
#[derive(Clone)]
struct Moment {
    tree: Tree,
    timers: Timers,
    /// The sagas that have a deadline, each with the time that is left until then.
    ///
    /// All that came before took as long as it may, and may have been shorter. So once no time is
    /// left, the deadline may pass now or at any later moment, and what happens until then takes
    /// no further time.
    deadlines: Vec<(Path, u64)>,
    /// The steps whose last attempt may still arrive, each with the time until it no longer can.
    late: Vec<(Path, u16, u64)>,
    /// For a hold: whether it has begun.
    held: bool,
}

/// The longest run from a moment on; without a time if no run from there on counts.
#[derive(Clone, Copy, Default)]
struct Longest {
    time: Option<u64>,
    /// Whether some run goes forward again.
    turns: bool,
}

impl Longest {
    fn or(self, other: Self, cost: u64) -> Self {
        let time = other.time.map(|time| time + cost);
        Self {
            time: self.time.max(time),
            turns: self.turns || other.turns,
        }
    }
}

type Key = (
    TreeKey,
    Vec<(Path, u16, u64)>,
    Vec<(Path, u64)>,
    Vec<(Path, u16, u64)>,
    bool,
);

struct Clock {
    measure: Measure,
    durable: bool,
    /// `None` while it is being computed.
    known: HashMap<Key, Option<Longest>, BuildHasherDefault<Fnv>>,
}

impl Clock {
    fn longest(&mut self, moment: &Moment) -> Longest {
        // Which calls and waits they are follows from the state of the sagas.
        let timers = moment.timers.iter();
        let timers = timers.map(|(path, step, _, left)| (path.clone(), *step, *left));
        let key = (
            moment.tree.key(),
            timers.collect(),
            moment.deadlines.clone(),
            moment.late.clone(),
            moment.held,
        );
        if let Some(known) = self.known.get(&key) {
            return known.expect("it does not end");
        }
        self.known.insert(key.clone(), None);
        let mut longest = match self.is_over(moment) {
            Some(over) => over,
            None => self.go_on(moment),
        };
        let back = moment.tree.saga.direction() == Direction::Compensating;
        if self.measure == Measure::Decided && back && !longest.turns {
            longest.time = Some(0);
        }
        self.known.insert(key, Some(longest));
        longest
    }

    fn is_over(&self, moment: &Moment) -> Option<Longest> {
        let Tree { saga, world, .. } = &moment.tree;
        let over = |time| Some(Longest { time, turns: false });
        let is_committed = |step: u16| {
            let phase = saga.phase(step);
            matches!(phase, Phase::Applied | Phase::Skipped | Phase::FellBack)
        };
        match self.measure {
            Measure::Decided if saga.definition().pivot.is_some_and(is_committed) => over(Some(0)),
            Measure::Hold(from, until) if moment.held => {
                if !world.is_open(saga, from) {
                    over(None)
                } else if world.stands(from) && is_committed(until) {
                    over(Some(0))
                } else {
                    matches!(saga.next(), Command::End(_)).then(Longest::default)
                }
            }
            Measure::Hold(..) => matches!(saga.next(), Command::End(_)).then(Longest::default),
            _ if matches!(saga.next(), Command::End(_)) => over(Some(0)),
            _ => None,
        }
    }

    fn go_on(&mut self, moment: &Moment) -> Longest {
        let mut all = moment.tree.answers();
        all.retain(|answer| self.is_heard(moment, answer));
        let mut longest = Longest::default();
        let of = |answer: &Answer| {
            let saga = &moment.tree.at(&answer.path).saga;
            let conditions = &saga.definition().conditions;
            let step = match answer.what {
                // A panic of the condition is one of the first step.
                Move::Hear(Event::Decided { block, .. }) => {
                    Some(conditions[usize::from(block)].first)
                }
                Move::Hear(event) => event.step(),
                Move::Begin(step) => Some(step),
            };
            (answer.path.clone(), step, is_at_once(saga, answer.what))
        };
        let at_once = || all.iter().map(of).filter(|(.., at_once)| *at_once);
        let turns = |path: &Path| {
            let next = moment.tree.at(path).saga.next();
            matches!(next, Command::Turn { .. })
        };
        let first = at_once().find(|(path, ..)| !turns(path));
        if let Some(first) = first.clone().or_else(|| at_once().next()) {
            for answer in all.iter().filter(|answer| of(answer) == first) {
                let cost = self.cost(answer);
                longest = longest.or(self.hear(moment, answer), cost);
            }
        }
        if first.is_some() {
            return longest;
        }
        for answer in moment.requests() {
            longest = longest.or(self.hear(moment, &answer), 0);
        }
        let doing = doing(&moment.tree);
        let is_timed = |(path, step, command): &&(Path, u16, Command)| {
            let mut timers = moment.timers.iter();
            timers.any(|(within, of, what, _)| (within, of, what) == (path, step, command))
        };
        if let Some((path, step, command)) = doing.iter().find(|it| !is_timed(it)) {
            let takes = match command {
                Command::AwaitLate { .. } => moment.late_for(path, *step),
                _ => takes(&moment.tree.at(path).saga, *step, *command),
            };
            let alone = doing.len() == 1;
            let shorter = matches!(command, Command::Call { .. }) && !alone && takes > 0;
            let lengths = if shorter { vec![0, takes] } else { vec![takes] };
            for takes in lengths {
                let mut then = moment.clone();
                then.timers.push((path.clone(), *step, *command, takes));
                then.timers
                    .sort_by_key(|(path, step, ..)| (path.clone(), *step));
                longest = longest.or(self.longest(&then), 0);
            }
            return longest;
        }
        let mut moment = moment.clone();
        let time = moment.pass();
        let counts = match self.measure {
            Measure::Hold(..) => moment.held,
            Measure::Calls(..) => false,
            Measure::Decided | Measure::Ended => true,
        };
        let time = if counts { time } else { 0 };
        let over = moment.timers.iter().filter(|(.., left)| *left == 0);
        let over: Vec<_> = over.cloned().collect();
        if over.is_empty() {
            return longest.or(self.longest(&moment), time);
        }
        // A wait is then cut short; a call ends as it would have.
        for answer in moment.requests() {
            longest = longest.or(self.hear(&moment, &answer), time);
        }
        for (path, step, command, _) in over {
            let mut then = moment.clone();
            let ended =
                |(within, of, ..): &(Path, u16, Command, u64)| *within == path && *of == step;
            then.timers.retain(|timer| !ended(timer));
            for answer in &all {
                let Move::Hear(event) = answer.what else {
                    continue;
                };
                if answer.path == path && event.step() == Some(step) && ends(command, event) {
                    longest = longest.or(self.hear(&then, answer), time);
                }
            }
        }
        longest
    }

    fn is_heard(&self, moment: &Moment, answer: &Answer) -> bool {
        let Tree { saga, world, .. } = moment.tree.at(&answer.path);
        let Move::Hear(event) = answer.what else {
            return true;
        };
        let nested = |step: u16| saga.definition().steps[usize::from(step)].is_nested();
        // The output of a child saga may be lost by a panic, too.
        let recorded = match event {
            Event::Unrecordable { step } => self.durable || nested(step),
            // Its fallback is lost by a crash, of which there is none here.
            Event::Lost { step, .. } if nested(step) => {
                saga.phase(step) != Phase::Running(CallKind::Fallback)
            }
            _ => true,
        };
        recorded && (event.step().is_some_and(nested) || world.allows(saga, event))
    }

    fn cost(&self, answer: &Answer) -> u64 {
        let Measure::Calls(ref of, kind) = self.measure else {
            return 0;
        };
        let (step, path) = of.split_last().expect("it is a step");
        let starts = Event::start(*step, kind).map(Move::Hear);
        u64::from(answer.path == path && Some(answer.what) == starts)
    }

    fn hear(&mut self, moment: &Moment, answer: &Answer) -> Longest {
        let mut then = moment.clone();
        then.hear(answer);
        let is_whole = answer.path.is_empty();
        let turned = is_whole && matches!(answer.what, Move::Hear(Event::Turned { .. }));
        let mut begun = Longest::default();
        if let Measure::Hold(from, _) = self.measure {
            let attempts = answer.what == Move::Hear(Event::Attempting { step: from });
            let Tree { saga, world, .. } = &moment.tree;
            if is_whole && attempts && !moment.held && !world.is_open(saga, from) {
                // The hold begins with this attempt, or with a later one.
                begun = self.longest(&then);
                then.held = true;
            }
        }
        let longest = self.longest(&then).or(begun, 0);
        Longest {
            turns: longest.turns || turned,
            ..longest
        }
    }
}

fn answer(path: &[u16], event: Event) -> Answer {
    Answer {
        path: path.to_vec(),
        what: Move::Hear(event),
        bad_luck: true,
    }
}

impl Moment {
    fn hear(&mut self, answer: &Answer) {
        let before = self.tree.at(&answer.path).saga.clone();
        self.tree.hear(&answer.path, answer.what);
        if let Move::Hear(event) = answer.what {
            self.begin_late(&before, &answer.path, event);
        }
        if let Move::Begin(step) = answer.what {
            let path = [&answer.path[..], &[step]].concat();
            let limit = self.tree.at(&path).limit;
            self.deadlines.retain(|(of, _)| !of.starts_with(&path));
            self.deadlines
                .extend(limit.map(|limit| (path, millis(limit))));
        }
        self.prune();
    }

    /// After an attempt whose request may still arrive.
    fn begin_late(&mut self, saga: &Saga, path: &[u16], event: Event) {
        let Some(step) = event.step().filter(|_| event.brings_doubt()) else {
            return;
        };
        if let Some(late) = &declared(saga, step).late {
            self.late
                .retain(|(within, of, _)| within != path || *of != step);
            self.late.push((path.to_vec(), step, millis(late.get())));
            self.late.sort();
        }
    }

    fn late_for(&self, path: &[u16], step: u16) -> u64 {
        let mut late = self.late.iter();
        let late = late.find(|(within, of, _)| within == path && *of == step);
        late.map_or(0, |(.., left)| *left)
    }

    /// Drops the timers of what is over, and the deadlines that change nothing any more.
    fn prune(&mut self) {
        let doing = doing(&self.tree);
        self.timers.retain(|(path, step, command, _)| {
            let mut doing = doing.iter();
            doing.any(|(within, of, what)| (within, of, what) == (path, step, command))
        });
        let active = self.tree.active();
        self.deadlines.retain(|(path, _)| {
            let mut active = active.iter();
            let Some((_, tree)) = active.find(|(of, _)| of == path) else {
                return false;
            };
            let saga = &tree.saga;
            let passed = |pivot: u16| saga.phase(pivot) == Phase::Applied;
            let goes_back = saga.has_failed_for_good() || saga.is_recalled();
            let over = goes_back || saga.definition().pivot.is_some_and(passed);
            saga.deadline() == Cancellation::None && !over
        });
    }

    /// What may make a saga roll back now. A deadline may pass at any moment, as a cancel may come.
    fn requests(&self) -> Vec<Answer> {
        let Tree { saga, limit, .. } = &self.tree;
        let cancels = limit.is_none() && saga.cancellation() == Cancellation::None;
        let cancel = cancels.then(|| answer(&[], Event::CancelRequested));
        let passed = self.deadlines.iter().filter(|(_, left)| *left == 0);
        let passed = passed.map(|(path, _)| answer(path, Event::DeadlinePassed));
        cancel.into_iter().chain(passed).collect()
    }

    /// Lets time pass until the next call or wait is over, or the next deadline is there. Returns
    /// how long the run takes for that.
    fn pass(&mut self) -> u64 {
        let is_late = |path: &Path| {
            let mut late = self.deadlines.iter().filter(|(_, left)| *left == 0);
            late.any(|(within, _)| within.starts_with(path))
        };
        let counted = self.deadlines.iter().filter(|(path, _)| !is_late(path));
        let counted: Vec<_> = counted.map(|(path, _)| path.clone()).collect();
        let all = self
            .deadlines
            .iter()
            .filter(|(path, _)| counted.contains(path));
        let until = all.map(|(_, left)| *left);
        let timers = self.timers.iter().map(|(.., left)| *left);
        let least = timers.chain(until).min().expect("it waits for something");
        for (.., left) in &mut self.timers {
            *left -= least;
        }
        for (.., left) in &mut self.late {
            *left = left.saturating_sub(least);
        }
        self.late.retain(|(.., left)| *left > 0);
        let takes = if is_late_any(&self.deadlines) {
            0
        } else {
            least
        };
        for (path, left) in &mut self.deadlines {
            if counted.contains(path) {
                *left -= least;
            }
        }
        takes
    }
}

fn is_late_any(deadlines: &[(Path, u64)]) -> bool {
    deadlines.iter().any(|(_, left)| *left == 0)
}

/// The time of the saga's longest run; `None` if no run counts.
pub(super) fn measured(
    definition: &Definition,
    durable: bool,
    measure: &Measure,
    deadline: Option<Duration>,
) -> Option<u64> {
    let mut clock = Clock {
        measure: measure.clone(),
        durable,
        known: HashMap::default(),
    };
    let start = Moment {
        tree: Tree::new(saga(definition.clone(), durable), deadline),
        timers: Vec::new(),
        deadlines: deadline
            .map(|it| (Path::new(), millis(it)))
            .into_iter()
            .collect(),
        late: Vec::new(),
        held: false,
    };
    clock.longest(&start).time
}
