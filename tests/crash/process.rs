//! Processes: each in a runtime of its own, which ends with it. The store and the world outlive
//! them.

use crate::{
    crash::{
        audit::{Run, audit},
        rivals::{self, Rival, RivalServices, submit},
        sagas::Shape,
        trouble::{Sent, Trouble},
        world::{Arrival, DOWN, World},
    },
    watched::Watched,
};
use std::{cell::Cell, future::pending, pin::pin, time::Duration};
use tokio::{
    runtime::{Builder, Runtime},
    time::{sleep, timeout},
};
use typed_saga::{
    engine::{DurableOutcome, Engine, EngineError, Memory, SagaId, State, StoreError},
    runtime::Durable,
};
use typed_saga_conformance::Faulty;

/// The id of every saga here.
const ID: &str = "it";
/// A process that has not ended by then hangs.
const PATIENCE: Duration = Duration::from_secs(7200);
/// How long a process may take to shut down: longer than any call.
const LET_END: Duration = Duration::from_secs(60);

/// Where a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    Before(u64),
    After(u64),
    /// When this call has been made, counted over all processes.
    During(usize),
}

/// What happens to one process.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    Lives,
    /// The second part says when calls under way arrive.
    Crashes(Crash, Arrival),
    /// It is shut down at this time of the world's clock.
    ShutDown(Duration),
    /// This write reports an error, and was not made (`false`) or made (`true`).
    Unavailable(u64, bool),
    /// The same, and another process takes the store over before it tries again.
    Fenced(u64, bool),
}

/// What is known of a run beyond the world and the journal.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The writes of each process.
    pub(crate) writes: Vec<u64>,
    /// The calls that had been made when each process ended.
    pub(crate) calls: Vec<usize>,
    /// How many calls were under way at each crash.
    pub(crate) under_way: Vec<usize>,
    /// Whether each process met its fate.
    pub(crate) met: Vec<bool>,
    /// How the saga ended, as reported to the process that waited for it.
    pub(crate) heard: Option<State>,
    /// The calls that a shutdown cut off.
    pub(crate) cut_off: usize,
}

/// Runs one saga through processes with these fates, the last one to its end, and audits the
/// result.
pub(crate) fn run<S: Shape>(trouble: &Trouble, fates: &[Fate]) -> Run {
    let definition = S::Saga::DEFINITION;
    let memory = Memory::new();
    let saga = SagaId::new(&*definition.name, ID);
    let world = World::new(definition, memory.clone(), saga.clone());
    {
        let mut core = world.core();
        for (mark, step, oops) in &trouble.script {
            let script = core.script.entry((*mark, *step)).or_default();
            script.extend(oops.iter().copied());
        }
        core.tells_at = trouble.cancel;
    }
    let mut known = Known::default();
    let mut opens = Duration::ZERO;
    for fate in fates {
        opens = process::<S>(&memory, &world, trouble, *fate, opens, &mut known);
    }
    audit(definition, &memory, &saga, &world, trouble, fates, known)
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    runtime.expect("a runtime without I/O")
}

/// Runs one process to its end. Returns the time at which the next one opens.
fn process<S: Shape>(
    memory: &Memory,
    world: &World,
    trouble: &Trouble,
    fate: Fate,
    opens: Duration,
    known: &mut Known,
) -> Duration {
    let watched = Watched::new(memory);
    let mut store = Faulty::new(watched.clone());
    let mut arrival = Arrival::Never;
    match fate {
        Fate::Crashes(crash, arrives) => {
            arrival = arrives;
            match crash {
                Crash::Before(write) => store = store.crash_before(write),
                Crash::After(write) => store = store.crash_after(write),
                Crash::During(call) => world.core().ends_at = Some(call),
            }
        }
        Fate::Unavailable(write, done) | Fate::Fenced(write, done) => {
            let writes = write..write + 1;
            store = if done {
                store.unheard(writes)
            } else {
                store.unavailable(writes)
            };
        }
        Fate::Lives | Fate::ShutDown(_) => {}
    }
    let runtime = runtime();
    let (met, (now, under_way)) = runtime.block_on(async {
        world.wind();
        let handle = world.process();
        let life = async {
            match fate {
                Fate::ShutDown(at) => {
                    shut_down::<S>(&store, &handle, trouble, opens, at, known).await;
                }
                Fate::Fenced(write, _) => {
                    fenced::<S>(&watched, &store, world, trouble, opens, write, known).await;
                }
                _ => live::<S>(&store, &handle, trouble, opens, known).await,
            }
        };
        let met = tokio::select! {
            biased;
            () = store.crashed() => true,
            () = world.ended() => true,
            why = watched.too_often() => panic!("{}: {why}", S::Saga::DEFINITION.name),
            ended = timeout(PATIENCE, life) => {
                if ended.is_err() {
                    let mut core = world.core();
                    core.ledger.wrong.push("it has not ended".to_owned());
                }
                !matches!(fate, Fate::Crashes(..))
            }
        };
        (met, world.crash(arrival))
    });
    drop(runtime);
    known.writes.push(store.writes());
    known.calls.push(world.core().calls.len());
    known.under_way.push(under_way);
    known.met.push(met);
    now + DOWN
}

