//! Who waits for `finally`: neither `.await` nor `outcome()`, but `finished()`.

use std::{
    borrow::Cow,
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    runtime::Builder,
    time::{Instant, sleep},
};
use typed_saga::{
    Outcome, Verdict,
    engine::{self, Engine, Memory, SagaId, for_logs::record::RecordKind},
    saga,
};

/// What is said, in order.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn say(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn all(&self) -> String {
        self.0.lock().unwrap().join(" ")
    }
}

fn verdict(_: &str) -> Verdict {
    Verdict::Refused
}

saga! {
    #[classify(verdict)]
    #[timeout(1s)]
    durable saga Last(fails: bool, lasts: u64)
    with (lines: Lines)
    -> Result<(), Cow<'static, str>>
    {
        read end(fails) { if *fails { Err("no".into()) } else { Ok(()) } }

        finally(lines, lasts, outcome) {
            lines.say("begins");
            sleep(Duration::from_secs(*lasts)).await;
            lines.say(outcome.to_string());
        }

        end
    }
}

/// As a program that does nothing else: `finally` has no other chance to run.
fn program<T>(main: impl Future<Output = T>) -> T {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(main)
}

#[test]
fn a02_finished_waits_for_finally() {
    for fails in [false, true] {
        let lines = Lines::default();
        program(async {
            let handle = Last { fails, lasts: 30 }.with(lines.clone()).start();
            let outcome = handle.finished().await;
            assert_eq!(matches!(outcome, Outcome::Completed(())), !fails);
            assert!(lines.all().starts_with("begins "), "{}", lines.all());
        });
        assert_eq!(lines.all().contains("completed"), !fails, "{}", lines.all());
    }
}

#[tokio::test(start_paused = true)]
async fn a02_an_outcome_does_not_wait_for_finally() {
    let lines = Lines::default();
    let handle = Last {
        fails: false,
        lasts: 30,
    }
    .with(lines.clone())
    .start();
    drop(handle.outcome().await);
    assert!(!lines.all().contains("completed"));
}

async fn engine(store: &Memory, lines: &Lines) -> Engine {
    let services = LastServices {
        lines: lines.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<Last>(services);
    let builder = builder.max_active(1).finally_limit(Duration::from_secs(60));
    builder.start().await.unwrap()
}

/// The records of a saga that say that `finally` has run, and what went wrong with it.
async fn finished(engine: &Engine, id: &str) -> Vec<Option<String>> {
    let history = engine.history(&SagaId::new("Last", id)).await.unwrap();
    let records = history.into_iter().map(|entry| entry.record);
    let finished = records.filter(|record| record.what == RecordKind::Finished);
    finished.map(|record| record.error).collect()
}

#[tokio::test(start_paused = true)]
async fn a02_finished_of_a_durable_saga_waits_until_that_is_on_record() {
    let (store, lines) = (Memory::new(), Lines::default());
    let engine = engine(&store, &lines).await;
    for (id, fails) in [("a", false), ("b", true)] {
        let handle = engine.submit(id, Last { fails, lasts: 30 }).await.unwrap();
        drop(handle.outcome().await.unwrap());
        assert_eq!(finished(&engine, id).await, []);
        let outcome = handle.finished().await.unwrap();
        assert_eq!(
            matches!(outcome, engine::DurableOutcome::Completed(())),
            !fails
        );
        assert_eq!(finished(&engine, id).await, [None]);
        // Nothing is left to wait for.
        drop(handle.finished().await.unwrap());
    }
}

/// One slot: whoever has ended has left it.
#[tokio::test(start_paused = true)]
async fn a02_a_finally_that_hangs_holds_no_slot_and_ends_at_its_limit() {
    let (store, lines) = (Memory::new(), Lines::default());
    let engine = engine(&store, &lines).await;
    let hangs = Last {
        fails: false,
        lasts: 1_000_000,
    };
    let handle = engine.submit("hangs", hangs).await.unwrap();
    drop(handle.outcome().await.unwrap());
    let since = Instant::now();
    let quick = Last {
        fails: false,
        lasts: 0,
    };
    let other = engine.submit("quick", quick).await.unwrap();
    other.finished().await.unwrap().into_result().unwrap();
    assert!(
        since.elapsed() < Duration::from_secs(1),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(lines.all(), "begins begins completed");
    handle.finished().await.unwrap().into_result().unwrap();
    assert_eq!(since.elapsed().as_secs(), 60);
    let why = "`finally` took longer than 60s".to_owned();
    assert_eq!(finished(&engine, "hangs").await, [Some(why)]);
}

#[tokio::test(start_paused = true)]
async fn a02_shutdown_waits_for_finally_and_the_next_engine_runs_what_it_cut_off() {
    let (store, lines) = (Memory::new(), Lines::default());
    let first = engine(&store, &lines).await;
    for (id, lasts) in [("a", 5), ("b", 30)] {
        let handle = first
            .submit(
                id,
                Last {
                    fails: false,
                    lasts,
                },
            )
            .await
            .unwrap();
        drop(handle.outcome().await.unwrap());
    }
    let left = first.shutdown(Duration::from_secs(10)).await;
    assert_eq!(left, [SagaId::new("Last", "b")]);
    assert_eq!(lines.all(), "begins begins completed");
    let second = engine(&store, &lines).await;
    let handle = second.handle::<Last>("b").await.unwrap();
    handle.finished().await.unwrap().into_result().unwrap();
    assert_eq!(lines.all(), "begins begins completed begins completed");
    assert_eq!(finished(&second, "b").await, [None]);
}
