//! Calls that are lost with their process again and again: they use up nothing, and are made again
//! ever later.

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use typed_saga::{
    Verdict,
    engine::{Attribution, DurableOutcome, Engine, Memory, SagaId, State},
    saga,
};

/// The other side: which call hangs, which ones fail, and when each was made.
#[derive(Clone, Default)]
struct Side(Arc<Mutex<Calls>>);

#[derive(Default)]
struct Calls {
    hangs: Option<&'static str>,
    fails: Vec<&'static str>,
    made: BTreeMap<&'static str, Vec<Instant>>,
}

impl Side {
    fn with(hangs: &'static str, fails: &[&'static str]) -> Self {
        let calls = Calls {
            hangs: Some(hangs),
            fails: fails.to_vec(),
            ..Calls::default()
        };
        Self(Arc::new(Mutex::new(calls)))
    }

    async fn call(&self, name: &'static str) -> Result<u32, Verdict> {
        let (hangs, fails) = {
            let mut calls = self.0.lock().unwrap();
            calls.made.entry(name).or_default().push(Instant::now());
            (calls.hangs == Some(name), calls.fails.contains(&name))
        };
        if hangs {
            pending::<()>().await;
        }
        if fails { Err(Verdict::Refused) } else { Ok(1) }
    }

    fn made(&self, name: &str) -> usize {
        self.0.lock().unwrap().made.get(name).map_or(0, Vec::len)
    }

    /// The seconds between a call and the one before it.
    fn waits(&self, name: &str) -> Vec<u64> {
        let calls = self.0.lock().unwrap();
        let made = calls.made[name].windows(2);
        made.map(|two| (two[1] - two[0]).as_secs()).collect()
    }

    fn works_again(&self) {
        let mut calls = self.0.lock().unwrap();
        (calls.hangs, calls.fails) = (None, Vec::new());
    }
}

saga! {
    #[classify(Verdict::clone)]
    #[timeout(1h)]
    durable saga Fragile() with (side: Side) -> Result<u32, Verdict> {
        read rate(side) -> u32 { side.call("rate").await }
            fallback(side) { side.call("fallback").await }

        #[late(0s)] #[retry(1)]
        step asked(side) -> u32 { side.call("asked").await }
            #[retry(2)]
            resolve(side) { side.call("?asked").await?; Ok(None) }
            #[retry(2)]
            compensate(side, asked) {
                let _ = asked;
                side.call("-asked").await?;
                Ok(())
            }

        #[idempotent]
        step repeated(side, key) -> u32 { let _ = key; side.call("repeated").await }
            compensate(repeated) { let _ = repeated; Ok(()) }

        #[idempotent]
        pivot sent(side, rate, key) -> u32 { let _ = (rate, key); side.call("sent").await }

        #[idempotent]
        step told(side, sent, key) -> u32 { let _ = (sent, key); side.call("told").await }

        told
    }
}

async fn engine(store: &Memory, side: &Side) -> Engine {
    let side = side.clone();
    let builder = Engine::builder(store.clone()).register::<Fragile>(FragileServices { side });
    builder.start().await.unwrap()
}

fn id() -> SagaId {
    SagaId::new("Fragile", "f")
}

