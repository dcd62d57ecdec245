//! The `if` of a savepoint is evaluated before the wait for its backoff, and not again after it, though
//! it would say something else then.

use crate::durable::world::{Trouble, World};
use std::{cell::Cell, time::Duration};
use tokio::time::sleep;
use typed_saga::{
    Failure, Verdict,
    engine::{DurableOutcome, Engine, Memory},
    saga,
};

thread_local! {
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// Agrees, and then does not any more.
fn agrees(_: &Failure<Trouble>) -> bool {
    ASKED.set(ASKED.get() + 1);
    ASKED.get() == 1
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[savepoint(2, 1h..1h, jitter = false, if = agrees)]
        read first() -> u32 { Ok(1) }

        #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) }
            compensate(world, a, key) { let _ = a; world.call("-a", key) }

        #[idempotent]
        step b(world, key) -> u32 { world.call("+b", key).map(|()| 2) }
            compensate(world, b, key) { let _ = b; world.call("-b", key) }

        #[timeout(never)]
        signal sent -> u32;

        let _ = (first, a, b, sent);
    }
}

/// The second step fails once.
fn world() -> World {
    ASKED.set(0);
    let world = World::default();
    world.fails("+b", Trouble(Verdict::Refused, "not now".into()));
    world
}

fn check(world: &World) {
    assert_eq!(world.calls(), "+a +b -a +a +b");
    assert_eq!(world.standing(), ["a", "b"]);
    assert_eq!(ASKED.get(), 1);
}

const WHILE_IT_WAITS: Duration = Duration::from_secs(600);

#[tokio::test(start_paused = true)]
async fn the_if_of_a_savepoint_is_evaluated_once() {
    // In memory: a signal that is accepted interrupts the wait.
    let (in_memory, sent) = (world(), || OrderSignal::Sent(3));
    let handle = Order {}.with(in_memory.clone()).start();
    sleep(WHILE_IT_WAITS).await;
    handle.signal(sent()).await;
    let outcome = handle.outcome().await;
    assert!(
        matches!(outcome, typed_saga::Outcome::Completed(())),
        "{outcome:?}"
    );
    check(&in_memory);

    // On an engine that keeps it in memory or unloads it, in one process or in two.
    for unload in [Duration::from_millis(1), Duration::from_secs(86_400)] {
        for ends in [false, true] {
            let (store, world) = (Memory::new(), world());
            let start = async || {
                let services = OrderServices {
                    world: world.clone(),
                };
                let builder = Engine::builder(store.clone()).register::<Order>(services);
                builder.unload_after(unload).start().await.unwrap()
            };
            let mut engine = start().await;
            drop(engine.submit("o", Order {}).await.unwrap());
            sleep(WHILE_IT_WAITS).await;
            if ends {
                drop(engine.shutdown(Duration::from_secs(5)).await);
                engine = start().await;
            }
            engine.signal::<Order>("o", sent()).await.unwrap();
            let handle = engine.handle::<Order>("o").await.unwrap();
            let outcome = handle.outcome().await.unwrap();
            assert!(
                matches!(outcome, DurableOutcome::Completed(())),
                "{outcome:?}"
            );
            check(&world);
            drop(engine.shutdown(Duration::from_secs(5)).await);
        }
    }
}
