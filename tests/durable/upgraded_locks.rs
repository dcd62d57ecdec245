//! A lock that a version adds where its predecessor had a savepoint: the compiler has seen that no rerun
//! meets the lock again, and so it is, whatever the run had reached.

use crate::durable::{
    releases::version,
    upgraded::{LATER, MOMENT, NO, engine, left},
    world::World,
};
use std::time::Duration;
use tokio::time::timeout;
use typed_saga::{
    Lock,
    engine::{DurableOutcome, Engine, EngineError, Memory},
};

/// The keys of two gates.
pub(super) struct First;
pub(super) struct Second;

impl Lock for First {
    const NAME: &'static str = "first";

    fn key(&self) -> String {
        "1".to_owned()
    }
}

impl Lock for Second {
    const NAME: &'static str = "second";

    fn key(&self) -> String {
        "1".to_owned()
    }
}

/// A version with a savepoint, and without a lock.
macro_rules! turns {
    ($version:ident [$($savepoint:tt)*]) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
                $($savepoint)* #[idempotent] #[retry(9, 1m..1m, jitter = false)]
                step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) }
                    compensate(world, key) { world.call("-a", key) }
                { let _ = a; }
            }
        }
    };
}

turns! { always [#[savepoint(3, 1m..1m, jitter = false)]] }
turns! { perhaps [#[savepoint(3, 1m..1m, jitter = false, if = Trouble::turns)]] }

version! { locked
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) }
            compensate(world, key) { world.call("-a", key) }
        #[timeout(never)]
        lock first(a => { let _ = a; crate::durable::upgraded_locks::First })
            -> crate::durable::upgraded_locks::First;
        #[timeout(never)]
        lock second(a => { let _ = a; crate::durable::upgraded_locks::Second })
            -> crate::durable::upgraded_locks::Second;
        #[idempotent]
        step b(world, key) -> u32 { world.call("+b", key).map(|()| 2) }
            compensate(world, key) { world.call("-b", key) }
        { let _ = b; }
    }
}

/// How the saga of this id ends, within a day.
async fn ends(engine: &Engine, id: &str) -> DurableOutcome<locked::Order> {
    let handle = engine.handle::<locked::Order>(id).await.unwrap();
    let outcome = timeout(Duration::from_secs(86_400), handle.outcome()).await;
    outcome.expect("it does not wait for itself").unwrap()
}

/// The run waits a minute for its next attempt of `a`, which the first version had begun. Then `b`
/// fails, which is after the locks.
macro_rules! appended {
    ($($test:ident $version:ident;)*) => { $(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            for attempts in 1..4_usize {
                let (store, world) = (Memory::new(), World::default());
                (0..attempts).for_each(|_| world.fails("+a", LATER));
                let services = $version::OrderServices { world: world.clone() };
                let span = Duration::from_secs(20);
                left(store.clone(), ($version::Order {}, services), span).await;

                world.fails("+b", NO);
                let services = locked::OrderServices { world: world.clone() };
                let engine = engine::<locked::Order>(store, services).await;
                let other = engine.submit("other", locked::Order {});
                drop(other.await.unwrap());
                let outcomes = [ends(&engine, "o").await, ends(&engine, "other").await];
                let compensated = outcomes.iter().filter(|it| matches!(it, DurableOutcome::Compensated(_)));
                assert_eq!(compensated.count(), 1, "{outcomes:?}");
                let completed = outcomes.iter().filter(|it| matches!(it, DurableOutcome::Completed(())));
                assert_eq!(completed.count(), 1, "{outcomes:?}");
                assert_eq!(world.standing(), ["a", "b"]);
                let calls = world.calls();
                assert_eq!(calls.matches("+b").count(), 2, "{calls}");
                assert_eq!(engine.shutdown(Duration::from_secs(5)).await, []);
            }
        }
    )* };
}

appended! {
    a_run_with_a_savepoint_does_not_wait_for_a_lock_that_it_has always;
    nor_does_one_with_a_conditional_savepoint perhaps;
}

version! { before
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[savepoint(3, 1m..1m, jitter = false)] #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) }
            compensate(world, key) { world.call("-a", key) }
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step c(world, key) -> u32 { world.call("+c", key).map(|()| 1) }
            compensate(world, key) { world.call("-c", key) }
        { let _ = (a, c); }
    }
}

version! { after
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) }
            compensate(world, key) { world.call("-a", key) }
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step c(world, key) -> u32 { world.call("+c", key).map(|()| 1) }
            compensate(world, key) { world.call("-c", key) }
        #[timeout(never)]
        lock first(a => { let _ = a; crate::durable::upgraded_locks::First })
            -> crate::durable::upgraded_locks::First;
        #[idempotent]
        step b(world, key) -> u32 { world.call("+b", key).map(|()| 2) }
            compensate(world, key) { world.call("-b", key) }
        { let _ = (b, c); }
    }
}

