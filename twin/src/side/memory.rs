//! A run in memory.

use super::{
    follow::{Notes, alone},
    lib::{
        Outcome,
        runtime::{Machine, Prepared, Sender, Services},
    },
    shapes::Shape,
    world::{No, World},
};
use crate::{
    course::Course,
    seen::{Line, Seen},
    vendor::Vendor,
};
use std::time::Duration;
use tokio::time::sleep;

/// Runs a durable saga in memory, as one does that awaits it.
pub(super) fn run<S: Shape>(course: &Course) -> Seen {
    let prepare = |world| Prepared::new(S::services(world).give(S::saga()));
    run_as(course, prepare, |sender| async move {
        if let Some((_, _, signal)) = S::signal() {
            sender.signal(signal).await;
        }
    })
}

/// Runs a saga that needs no more than its services.
pub(super) fn run_plain<M>(course: &Course, prepare: fn(World) -> Prepared<M>) -> Seen
where
    M: Machine<Output = u64, Error = No>,
{
    run_as(course, prepare, |_| async {})
}

fn run_as<M, F>(
    course: &Course,
    prepare: impl FnOnce(World) -> Prepared<M>,
    signal: impl FnOnce(Sender<M::Signal>) -> F,
) -> Seen
where
    M: Machine<Output = u64, Error = No>,
    F: Future<Output = ()>,
{
    alone(course.seed, async {
        let (vendor, notes) = (Vendor::new(course), Notes::default());
        let mut saga = prepare(World(vendor.clone()));
        if course.named {
            saga = saga.id("named");
        }
        if course.seeded {
            saga = saga.seed(course.seed);
        }
        if let Some(deadline) = course.deadline {
            saga = saga.deadline(deadline);
        }
        // What runs without observers takes shorter ways.
        if course.seed % 2 == 0 {
            saga = saga.observe(notes.clone());
        }
        let outcome = follow(saga, course, &vendor, signal).await;
        let end = end(outcome).into_iter().map(|text| Line::new("end", text));
        Seen {
            calls: vendor.calls(),
            events: notes.lines(),
            journal: Vec::new(),
            end: end.collect(),
        }
    })
}

async fn follow<M, F>(
    saga: Prepared<M>,
    course: &Course,
    vendor: &Vendor,
    signal: impl FnOnce(Sender<M::Signal>) -> F,
) -> Outcome<M>
where
    M: Machine<Output = u64, Error = No>,
    F: Future<Output = ()>,
{
    if course.cancel.is_none() && !course.signalled {
        return saga.outcome().await;
    }
    let handle = saga.start();
    if course.signalled {
        signal(handle.sender()).await;
    }
    let cancel = async {
        vendor.cancels().await;
        let answer = handle.cancel().await;
        vendor.note("cancel", format!("{answer:?}"));
    };
    let ends = async {
        while !handle.is_finished() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        biased;
        () = ends => {}
        () = cancel => {}
    }
    // It delivers its events, and runs its `finally`, before it has finished.
    handle.finished().await
}

/// All that is reported.
fn end<M: Machine<Output = u64, Error = No>>(outcome: Outcome<M>) -> Vec<String> {
    let shown = format!("{outcome:?}");
    match outcome {
        Outcome::Completed(_) | Outcome::OutputLost(_) => vec![shown],
        Outcome::Compensated(error) => {
            let also = error.also().iter();
            let also = also.map(|failure| format!("{failure:?} {failure}"));
            let completeness = format!("{:?}", error.completeness());
            [shown, error.to_string(), completeness].into_iter().chain(also).collect()
        }
        Outcome::Parked(parked) => {
            let all = [parked.failure()].into_iter().chain(parked.also());
            let all = all.map(|failure| format!("{failure:?} {failure}"));
            let unsettled = parked.unsettled();
            let position = format!("{:?} {unsettled:?} {unsettled}", parked.position());
            [shown, position].into_iter().chain(all).collect()
        }
    }
}
