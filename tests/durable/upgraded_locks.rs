//! A lock that a version adds where its predecessor had a savepoint: the compiler has seen that no rerun
//! meets the lock again, and so it is, whatever the run had reached.

use crate::durable::{
    releases::version,
    upgraded::{LATER, MOMENT, NO, engine, left},
    world::World,
};
use saga::{
    Lock,
    engine::{Engine, Memory, Outcome},
};
use std::time::Duration;
use tokio::time::timeout;

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
async fn ends(engine: &Engine, id: &str) -> Outcome<locked::Order> {
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
                let compensated = outcomes.iter().filter(|it| matches!(it, Outcome::Compensated(_)));
                assert_eq!(compensated.count(), 1, "{outcomes:?}");
                let completed = outcomes.iter().filter(|it| matches!(it, Outcome::Completed(())));
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
        let is_compensated = matches!(outcome, Outcome::Compensated(_));
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
