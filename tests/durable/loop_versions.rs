//! A saga goes on though a loop of it has changed, as far as a step would.

use crate::durable::world::{Trouble, World};
use std::{borrow::Cow, time::Duration};
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, EngineError, Memory},
    runtime::{Durable, Services},
};

/// A version of the saga `Pack`: how often and how many at a time its loop does what to which items.
macro_rules! version {
    ($module:ident $retry:literal $at_a_time:literal $item:ty, $effect:ty) => {
        mod $module {
            use crate::durable::world::{Trouble, World};
            use typed_saga::saga;

            saga! {
                #[classify(Trouble::verdict)] #[timeout(5s)]
                pub(super) durable saga Pack() with (world: World) -> Result<(), Trouble> {
                    #[idempotent]
                    step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) }
                        compensate(world, key) { world.call("-a", key) }

                    #[idempotent] #[retry($retry, 60s..60s, jitter = false)]
                    #[concurrent($at_a_time)]
                    for line: $item in (a => (0..=*a).map(<$item>::try_from).map(Result::unwrap))
                    step held(world, line, key) -> $effect {
                        let call = if *line == 0 { "+0" } else { "+1" };
                        world.call(call, key).map(|()| <$effect>::default())
                    }
                        compensate(world, line, key) {
                            world.call(if *line == 0 { "-0" } else { "-1" }, key)
                        }

                    #[idempotent] #[retry(2, 60s..60s, jitter = false)]
                    step z(world, key) -> u32 { world.call("+z", key).map(|()| 1) }
                        compensate none

                    { let _ = (a, held, z); }
                }
            }
        }
    };
}

version! { first 2 1 u32, u32 }
version! { impatient 1 2 u32, u32 }
version! { of_texts 2 1 u32, String }
version! { of_bytes 2 1 u8, u32 }

const LATER: Trouble = Trouble(Verdict::Transient, Cow::Borrowed("later"));

/// The calls by which a version goes on with a saga of the first version that was left where `call`
/// failed for now, and failed `more` times after that; or why it is unreadable.
async fn taken_up<S: Durable<Output = ()>, V: Services<S>>(
    call: &'static str,
    more: usize,
    services: impl Fn(World) -> V,
) -> String {
    let (store, world) = (Memory::new(), World::default());
    world.fails(call, LATER);
    let first = first::PackServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<first::Pack>(first);
    let engine = builder.start().await.unwrap();
    engine.submit("p", first::Pack {}).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(engine.shutdown(Duration::from_secs(1)).await, []);

    (0..more).for_each(|_| world.fails(call, LATER));
    let before = world.ledger().calls.len();
    let builder = Engine::builder(store).register::<S>(services(world.clone()));
    let engine = builder.start().await.unwrap();
    let handle = engine.handle::<S>("p").await.unwrap();
    match handle.outcome().await {
        Ok(DurableOutcome::Completed(()) | DurableOutcome::Compensated(_)) => {
            world.ledger().calls[before..].join(" ")
        }
        Ok(_) => "it parked".to_owned(),
        Err(EngineError::Unreadable { why, .. }) => why.to_string(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn items_that_were_begun_have_the_counts_of_the_new_version() {
    let services = |world| impatient::PackServices { world };
    for (call, more, calls) in [
        // Two at a time, as is said now.
        ("+0", 1, "+0 +1 -1 -a"),
        ("+1", 0, "+1 +z"),
        ("+1", 1, "+1 -0 -a"),
        ("+z", 0, "+z"),
        ("+z", 1, "+z -1 -0 -a"),
    ] {
        assert_eq!(
            taken_up::<impatient::Pack, _>(call, more, services).await,
            calls
        );
    }
}

#[tokio::test(start_paused = true)]
async fn with_an_effect_of_another_type() {
    let services = |world| of_texts::PackServices { world };
    let calls = taken_up::<of_texts::Pack, _>("+0", 0, services).await;
    assert_eq!(calls, "+0 +1 +z", "no effect is on record");
    for call in ["+1", "+z"] {
        let why = taken_up::<of_texts::Pack, _>(call, 0, services).await;
        assert!(
            why.contains("held") && why.contains("expected a string"),
            "{call}: {why}"
        );
    }
}

/// The new type reads the items that are on record.
#[tokio::test(start_paused = true)]
async fn with_items_of_another_type() {
    let services = |world| of_bytes::PackServices { world };
    for (call, calls) in [("+0", "+0 +1 +z"), ("+1", "+1 +z"), ("+z", "+z")] {
        assert_eq!(
            taken_up::<of_bytes::Pack, _>(call, 0, services).await,
            calls,
            "{call}"
        );
    }
}
