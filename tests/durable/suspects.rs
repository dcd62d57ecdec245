//! A `finally` that kills its process is set aside after ten deaths; each one that ran beside it is
//! not, and runs to its end. What was set aside in flight can be abandoned.

use crate::durable::world::Trouble;
use std::{future::pending, sync::Arc, time::Duration};
use tokio::{runtime::Builder, sync::Notify, time::sleep};
use typed_saga::{
    engine::{
        Action, Attribution, DurableOutcome, Engine, Filter, Memory, ReadStore, Row, SagaId, State,
        Store,
        for_operators::Folded,
        for_stores::{Turn, Worker},
    },
    saga,
};

/// Ends its process.
#[derive(Clone, Default)]
struct Process(Arc<Notify>);

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Deadly() with (process: Process) -> Result<(), Trouble> {
        read a() { Ok(()) }

        finally(process, outcome) {
            let _ = outcome;
            sleep(Duration::from_millis(500)).await;
            process.0.notify_one();
            pending::<()>().await;
        }

        a
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Harmless() -> Result<(), Trouble> {
        read a() { Ok(()) }

        finally(outcome) { let _ = outcome; sleep(Duration::from_secs(1)).await; }

        a
    }

    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    durable saga Hangs() -> Result<(), Trouble> {
        read a() { pending::<()>().await; Ok(()) }
    }
}

const LEASE: Duration = Duration::from_secs(30);

/// One life on a store; what it leaves, if it ends by itself once nothing is left to do.
fn life(store: &Memory, first: bool) -> Option<Vec<Row>> {
    let process = Process::default();
    let ends = Arc::clone(&process.0);
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let engine = Engine::builder(store.clone())
            .lease(LEASE)
            .register::<Deadly>(DeadlyServices { process })
            .register::<Harmless>(HarmlessServices {});
        let engine = engine.start().await.unwrap();
        if first {
            drop(engine.submit("before", Harmless {}).await.unwrap());
            drop(engine.submit("1", Deadly {}).await.unwrap());
            drop(engine.submit("2", Deadly {}).await.unwrap());
            drop(engine.submit("after", Harmless {}).await.unwrap());
        }
        let over = async {
            loop {
                let rows = engine.list(Filter::default()).await.unwrap();
                if rows
                    .iter()
                    .all(|row| row.is_at_rest() || row.is_quarantined())
                {
                    return rows;
                }
                sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            biased;
            () = ends.notified() => None,
            rows = over => Some(rows),
        }
    })
}

fn what_kills_is_set_aside(store: &Memory) {
    let mut deaths = 0;
    let rows = loop {
        if let Some(rows) = life(store, deaths == 0) {
            break rows;
        }
        deaths += 1;
        assert!(deaths <= 20, "more than ten for each of the two");
    };
    let set_aside = |row: &Row| (row.saga.to_string(), row.is_quarantined());
    let rows: Vec<_> = rows.iter().map(set_aside).collect();
    let row = |saga: &str, set_aside| (saga.to_owned(), set_aside);
    assert_eq!(
        rows,
        [
            row("Deadly/1", true),
            row("Deadly/2", true),
            row("Harmless/after", false),
            row("Harmless/before", false),
        ]
    );
}

#[test]
fn what_runs_beside_a_finally_that_kills_is_not_set_aside() {
    what_kills_is_set_aside(&Memory::new());
}

#[test]
fn what_other_workers_run_beside_it_is_not_set_aside() {
    what_kills_is_set_aside(&Memory::shared());
}

/// Ten workers die with each saga of the store.
async fn ten_deaths(store: &Memory, sagas: usize) {
    for _ in 0..10 {
        let doomed = Worker {
            name: "doomed".into(),
            lease: LEASE,
            runs: Vec::new(),
            after: None,
        };
        let epoch = store.open(doomed).await.unwrap().epoch;
        let mut claimed = store.claim(epoch, Turn(1), 9).await.unwrap();
        while let Some(suspect) = store.claim_suspect(epoch, Turn(1)).await.unwrap() {
            claimed.push(suspect);
        }
        assert_eq!(claimed.len(), sagas);
        sleep(LEASE * 2).await;
    }
}

/// One with a call that began and has no end, and one between its calls.
#[tokio::test(start_paused = true)]
async fn a_saga_that_was_set_aside_in_flight_is_abandoned() {
    let store = Memory::shared();
    let worker = async || {
        let builder = Engine::builder(store.clone()).register::<Hangs>(HangsServices {});
        builder.lease(LEASE).max_active(1).start().await.unwrap()
    };
    let first = worker().await;
    drop(first.submit("1", Hangs {}).await.unwrap());
    drop(first.submit("2", Hangs {}).await.unwrap());
    sleep(Duration::from_secs(1)).await;
    drop(first.shutdown(Duration::from_secs(1)).await);
    ten_deaths(&store, 2).await;
    let last = worker().await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(last.unreadable().len(), 2);
    for (id, open) in [("1", 1), ("2", 0)] {
        let saga = SagaId::new("Hangs", id);
        let stored = store.load(saga.clone()).await.unwrap().unwrap();
        assert!(stored.row.is_quarantined());
        let folded = Folded::of(&Hangs::DEFINITION, &stored.commits).unwrap();
        let whole = folded.whole();
        assert_eq!((whole.calls().len(), whole.waits().len()), (open, 0));

        let plan = last.plan::<Hangs>(id, &Action::Abandon).await.unwrap();
        assert_eq!(plan.to_string(), "then it is abandoned");
        let ada = Attribution::new("ada", "it kills");
        last.abandon::<Hangs>(id, ada).await.unwrap();
        let handle = last.handle::<Hangs>(id).await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Abandoned { .. }),
            "{outcome:?}"
        );
        let row = store.load(saga).await.unwrap().unwrap().row;
        assert_eq!((row.state, row.due), (State::Abandoned, None));
    }
    assert!(last.unreadable().is_empty());
}
