//! A `finally` that kills its process is set aside after ten deaths; each one that ran beside it is
//! not, and runs to its end.

use crate::durable::world::Trouble;
use saga::{
    engine::{Engine, Filter, Memory, Row},
    saga,
};
use std::{future::pending, sync::Arc, time::Duration};
use tokio::{runtime::Builder, sync::Notify, time::sleep};

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
