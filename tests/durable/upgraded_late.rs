//! Attempts that were lost under one version, and what undoes their step under another.

use crate::durable::{
    releases::version,
    upgraded::{LATER, MOMENT, NO, ends, left},
    world::{Trouble, World},
};
use std::time::Duration;
use tokio::time::Instant;
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Memory},
};

macro_rules! orders {
    ($($version:ident [$($late:tt)*])*) => { $(
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
                #[idempotent] $($late)* #[retry(3, 1s..1s, jitter = false)]
                step a(world, key) { world.call("+a", key) } compensate(world, key) { world.call("-a", key) }

                #[idempotent] #[retry(9, 10m..10m, jitter = false)]
                step b(world, key) { world.call("+b", key) } compensate(world, key) { world.call("-b", key) }
            }
        }
    )* };
}

orders! {
    at_once []
    in_an_hour [#[late(1h)]]
}

/// The step is that of a loop, which another step undoes.
macro_rules! covered {
    ($($version:ident [$($late:tt)*])*) => { $(
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
                #[idempotent]
                step c(world, key) { world.call("+c", key) }
                    compensate(world, key) { world.call("-c", key) }

                #[idempotent] $($late)* #[retry(3, 1s..1s, jitter = false)]
                for item: u8 in (=> [1, 2])
                step a(world, item, key) { let _ = item; world.call("+a", key) }
                    compensate with c

                #[idempotent] #[retry(9, 10m..10m, jitter = false)]
                step b(world, key) { world.call("+b", key) }
                    compensate(world, key) { world.call("-b", key) }
            }
        }
    )* };
}

covered! {
    covered_at_once []
    covered_in_an_hour [#[late(1h)]]
}

/// How long it takes from the switch on until everything is undone.
macro_rules! undone_after {
    ($old:ident, $new:ident, $lost:expr) => {{
        let (store, world) = (Memory::new(), World::default());
        if $lost {
            world.fails("+a", Trouble(Verdict::Unknown, "the line broke".into()));
        }
        world.fails("+b", LATER);
        world.fails("+b", NO);
        let services = || $old::OrderServices {
            world: world.clone(),
        };
        left(store.clone(), ($old::Order {}, services()), MOMENT * 10).await;
        let switched = Instant::now();
        let services = $new::OrderServices {
            world: world.clone(),
        };
        let outcome = ends::<$new::Order>(store, services).await;
        assert!(
            matches!(outcome, Ok(DurableOutcome::Compensated(_))),
            "{outcome:?}"
        );
        assert!(!world.standing().contains(&"c"));
        switched.elapsed()
    }};
}

/// By what the version says that undoes the step: the loss is on record.
#[tokio::test(start_paused = true)]
async fn a_compensation_waits_for_what_was_lost_under_another_version() {
    let (most, hour) = (Duration::from_secs(1800), Duration::from_secs(3500));
    assert!(undone_after!(at_once, at_once, true) < most);
    assert!(undone_after!(in_an_hour, at_once, true) < most);
    assert!(undone_after!(in_an_hour, in_an_hour, true) > hour);
    assert!(undone_after!(at_once, in_an_hour, true) > hour);
    assert!(
        undone_after!(at_once, in_an_hour, false) < most,
        "nothing was lost"
    );
    assert!(undone_after!(covered_at_once, covered_at_once, true) < most);
    assert!(undone_after!(covered_in_an_hour, covered_at_once, true) < most);
    assert!(undone_after!(covered_in_an_hour, covered_in_an_hour, true) > hour);
    assert!(undone_after!(covered_at_once, covered_in_an_hour, true) > hour);
    assert!(undone_after!(covered_at_once, covered_in_an_hour, false) < most);
}
