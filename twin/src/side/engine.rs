//! A durable run on engines over a store in memory, whose processes die. All of them share a runtime,
//! and so its clock: one that dies is cut off, and after the crash of its store it can write nothing.

use super::{
    Clock, Faulty,
    follow::{BEGIN, Notes, alone, records},
    lib::engine::{
        Attribution, DurableOutcome, Engine, Handle, Memory, ReadStore, SagaId, Settled,
    },
    shapes::Shape,
    world::World,
};
use crate::{
    course::{Course, Crash, Operator},
    seen::{Line, Seen},
    vendor::Vendor,
};
use std::{future::pending, marker::PhantomData, time::Duration};

/// How long calls may take to end when the engine does.
const LET_END: Duration = Duration::from_secs(10);
/// Nobody else writes to the store.
const NEVER: Duration = Duration::from_secs(3_600);

/// One saga, its store, and its vendor.
struct Life<'a, S> {
    course: &'a Course,
    vendor: Vendor,
    notes: Notes,
    memory: Memory,
    of: PhantomData<S>,
}

pub(super) fn run<S: Shape>(course: &Course) -> Seen {
    alone(course.seed, async {
        Clock::at(BEGIN).set_system();
        let life = Life::<S> {
            course,
            vendor: Vendor::new(course),
            notes: Notes::default(),
            memory: Memory::new(),
            of: PhantomData,
        };
        let mut crashes = course.crashes.iter().copied();
        let mut end = loop {
            if let Some(end) = life.process(crashes.next()).await {
                break end;
            }
        };
        let mut journal = Vec::new();
        for id in ids::<S>() {
            let saga = SagaId::new(&*S::DEFINITION.name, *id);
            let stored = life.memory.load(saga).await.expect("a store in memory");
            let stored = stored.expect("it was submitted");
            let row = format!("{:?} {:?}", stored.row.state, stored.row.due);
            end.push(Line::new("row", row));
            let commits = stored.commits.iter();
            journal
                .extend(commits.flat_map(|commit| records(commit.seq, commit.at, &commit.records)));
        }
        Seen {
            calls: life.vendor.calls(),
            events: life.notes.lines(),
            journal,
            end,
        }
    })
}

/// One saga, and another one that wants the same keys.
fn ids<S: Shape>() -> &'static [&'static str] {
    if S::DEFINITION.takes_locks() {
        &["named", "rival"]
    } else {
        &["named"]
    }
}

impl<S: Shape> Life<'_, S> {
    /// From one beginning to one end: `None` if it dies.
    async fn process(&self, crash: Option<Crash>) -> Option<Vec<Line>> {
        let store = Faulty::new(self.memory.clone());
        let store = match crash {
            Some(Crash::Before(write)) => store.crash_before(write as u64),
            Some(Crash::After(write)) => store.crash_after(write as u64),
            Some(Crash::During(_)) | None => store,
        };
        let services = S::services(World(self.vendor.clone()));
        let builder = Engine::builder(store.clone()).register::<S>(services);
        let builder = builder
            .observe(self.notes.clone())
            .unload_after(self.course.nap);
        let builder = builder.inbox_interval(NEVER).name("process");
        let engine = tokio::select! {
            biased;
            () = store.crashed() => return None,
            engine = builder.start() => engine.expect("a store in memory"),
        };
        let lives = async {
            let end = self.follow(&engine).await;
            // Until its `finally` has run, and its events are delivered.
            let handle = engine.handle::<S>("named").await;
            drop(handle.expect("a store in memory").finished().await);
            end
        };
        let end = tokio::select! {
            biased;
            () = store.crashed() => None,
            () = self.vendor.dies() => None,
            end = lives => Some(end),
        };
        let limit = end.as_ref().map_or(Duration::ZERO, |_| LET_END);
        let mut left = engine.shutdown(limit).await;
        left.sort();
        self.vendor.note("process", format!("left {left:?}"));
        end
    }

    async fn follow(&self, engine: &Engine) -> Vec<Line> {
        for rival in &ids::<S>()[1..] {
            let submitted = engine.submit(*rival, S::saga()).await;
            submitted.expect("a store in memory");
        }
        let mut submit = engine.submit("named", S::saga());
        if let Some(deadline) = self.course.deadline {
            submit = submit.deadline(deadline);
        }
        let handle = submit.await.expect("a store in memory");
        if let Some((_, _, signal)) = S::signal().filter(|_| self.course.signalled) {
            let answer = engine.signal::<S>("named", signal).await;
            self.vendor.note("signal", format!("{answer:?}"));
        }
        let (mut end, parked) = self.outcome(&handle).await;
        if parked {
            self.operator(engine).await;
            // The first handle may show what it has received.
            let handle = engine.handle::<S>("named").await;
            let handle = handle.expect("a store in memory");
            end.extend(self.outcome(&handle).await.0);
        }
        for rival in &ids::<S>()[1..] {
            let handle = engine.handle::<S>(rival).await;
            let handle = handle.expect("a store in memory");
            end.push(format!("{:?}", handle.outcome().await));
        }
        end.into_iter().map(|text| Line::new("end", text)).collect()
    }

    /// What somebody does once it is parked.
    async fn operator(&self, engine: &Engine) {
        let who = || Attribution::new("somebody", "it is a test");
        let note = |what, answer| self.vendor.note(what, format!("{answer:?}"));
        if self.course.operator == Operator::Abandons {
            return note("abandon", engine.abandon::<S>("named", who()).await);
        }
        if self.course.operator == Operator::SettlesAndResumes {
            for step in &*S::DEFINITION.steps {
                let settled = engine.settle::<S>("named", &step.name, Settled::Undone, who());
                note("settle", settled.await);
            }
        }
        note("resume", engine.resume::<S>("named", who()).await);
    }

    /// How it ends, and whether it has parked. Meanwhile it may be cancelled.
    async fn outcome(&self, handle: &Handle<S>) -> (Vec<String>, bool) {
        let cancel = async {
            self.vendor.cancels().await;
            let answer = handle.cancel().await;
            self.vendor.note("cancel", format!("{answer:?}"));
            pending::<()>().await;
        };
        let outcome = tokio::select! {
            biased;
            outcome = handle.outcome() => outcome,
            () = cancel => unreachable!("it waits for ever"),
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(why) => return (vec![why.to_string()], false),
        };
        let mut lines = vec![format!("{outcome:?}")];
        if let Some(error) = outcome.error() {
            let failures = [error.failure()].into_iter().chain(error.also());
            lines.push(format!("{error} {:?}", error.completeness()));
            lines.extend(
                failures.map(|failure| format!("{failure:?} {failure} {:?}", failure.path())),
            );
        }
        (lines, matches!(outcome, DurableOutcome::Parked(_)))
    }
}
