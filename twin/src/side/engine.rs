//! A durable run on an engine whose process lives, over a store in memory.

use super::{
    follow::{BEGIN, Notes, alone, records},
    lib::engine::{Clock, Engine, Handle, Memory, Outcome, ReadStore, SagaId},
    shapes::Shape,
    world::World,
};
use crate::{
    course::Course,
    seen::{Line, Seen},
    vendor::Vendor,
};
use std::{future::pending, time::Duration};
use tokio::time::sleep;

/// How long calls may take to end when the engine does.
const LET_END: Duration = Duration::from_secs(10);

pub(super) fn run<S: Shape>(course: &Course) -> Seen {
    alone(course.seed, async {
        Clock::at(BEGIN).set_system();
        let (vendor, notes, memory) = (Vendor::new(course), Notes::default(), Memory::new());
        let services = S::services(World(vendor.clone()));
        let builder = Engine::builder(memory.clone()).register::<S>(services);
        let builder = builder.observe(notes.clone()).unload_after(course.nap);
        // Nobody else writes to the store.
        let builder = builder.inbox_interval(Duration::from_secs(3_600));
        let engine = builder.start().await.expect("a store in memory");
        let mut end = follow::<S>(&engine, course, &vendor).await;
        // For its `finally`, and for its events.
        sleep(Duration::from_secs(3_600)).await;
        let left = engine.shutdown(LET_END).await;
        end.push(Line::new("left", format!("{left:?}")));
        let stored = memory.load(SagaId::new(&*S::DEFINITION.name, "named")).await;
        let stored = stored.expect("a store in memory").expect("it was submitted");
        end.push(Line::new("row", format!("{:?} {:?}", stored.row.state, stored.row.due)));
        Seen {
            calls: vendor.calls(),
            events: notes.lines(),
            journal: stored
                .commits
                .iter()
                .flat_map(|commit| records(commit.seq, commit.at, &commit.records))
                .collect(),
            end,
        }
    })
}

async fn follow<S: Shape>(engine: &Engine, course: &Course, vendor: &Vendor) -> Vec<Line> {
    let mut submit = engine.submit("named", S::saga());
    if let Some(deadline) = course.deadline {
        submit = submit.deadline(deadline);
    }
    let handle = submit.await.expect("a store in memory");
    if let Some((_, _, signal)) = S::signal().filter(|_| course.signalled) {
        let answer = engine.signal::<S>("named", signal).await;
        vendor.note("signal", format!("{answer:?}"));
    }
    let outcome = tokio::select! {
        biased;
        outcome = handle.outcome() => outcome,
        () = cancel(&handle, vendor) => unreachable!("it waits for ever"),
    };
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(why) => return vec![Line::new("end", why.to_string())],
    };
    let mut lines = vec![format!("{outcome:?}")];
    if let Outcome::Compensated(error) | Outcome::Parked(error) = &outcome {
        let failures = [error.failure()].into_iter().chain(error.also());
        lines.push(format!("{error} {:?}", error.completeness()));
        lines.extend(failures.map(|failure| format!("{failure:?} {failure} {:?}", failure.path())));
    }
    lines.into_iter().map(|text| Line::new("end", text)).collect()
}

async fn cancel<S: Shape>(handle: &Handle<S>, vendor: &Vendor) {
    vendor.cancels().await;
    let answer = handle.cancel().await;
    vendor.note("cancel", format!("{answer:?}"));
    pending().await
}