/// The first version is left in a rerun, or as it waits for one: the second begins none.
#[tokio::test(start_paused = true)]
async fn no_rerun_begins_over_a_lock_that_is_new() {
    for (turns, is_within) in [
        (0, true),
        (1, true),
        (2, true),
        (3, true),
        (0, false),
        (1, false),
    ] {
        let (store, world) = (Memory::new(), World::default());
        let refused = turns + usize::from(!is_within);
        (0..refused).for_each(|_| world.fails("+c", NO));
        (0..9).for_each(|_| world.fails("+c", LATER));
        let services = before::OrderServices {
            world: world.clone(),
        };
        let span = Duration::from_secs(60) * u32::try_from(turns).unwrap() + MOMENT;
        left(store.clone(), (before::Order {}, services), span).await;
        let begun = world.calls().matches("+a").count();
        assert_eq!(begun, turns + 1, "{}", world.calls());

        world.ledger().trouble.clear();
        world.fails("+b", NO);
        let services = after::OrderServices {
            world: world.clone(),
        };
        let engine = engine::<after::Order>(store, services).await;
        let handle = engine.handle::<after::Order>("o").await.unwrap();
        let outcome = timeout(Duration::from_secs(86_400), handle.outcome()).await;
        let outcome = outcome.expect("it does not wait for itself").unwrap();
        let calls = world.calls();
        let is_compensated = matches!(outcome, DurableOutcome::Compensated(_));
        assert!(is_compensated, "{outcome:?}: {calls}");
        assert_eq!(
            calls.matches("+b").count(),
            usize::from(is_within),
            "{calls}"
        );
        assert_eq!(calls.matches("+a").count(), begun, "{calls}");
        assert!(world.standing().is_empty(), "{calls}");
        drop(engine.shutdown(Duration::from_secs(5)).await);
    }
}

/// The keys of the gate that has two names, and of the one that a version adds.
pub(super) struct A;
pub(super) struct B;
pub(super) struct P;

impl Lock for A {
    const NAME: &'static str = "a";

    fn key(&self) -> String {
        "1".to_owned()
    }
}

impl Lock for B {
    const NAME: &'static str = "b";

    fn key(&self) -> String {
        "1".to_owned()
    }
}

impl Lock for P {
    const NAME: &'static str = "p";

    fn key(&self) -> String {
        "1".to_owned()
    }
}

/// A version with a gate of this name, after which there may be another one; and another saga, in which
/// that one comes first.
macro_rules! gated {
    ($version:ident $lock:ident { $($appended:tt)* }) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
                #[timeout(never)]
                lock gate(=> crate::durable::upgraded_locks::$lock) -> crate::durable::upgraded_locks::$lock;
                #[idempotent] #[retry(9, 1m..1m, jitter = false)]
                step a(world, key) { world.call("+a", key) } compensate none
                $($appended)*
            }

            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Other() with (world: World) -> Result<(), Trouble> {
                #[timeout(never)]
                lock first(=> crate::durable::upgraded_locks::B) -> crate::durable::upgraded_locks::B;
                #[timeout(never)]
                lock second(=> crate::durable::upgraded_locks::P) -> crate::durable::upgraded_locks::P;
                #[idempotent]
                step other(world, key) { world.call("+other", key) } compensate none
            }
        }
    };
}

gated! { of_p P {} }
gated! { of_a_and_b A {
    #[timeout(never)]
    lock b(=> crate::durable::upgraded_locks::B) -> crate::durable::upgraded_locks::B;
} }

/// An order of the first version holds `p`, the other saga holds `b` and waits for `p`. The compiler has
/// seen the order `a`, `b` alone: if the second version continued the order, the two would wait for each
/// other.
#[tokio::test(start_paused = true)]
async fn an_order_that_holds_a_key_under_another_name_waits_for_no_lock_that_is_new() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+a", LATER);
    let services = of_p::OrderServices {
        world: world.clone(),
    };
    left(store.clone(), (of_p::Order {}, services), MOMENT).await;

    let services = of_a_and_b::OrderServices {
        world: world.clone(),
    };
    let other = of_a_and_b::OtherServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<of_a_and_b::Order>(services);
    let builder = builder.register::<of_a_and_b::Other>(other);
    let second = builder.start().await.unwrap();
    let other = second.submit("other", of_a_and_b::Other {}).await.unwrap();
    let order = second.handle::<of_a_and_b::Order>("o").await.unwrap();
    let why = match order.outcome().await {
        Err(EngineError::Unreadable { why, .. }) => why.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        why,
        "its definition has changed: the keys of `gate` were of `p`, and are of `a`"
    );
    // It has kept its key.
    let waits = timeout(Duration::from_secs(3_600), other.outcome()).await;
    assert!(waits.is_err(), "{waits:?}");
    assert_eq!(world.calls(), "+a");
    drop(second.shutdown(Duration::from_secs(5)).await);

    let services = of_p::OrderServices {
        world: world.clone(),
    };
    let other = of_p::OtherServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store).register::<of_p::Order>(services);
    let first = builder
        .register::<of_p::Other>(other)
        .start()
        .await
        .unwrap();
    let order = first.handle::<of_p::Order>("o").await.unwrap();
    let ends = timeout(Duration::from_secs(86_400), order.outcome()).await;
    assert!(
        matches!(ends, Ok(Ok(DurableOutcome::Completed(())))),
        "{ends:?}"
    );
    let other = first.handle::<of_p::Other>("other").await.unwrap();
    let ends = timeout(Duration::from_secs(86_400), other.outcome()).await;
    assert!(
        matches!(ends, Ok(Ok(DurableOutcome::Completed(())))),
        "{ends:?}"
    );
    assert_eq!(world.calls(), "+a +a +other");
    drop(first.shutdown(Duration::from_secs(5)).await);
}
