//! A run in memory.

use super::{
    follow::{Notes, alone},
    lib::{
        Failure, Outcome, Parked,
        runtime::{LockTable, Machine, Prepared, Services},
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

/// Longer than any run.
const LONG: Duration = Duration::from_secs(86_400);

/// Runs a durable saga in memory, as one does that awaits it.
pub(super) fn run<S: Shape>(course: &Course) -> Seen {
    let prepare = |world| Prepared::new(S::services(world).give(S::saga()));
    run_as(course, prepare, S::signal().map(|(_, _, signal)| signal))
}

/// Runs a saga that needs no more than its services.
pub(super) fn run_plain<M>(course: &Course, prepare: fn(World) -> Prepared<M>) -> Seen
where
    M: Machine<Output = u64, Error = No>,
{
    run_as(course, prepare, None)
}

fn run_as<M>(
    course: &Course,
    prepare: impl FnOnce(World) -> Prepared<M>,
    signal: Option<M::Signal>,
) -> Seen
where
    M: Machine<Output = u64, Error = No>,
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
        // The table of the process would have it wait for sagas of other threads.
        if M::DEFINITION.takes_locks() {
            saga = saga.locks(&LockTable::new());
        }
        let mut end = Vec::new();
        let mut outcome = follow(saga, course, &vendor, signal).await;
        if let Some(Outcome::Parked(parked)) = outcome {
            end.extend(parked_as(&parked));
            outcome = Some(parked.resume().outcome().await);
        }
        end.extend(outcome.iter().flat_map(ended_as));
        // Its `finally` runs, and its events are delivered; or all of it, if nobody waits for it.
        sleep(LONG).await;
        Seen {
            calls: vendor.calls(),
            events: notes.lines(),
            journal: Vec::new(),
            end: end.into_iter().map(|text| Line::new("end", text)).collect(),
        }
    })
}

/// `None` if its caller goes away: then it runs to its end by itself.
async fn follow<M>(
    saga: Prepared<M>,
    course: &Course,
    vendor: &Vendor,
    signal: Option<M::Signal>,
) -> Option<Outcome<M>>
where
    M: Machine<Output = u64, Error = No>,
{
    let signal = signal.filter(|_| course.signalled);
    if course.cancel.is_none() && signal.is_none() {
        return tokio::select! {
            biased;
            outcome = saga.outcome() => Some(outcome),
            () = vendor.dies() => None,
        };
    }
    let handle = saga.start();
    let send = async {
        if let Some(signal) = signal {
            let answer = handle.signal(signal).await;
            vendor.note("signal", format!("{answer:?}"));
        }
    };
    let cancel = async {
        vendor.cancels().await;
        let answer = handle.cancel().await;
        vendor.note("cancel", format!("{answer:?}"));
    };
    // Its handle waits for its end, or asks it something.
    let ends = async {
        while !handle.is_finished() {
            sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        biased;
        () = ends => {}
        ((), ()) = async { tokio::join!(biased; send, cancel) } => {}
    }
    // It delivers its events, and runs its `finally`, before it has finished.
    Some(handle.finished().await)
}

/// All that is reported of an end.
fn ended_as<M: Machine<Output = u64, Error = No>>(outcome: &Outcome<M>) -> Vec<String> {
    match outcome {
        Outcome::Completed(_) | Outcome::OutputLost(_) => vec![format!("{outcome:?}")],
        Outcome::Parked(parked) => parked_as(parked),
        Outcome::Compensated(error) => {
            let left = error.completeness();
            let mut lines = vec![
                format!("{outcome:?}"),
                error.to_string(),
                format!("{left:?}"),
            ];
            lines.extend(shown([error.failure()].into_iter().chain(error.also())));
            lines
        }
    }
}

fn parked_as<M: Machine<Output = u64, Error = No>>(parked: &Parked<M>) -> Vec<String> {
    let unsettled = parked.unsettled();
    let position = format!("{:?} {unsettled:?} {unsettled}", parked.position());
    let mut lines = vec![parked.id().to_string(), parked.to_string(), position];
    lines.extend(shown([parked.failure()].into_iter().chain(parked.also())));
    lines
}

fn shown<'a>(failures: impl Iterator<Item = &'a Failure<No>>) -> impl Iterator<Item = String> {
    failures.map(|failure| format!("{failure:?} {failure} {:?}", failure.path()))
}
