//! A method of the store that panics. If it takes a task with it without which the engine is none, the
//! engine stops, and says so; another one goes on at once. Any other task is as good as ended.

use crate::durable::world::{Trouble, World};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use typed_saga::{
    engine::{Engine, EngineError, Memory, Store, StoreError},
    saga,
};
use typed_saga_conformance::Faulty;

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Posted(waits: Duration) with (world: World) -> Result<u32, Trouble> emit u32 {
        sleep rest(waits => *waits);

        #[idempotent]
        step sent(world, key) -> u32 { world.call("+sent", key)?; Ok(7) }
            compensate none

        emit(sent => [*sent, *sent + 1]);
        publish(world, event, key) { let _ = event; world.call("+told", key) }
        sent
    }
}

const LEASE: Duration = Duration::from_secs(900);

async fn start(store: impl Store, world: &World) -> Engine {
    let services = PostedServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store).register::<Posted>(services);
    let builder = builder.unload_after(Duration::ZERO).lease(LEASE);
    let builder = builder.retain(Duration::from_secs(3600));
    builder.start().await.unwrap()
}

/// What becomes of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Stops,
    GoesOn,
    /// The method is not called.
    Unharmed,
}

/// Begins two sagas; the store panics once, in this method. Both sagas outlive what becomes of the engine.
async fn outlived(memory: Memory, method: &'static str) -> Then {
    let (store, world) = (Faulty::new(memory.clone()), World::default());
    let engine = start(store.clone(), &world).await;
    let weak = engine.downgrade();
    let stopped = tokio::spawn(async move { weak.stopped().await });
    let waits = Duration::from_secs(20);
    drop(engine.submit("one", Posted { waits }).await.unwrap());
    sleep(Duration::from_secs(5)).await;
    store.panic_in(method);
    // Its task may be the one that panics: then it is submitted again.
    for _ in 0..2 {
        match engine.submit("two", Posted { waits }).await {
            Ok(_) => break,
            Err(EngineError::Stopped { .. }) => {}
            Err(error) => panic!("`{method}`: {error}"),
        }
    }
    sleep(Duration::from_secs(600)).await;
    let unharmed = store.is_to_panic();
    // What is called from here on, by this test.
    store.panic_in("nothing");
    if !stopped.is_finished() {
        for id in ["one", "two"] {
            let handle = engine.handle::<Posted>(id).await.unwrap();
            let ended = timeout(Duration::from_secs(60), handle.finished()).await;
            let ended = ended.unwrap_or_else(|_| panic!("`{method}`: `{id}` stands still"));
            assert_eq!(ended.unwrap().into_result().unwrap(), 7, "`{method}`");
        }
        return if unharmed {
            Then::Unharmed
        } else {
            Then::GoesOn
        };
    }
    let why = stopped.await.unwrap();
    let Some(StoreError::Panicked { message, .. }) = &why else {
        panic!("`{method}`: {why:?}");
    };
    assert!(message.contains(method), "{message}");
    let refused = engine.submit("three", Posted { waits }).await.unwrap_err();
    assert!(refused.to_string().contains(&**message), "{refused}");
    assert!(engine.stopped().await.is_some());
    drop(engine);
    // Long before the lease of the first one ends.
    let next = start(memory, &world).await;
    for id in ["one", "two"] {
        let handle = next.submit(id, Posted { waits }).await.unwrap();
        let ended = timeout(Duration::from_secs(60), handle.finished()).await;
        let ended = ended.unwrap_or_else(|_| panic!("`{method}`: `{id}` stands still"));
        assert_eq!(ended.unwrap().into_result().unwrap(), 7, "`{method}`");
    }
    Then::Stops
}

#[tokio::test(start_paused = true)]
async fn a_saga_outlives_a_panic_of_the_store() {
    use Then::{GoesOn, Stops, Unharmed};
    // In a store with one owner, and in one that is shared.
    let methods = [
        ("renew", [Unharmed, Stops]),
        ("claim", [Stops, Stops]),
        ("claim_suspect", [Stops, Stops]),
        ("next_due", [Stops, Stops]),
        ("inbox", [Stops, Stops]),
        ("ended", [Unharmed, Stops]),
        ("purge", [Stops, Stops]),
        ("claim_events", [Stops, Stops]),
        ("next_event", [Stops, Stops]),
        ("handed_over", [GoesOn, GoesOn]),
        ("create", [GoesOn, GoesOn]),
        ("append", [GoesOn, GoesOn]),
        ("load", [GoesOn, GoesOn]),
        ("list", [Unharmed, Stops]),
        ("events", [Unharmed, Stops]),
    ];
    let mut seen = Vec::new();
    for (method, _) in methods {
        let alone = outlived(Memory::new(), method).await;
        seen.push((method, [alone, outlived(Memory::shared(), method).await]));
    }
    assert_eq!(seen, methods);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_end_of_an_engine_is_told() {
    let world = World::default();
    let engine = start(Memory::new(), &world).await;
    let waits = tokio::spawn({
        let engine = engine.downgrade();
        async move { engine.stopped().await.is_none() }
    });
    engine.shutdown(Duration::ZERO).await;
    assert!(waits.await.unwrap(), "it was shut down");
    assert!(engine.stopped().await.is_none(), "so it has stopped");
    let engine = start(Memory::new(), &world).await;
    let weak = engine.downgrade();
    let waits = tokio::spawn(async move { weak.stopped().await.is_none() });
    drop(engine);
    assert!(waits.await.unwrap(), "its last handle was dropped");
}