/// Opens an engine at its time.
async fn open<S: Shape>(
    store: &Faulty<Watched>,
    world: &World,
    trouble: &Trouble,
    opens: Duration,
) -> Engine {
    loop {
        let builder = S::register(Engine::builder(store.clone()), world.clone());
        let mut builder = builder.inbox_interval(Duration::from_secs(3600));
        if trouble.held.is_some() {
            let world = world.clone();
            builder = builder.register::<Rival>(RivalServices { world });
        }
        match builder.start().await {
            Ok(engine) => {
                // Before any task of the engine has run.
                world.pass_until(opens).await;
                return engine;
            }
            Err(EngineError::Store(StoreError::Unavailable { .. })) => {
                sleep(Duration::from_secs(1)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Submits the saga and waits until nothing of it is left to do, or its engine has stopped
/// (`false`).
async fn follow<S: Shape>(
    engine: &Engine,
    world: &World,
    trouble: &Trouble,
    known: &mut Known,
) -> bool {
    let (memory, saga) = {
        let core = world.core();
        (core.memory.clone(), core.saga.clone())
    };
    if let Some(held) = trouble.held {
        rivals::goes_before(engine, &memory, held).await;
    }
    let Some(handle) = submit(engine, ID, S::saga, trouble.deadline).await else {
        return false;
    };
    let next = async {
        if trouble.held.is_some() {
            rivals::goes_after(engine, &memory, &saga).await;
        }
        pending::<()>().await;
    };
    let cancel = async {
        if let Some(at) = trouble.cancel_at {
            let wait = at.saturating_sub(world.core().now());
            sleep(wait).await;
        } else {
            world.told().await;
        }
        while world.core().cancelled.is_none() {
            let answer = handle.cancel().await.ok();
            world.core().cancelled = answer;
            sleep(Duration::from_secs(1)).await;
        }
        pending::<()>().await;
    };
    let send = async {
        let from = match trouble.sent {
            Sent::AtOnce => Duration::ZERO,
            Sent::From(from) => from,
            Sent::Never => Duration::MAX,
        };
        let wait = from.saturating_sub(world.core().now());
        sleep(wait).await;
        while let Some(signal) = S::signal() {
            let answer = engine.signal::<S::Saga>(ID, signal).await;
            world.core().answers.extend(answer.ok());
            sleep(Duration::from_millis(150)).await;
        }
        pending::<()>().await;
    };
    let outcome = tokio::select! {
        biased;
        () = cancel => unreachable!("it waits for ever"),
        () = send => unreachable!("it waits for ever"),
        () = next => unreachable!("it waits for ever"),
        outcome = handle.outcome() => outcome,
    };
    known.heard = Some(match outcome {
        Ok(DurableOutcome::Completed(_)) => State::Completed,
        Ok(DurableOutcome::Compensated(_)) => State::Compensated,
        Ok(DurableOutcome::Parked(_)) => State::Parked,
        Ok(DurableOutcome::OutputLost { .. } | DurableOutcome::Abandoned { .. }) => {
            State::Abandoned
        }
        Err(EngineError::Stopped { .. }) => return false,
        Err(error) => panic!("{error}"),
    });
    if let Some(held) = trouble.held {
        let wrong = rivals::both_end(engine, &memory, held).await;
        world.core().ledger.wrong.extend(wrong);
    }
    // `finally` may still run.
    loop {
        match handle.status().await {
            Ok(status) if status.row.due.is_none() => return true,
            Ok(_) => sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn live<S: Shape>(
    store: &Faulty<Watched>,
    world: &World,
    trouble: &Trouble,
    opens: Duration,
    known: &mut Known,
) {
    let engine = open::<S>(store, world, trouble, opens).await;
    follow::<S>(&engine, world, trouble, known).await;
}

async fn shut_down<S: Shape>(
    store: &Faulty<Watched>,
    world: &World,
    trouble: &Trouble,
    opens: Duration,
    at: Duration,
    known: &mut Known,
) {
    let engine = open::<S>(store, world, trouble, opens).await;
    let wait = at.saturating_sub(world.core().now());
    tokio::select! {
        biased;
        _ = follow::<S>(&engine, world, trouble, known) => {}
        () = sleep(wait) => {}
    }
    known.cut_off += engine.shutdown(LET_END).await.len();
}

/// Has a second engine take the store over while the first one waits for it.
async fn fenced<S: Shape>(
    watched: &Watched,
    store: &Faulty<Watched>,
    world: &World,
    trouble: &Trouble,
    opens: Duration,
    write: u64,
    known: &mut Known,
) {
    let (first, second) = (world.process(), world.process());
    let mut ignored = Known::default();
    // A signal that is on record with another event is a write less: the saga may end before.
    let has_ended = Cell::new(false);
    let mut life = pin!(async {
        let engine = open::<S>(store, &first, trouble, opens).await;
        follow::<S>(&engine, &first, trouble, &mut ignored).await;
        has_ended.set(true);
        // The engine stays: stopped as it is, it must do no harm.
        pending::<()>().await;
        drop(engine);
    });
    let mut taken_over = pin!(async {
        while store.writes() <= write && !has_ended.get() {
            sleep(Duration::from_millis(1)).await;
        }
    });
    tokio::select! {
        biased;
        () = &mut life => {}
        () = &mut taken_over => {}
    }
    let calls = world.core().taken_over(&first);
    let store = Faulty::new(watched.clone());
    let mut rival = pin!(async {
        let engine = open::<S>(&store, &second, trouble, opens).await;
        follow::<S>(&engine, &second, trouble, known).await;
    });
    tokio::select! {
        () = &mut life => {}
        () = &mut rival => {}
    }
    world.core().check_silent_since(calls, &first);
}
