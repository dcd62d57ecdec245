//! A clock that is set back while nothing runs: no wait is longer than it was to be. (The store in
//! memory starts its clock anew with the system's, which a test that pauses time has left behind.)

use crate::durable::world::{Trouble, World};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, Memory},
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Waits() with (world: World) -> Result<u32, Trouble> {
        #[late(4s)]
        step asked(world, key) -> u32 { world.call("+asked", key)?; Ok(1) }
            resolve(world, key) { world.call("?asked", key)?; Ok(Some(5)) }
            compensate(world, asked, key) { let _ = asked; world.call("-asked", key) }

        #[retry(2, 4s..4s, jitter = false)]
        read again(world, key) -> u32 { world.call("again", key)?; Ok(1) }

        #[retry(2, 2h..2h, jitter = false)]
        read last(world, asked, again, key) -> u32 { world.call("last", key)?; Ok(asked * again) }

        last
    }
}

async fn engine(store: &Memory, world: &World, unload_after: Duration) -> Engine {
    let world = world.clone();
    let builder = Engine::builder(store.clone()).register::<Waits>(WaitsServices { world });
    builder.unload_after(unload_after).start().await.unwrap()
}

/// How long a saga takes whose process ends in the wait after this call, an hour ahead.
async fn set_back(call: &'static str, verdict: Verdict, unload_after: Duration) -> (u64, String) {
    let (store, world) = (Memory::new(), World::default());
    let ahead = engine(&store, &world, unload_after).await;
    sleep(Duration::from_secs(3600)).await;
    world.fails(call, Trouble(verdict, "no".into()));
    let submitted = ahead.submit("w", Waits {}).deadline(Duration::from_secs(6));
    drop(submitted.await.unwrap());
    sleep(Duration::from_millis(100)).await;
    drop(ahead);
    tokio::task::yield_now().await;
    let began = Instant::now();
    let engine = engine(&store, &world, unload_after).await;
    let handle = engine.handle::<Waits>("w").await.unwrap();
    let outcome = match handle.outcome().await.unwrap() {
        DurableOutcome::Completed(output) => output.to_string(),
        DurableOutcome::Compensated(error) => error.to_string(),
        other => panic!("{other:?}"),
    };
    (began.elapsed().as_secs(), outcome)
}

#[tokio::test(start_paused = true)]
async fn a10_a_clock_that_was_set_back_by_an_hour_makes_no_wait_longer() {
    for unload_after in [Duration::from_millis(1), Duration::from_secs(60)] {
        let (seconds, outcome) = set_back("+asked", Verdict::Unknown, unload_after).await;
        assert_eq!((outcome.as_str(), seconds <= 4), ("5", true), "{seconds}");
        let (seconds, outcome) = set_back("again", Verdict::Transient, unload_after).await;
        assert_eq!((outcome.as_str(), seconds <= 4), ("1", true), "{seconds}");
        let (seconds, outcome) = set_back("last", Verdict::Transient, unload_after).await;
        assert!(outcome.contains("exceeded its deadline"), "{outcome}");
        assert!(seconds <= 6, "{seconds}");
    }
}