/// The call is lost with its process so often in a row; then this process has the saga, and what is
/// said of it is given.
async fn lose(store: &Memory, side: &Side, call: &'static str, times: usize) -> (Engine, String) {
    for time in 0..times {
        let before = side.made(call);
        let engine = engine(store, side).await;
        if time == 0 {
            drop(engine.submit("f", Fragile {}).await.unwrap());
        }
        let again = async {
            while side.made(call) == before {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let again = tokio::time::timeout(Duration::from_secs(200), again).await;
        again.unwrap_or_else(|_| panic!("`{call}` is made again after {time} losses"));
        drop(engine);
        tokio::task::yield_now().await;
    }
    let engine = engine(store, side).await;
    sleep(Duration::from_millis(500)).await;
    let why = engine.status(&id()).await.unwrap().why;
    (engine, why)
}

/// Each call, what has to fail for it, and how it is called by `why`.
const CALLS: [(&str, &[&str]); 8] = [
    ("rate", &[]),
    ("fallback", &["rate"]),
    ("asked", &[]),
    ("?asked", &[]),
    ("-asked", &["repeated"]),
    ("repeated", &[]),
    ("sent", &[]),
    ("told", &[]),
];

/// `resolve` is asked only of a step in doubt.
async fn in_doubt(store: &Memory, side: &Side) {
    side.0.lock().unwrap().hangs = Some("asked");
    drop(lose(store, side, "asked", 1).await);
}

async fn lost(
    call: &'static str,
    fails: &[&'static str],
    times: usize,
) -> (Memory, Side, Engine, String) {
    let (store, side) = (Memory::new(), Side::with(call, fails));
    if call == "?asked" {
        in_doubt(&store, &side).await;
        side.0.lock().unwrap().hangs = Some(call);
    }
    let (engine, why) = lose(&store, &side, call, times).await;
    (store, side, engine, why)
}

#[tokio::test(start_paused = true)]
async fn a04_every_call_that_is_lost_is_made_again_ever_later() {
    for (call, fails) in CALLS {
        let (_store, side, engine, why) = lost(call, fails, 9).await;
        let waits = side.waits(call);
        let waits = &waits[waits.len() - 8..];
        // Half a second until a dropped engine is noticed, at most.
        let late = waits.iter().zip([0, 1, 2, 4, 8, 16, 32, 64]);
        let mut late = late.map(|(waited, wait)| waited - wait);
        assert!(late.all(|late| late <= 1), "{call}: {waits:?}");
        assert!(
            why.contains("lost with its process 9 times"),
            "{call}: {why}"
        );
        let row = engine.status(&id()).await.unwrap().row;
        assert_eq!(row.state, State::Waiting, "{call}: {why}");
        side.works_again();
        let handle = engine.handle::<Fragile>("f").await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        let expected = match fails {
            ["repeated"] => matches!(outcome, DurableOutcome::Compensated(_)),
            _ => matches!(outcome, DurableOutcome::Completed(1)),
        };
        assert!(expected, "{call}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a04_the_tenth_loss_in_a_row_counts() {
    for (call, fails) in CALLS {
        let (_store, side, engine, why) = lost(call, fails, 10).await;
        let state = engine.status(&id()).await.unwrap().row.state;
        match call {
            "fallback" => {
                assert_eq!(state, State::Compensated, "{why}");
                continue;
            }
            // What is in doubt for good turns the saga back, and parks it.
            _ => assert_eq!(state, State::Parked, "{call}: {why}"),
        }
        assert!(
            why.contains("lost with its process 10 times"),
            "{call}: {why}"
        );
        let made = side.made(call);
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(side.made(call), made, "{call}");
        side.works_again();
        let who = Attribution::new("ada", "the host has more memory");
        engine.resume::<Fragile>("f", who).await.unwrap();
        let handle = engine.handle::<Fragile>("f").await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        let back = matches!(call, "-asked" | "?asked");
        let expected = match &outcome {
            DurableOutcome::Compensated(_) => back,
            DurableOutcome::Completed(_) => !back,
            _ => false,
        };
        assert!(expected, "{call}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a04_a_cancel_ends_the_wait_of_a_call_that_was_lost() {
    let (_store, side, engine, why) = lost("rate", &[], 6).await;
    assert!(why.contains("before the next attempt of `rate`"), "{why}");
    let handle = engine.handle::<Fragile>("f").await.unwrap();
    handle.cancel().await.unwrap();
    let began = Instant::now();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(1) && side.made("rate") == 6);
}

#[tokio::test(start_paused = true)]
async fn a04_many_sagas_outlive_three_kills_within_seconds() {
    let (store, side) = (Memory::new(), Side::with("sent", &[]));
    let first = engine(&store, &side).await;
    for number in 0..200 {
        drop(
            first
                .submit(format!("f-{number}"), Fragile {})
                .await
                .unwrap(),
        );
    }
    drop(first);
    for _ in 0..3 {
        let engine = engine(&store, &side).await;
        sleep(Duration::from_millis(800)).await;
        drop(engine);
        tokio::task::yield_now().await;
    }
    side.works_again();
    let engine = engine(&store, &side).await;
    for number in 0..200 {
        let handle = engine
            .handle::<Fragile>(&format!("f-{number}"))
            .await
            .unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Completed(1)),
            "{outcome:?}"
        );
    }
}
