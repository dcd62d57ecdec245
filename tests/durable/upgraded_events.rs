//! Events that another version does not publish any more, or publishes as another type.

use crate::durable::{
    releases::version,
    upgraded::{MOMENT, NO, ends, engine, left},
    world::{Trouble, World},
};
use std::fmt::Display;
use tokio::time::sleep;
use typed_saga::{
    Key, Verdict,
    engine::{DurableOutcome, Memory, SagaType, Unreadable, fits},
    runtime::{Durable, Services},
};

/// Tells the world an event: `*7` is the event 7.
pub(crate) fn tell(world: &World, event: &impl Display, key: &Key) -> Result<(), Trouble> {
    let mut ledger = world.ledger();
    if ledger.trouble.get("*").is_some_and(|down| !down.is_empty()) {
        return Err(Trouble(Verdict::Transient, "the bus is down".into()));
    }
    ledger.calls.push(format!("*{event} {key}"));
    Ok(())
}

/// A version of the saga whose events are of this type, or that has none.
macro_rules! tells {
    ($version:ident $($event:ty, $make:expr)?) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> $(emit $event)? {
                #[idempotent]
                step a(world, key) -> u32 { world.call("+a", key).map(|()| 7) }
                    #[retry(1)]
                    compensate(world, key) { world.call("-a", key) }
                $(
                    emit(a => [$make(a)]);
                    publish(world, event, key) { crate::durable::upgraded_events::tell(world, event, key) }
                )?
                #[timeout(never)] signal go -> bool;
                #[idempotent]
                step b(world, go, key) -> u32 { let _ = go; world.call("+b", key).map(|()| 2) } compensate none
                { let _ = (a, b); }
            }
        }
    };
}

tells! { numbers u32, Clone::clone }
tells! { texts String, ToString::to_string }
tells! { wider u64, |a: &u32| u64::from(*a) }
tells! { nothing }

fn down(world: &World) {
    world.fails("*", NO);
}

fn up(world: &World) {
    world.ledger().trouble.clear();
}

/// An order that was sent, and completed; its event is not delivered.
async fn undelivered() -> (Memory, World) {
    let (store, world) = (Memory::new(), World::default());
    down(&world);
    let services = numbers::OrderServices {
        world: world.clone(),
    };
    let engine = engine::<numbers::Order>(store.clone(), services).await;
    let handle = engine.submit("o", numbers::Order {}).await.unwrap();
    let go = numbers::OrderSignal::Go(true);
    engine.signal::<numbers::Order>("o", go).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(())),
        "{outcome:?}"
    );
    drop(engine.shutdown(MOMENT).await);
    (store, world)
}

/// Why the version does not fit the order.
async fn unfit<S: Durable, V: Services<S>>(store: &Memory) -> Vec<String> {
    let fits = fits(store, [SagaType::of::<S, V>()]).await.unwrap();
    let mut unfit = fits.unfit.iter();
    unfit.by_ref().map(|(_, why)| why.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_version_without_events_does_not_continue_a_run_with_events() {
    let (store, world) = (Memory::new(), World::default());
    let services = numbers::OrderServices {
        world: world.clone(),
    };
    left(store.clone(), (numbers::Order {}, services), MOMENT).await;
    let why = "its definition has changed: it published events of type `u32`, and publishes none";
    assert_eq!(
        unfit::<nothing::Order, nothing::OrderServices>(&store).await,
        [why]
    );
    let services = nothing::OrderServices {
        world: world.clone(),
    };
    let outcome = ends::<nothing::Order>(store.clone(), services).await;
    assert_eq!(outcome.unwrap_err(), why);
    // And the reverse: what began without events has those of the version that completes it.
    let (store, world) = (Memory::new(), World::default());
    let services = nothing::OrderServices {
        world: world.clone(),
    };
    left(store.clone(), (nothing::Order {}, services), MOMENT).await;
    let none = [""; 0];
    assert_eq!(
        unfit::<numbers::Order, numbers::OrderServices>(&store).await,
        none
    );
    let services = numbers::OrderServices {
        world: world.clone(),
    };
    let engine = engine::<numbers::Order>(store, services).await;
    let go = numbers::OrderSignal::Go(true);
    engine.signal::<numbers::Order>("o", go).await.unwrap();
    sleep(MOMENT).await;
    assert!(world.calls().contains("*7 "), "{}", world.calls());
}

/// It parked, since its compensation was refused.
#[tokio::test(start_paused = true)]
async fn a_version_without_events_leaves_a_parked_run_alone() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+b", NO);
    world.fails("-a", NO);
    let services = numbers::OrderServices {
        world: world.clone(),
    };
    let engine = engine::<numbers::Order>(store.clone(), services).await;
    let handle = engine.submit("o", numbers::Order {}).await.unwrap();
    let go = numbers::OrderSignal::Go(true);
    engine.signal::<numbers::Order>("o", go).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");
    drop(engine.shutdown(MOMENT).await);

    let why = "its definition has changed: it published events of type `u32`, and publishes none";
    assert_eq!(
        unfit::<nothing::Order, nothing::OrderServices>(&store).await,
        [why]
    );
    let services = nothing::OrderServices {
        world: world.clone(),
    };
    assert_eq!(
        ends::<nothing::Order>(store.clone(), services)
            .await
            .unwrap_err(),
        why
    );
    let services = wider::OrderServices { world };
    let outcome = ends::<wider::Order>(store, services).await;
    assert!(
        matches!(outcome, Ok(DurableOutcome::Parked(_))),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn events_that_another_version_cannot_deliver_do_not_fit() {
    let (store, world) = undelivered().await;
    let gone = "its definition has changed: it published events of type `u32`, and publishes none";
    assert_eq!(
        unfit::<nothing::Order, nothing::OrderServices>(&store).await,
        [gone]
    );
    let other = unfit::<texts::Order, texts::OrderServices>(&store).await;
    assert!(
        other.len() == 1 && other[0].starts_with("event 0, which is not delivered: "),
        "{other:?}"
    );
    let found = fits(
        &store,
        [SagaType::of::<texts::Order, texts::OrderServices>()],
    )
    .await
    .unwrap();
    assert!(matches!(
        found.unfit[0].1,
        Unreadable::Event { number: 0, .. }
    ));
    // A type that can read it does, whatever it is called.
    let none = [""; 0];
    assert_eq!(
        unfit::<wider::Order, wider::OrderServices>(&store).await,
        none
    );
    assert_eq!(
        unfit::<numbers::Order, numbers::OrderServices>(&store).await,
        none
    );

    up(&world);
    let services = wider::OrderServices {
        world: world.clone(),
    };
    let engine = engine::<wider::Order>(store.clone(), services).await;
    sleep(MOMENT).await;
    assert!(world.calls().contains("*7 "), "{}", world.calls());
    drop(engine.shutdown(MOMENT).await);
    // What is delivered may be forgotten.
    assert_eq!(
        unfit::<nothing::Order, nothing::OrderServices>(&store).await,
        none
    );
}
