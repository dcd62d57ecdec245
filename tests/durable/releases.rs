//! Programs of several versions that take turns with one journal: each goes on with the order that the one
//! before it left when its process ended.

use crate::durable::{
    weak::open,
    world::{Trouble, World},
};
use std::path::PathBuf;
use tokio::runtime::Builder;
use typed_saga::{
    Verdict,
    engine::{Attribution, DurableOutcome, Engine, EngineError, ReadStore, SagaId},
    runtime::{Durable, Services},
    sqlite::Sqlite,
};
use typed_saga_conformance::Faulty;

/// A version of the saga `Order`, in the words of `saga!`; before it, the sagas that are steps of it.
macro_rules! version {
    ($version:ident $($sagas:tt)*) => {
        pub(super) mod $version {
            use crate::durable::world::{Trouble, World};
            use typed_saga::saga;

            saga! { $($sagas)* }
        }
    };
}
pub(crate) use version;

/// What each version of an order is made of.
macro_rules! of {
    ($version:ident, $world:expr) => {{
        let world = $world.clone();
        ($version::Order {}, $version::OrderServices { world })
    }};
}
pub(crate) use of;

/// How a run was left, or ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Left {
    Crashed,
    Completed,
    Compensated,
    Parked,
    Unreadable(String),
}

/// Runs the order in this version, until the process ends after a write, or to its end.
pub(crate) fn run<S: Durable<Output = ()>>(
    path: &PathBuf,
    order: (S, impl Services<S>),
    crash: Option<u64>,
) -> Left {
    // With the process all that it did is gone, and the file is released.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(lives(path, order, crash, false))
}

/// As above, of an order that has parked, and is resumed first.
pub(crate) fn resume<S: Durable<Output = ()>>(
    path: &PathBuf,
    order: (S, impl Services<S>),
    crash: Option<u64>,
) -> Left {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(lives(path, order, crash, true))
}

async fn lives<S: Durable<Output = ()>>(
    path: &PathBuf,
    (order, services): (S, impl Services<S>),
    crash: Option<u64>,
    resumes: bool,
) -> Left {
    let store: Faulty<Sqlite> = Faulty::new(open(path).await);
    let store = match crash {
        Some(write) => store.crash_after(write),
        None => store,
    };
    let started = Engine::builder(store.clone())
        .register::<S>(services)
        .start();
    let ends = async {
        let engine = started.await.unwrap();
        if resumes {
            let who = Attribution::default();
            engine.resume::<S>("o", who).await.unwrap();
        }
        let outcome = match engine.submit("o", order).await {
            Ok(handle) => handle.outcome().await,
            Err(error) => Err(error),
        };
        let left = match outcome {
            Ok(DurableOutcome::Completed(())) => Left::Completed,
            Ok(DurableOutcome::Compensated(_)) => Left::Compensated,
            Ok(DurableOutcome::Parked(_)) => Left::Parked,
            Ok(_) => panic!("it was abandoned"),
            Err(EngineError::Unreadable { why, .. }) => Left::Unreadable(why.to_string()),
            Err(error) => panic!("{error}"),
        };
        drop(engine.shutdown(std::time::Duration::from_secs(5)).await);
        left
    };
    tokio::select! {
        left = ends => left,
        () = store.crashed() => Left::Crashed,
    }
}

/// Whether a step is on record: the call may not have been made.
pub(crate) fn has_begun(path: &PathBuf, step: &str) -> bool {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let stored = runtime.block_on(async { open(path).await.load(SagaId::new("Order", "o")).await });
    let commits = stored.unwrap().map_or(Vec::new(), |stored| stored.commits);
    let recorded = format!("\"step\":\"{step}\"");
    let mut commits = commits.iter();
    commits.any(|commit| commit.records.contains(&recorded))
}

pub(crate) fn troubled(trouble: impl IntoIterator<Item = (&'static str, Verdict)>) -> World {
    let world = World::default();
    for (call, verdict) in trouble {
        world.fails(call, Trouble(verdict, "not now".into()));
    }
    world
}

pub(crate) fn count(world: &World, call: &str) -> usize {
    let ledger = world.ledger();
    ledger.calls.iter().filter(|made| *made == call).count()
}
