//! Types that are written differently, and types that differ.

use crate::durable::{
    releases::version,
    upgraded::{LATER, MOMENT, ends, engine, left},
    world::{Trouble, World},
};
use typed_saga::engine::{DurableOutcome, Memory, SagaType, fits};
use typed_saga_definition::differences;

pub(crate) type Cents = u32;

pub(crate) mod hotel {
    #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
    pub(crate) struct Room(pub u32);
}

pub(crate) mod other {
    #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
    pub(crate) struct Room {
        pub number: String,
    }
}

/// A logger, which no call to the world outside depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log;

/// A version whose first step has this effect, and is undone in this way.
macro_rules! priced {
    ($version:ident ($world:ident $($more:tt)*) $effect:ty, $made:expr, [$($resolve:tt)*] $($undo:tt)*) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with ($world: World $($more)*) -> Result<(), Trouble> {
                #[idempotent] $($resolve)*
                step a($world, key) -> $effect { $world.call("+a", key).map(|()| $made) }
                    $($undo)*
                #[idempotent] #[retry(9, 1m..1m, jitter = false)]
                step b($world, key) -> u32 { $world.call("+b", key).map(|()| 2) } compensate none
                { let _ = (a, b); }
            }
        }
    };
}

priced! { number (world) u32, 7, [] compensate(world, key) { world.call("-a", key) } }
priced! { cents (world) crate::durable::upgraded_types::Cents, 7, [] compensate(world, key) { world.call("-a", key) } }
priced! { text (world) String, "7".to_owned(), [] compensate(world, key) { world.call("-a", key) } }
priced! { room (world) crate::durable::upgraded_types::hotel::Room, crate::durable::upgraded_types::hotel::Room(7), []
compensate(world, key) { world.call("-a", key) } }
priced! { other_room (world) crate::durable::upgraded_types::other::Room,
crate::durable::upgraded_types::other::Room { number: "7".to_owned() }, []
compensate(world, key) { world.call("-a", key) } }
priced! { logged (world, log: crate::durable::upgraded_types::Log) u32, 7, []
compensate(world, log, ctx, key) { let _ = (log, ctx); world.call("-a", key) } }

/// An order whose first step is made.
macro_rules! in_flight {
    ($version:ident) => {{
        let (store, world) = (Memory::new(), World::default());
        world.fails("+b", LATER);
        let services = $version::OrderServices {
            world: world.clone(),
        };
        left(store.clone(), ($version::Order {}, services), MOMENT).await;
        (store, world)
    }};
}

/// How the order goes on in this version, and whether that is what `fits` says.
macro_rules! goes_on {
    ($store:expr, $version:ident { $($services:tt)* }) => {{
        let types = SagaType::of::<$version::Order, $version::OrderServices>();
        let fits = fits(&$store, [types]).await.unwrap();
        let services = $version::OrderServices { $($services)* };
        match ends::<$version::Order>($store.clone(), services).await {
            Ok(DurableOutcome::Completed(())) => {
                assert_eq!((fits.fit, fits.unfit.len()), (1, 0), "{fits:?}");
                "completed".to_owned()
            }
            Ok(other) => panic!("{other:?}"),
            Err(why) => {
                let unfit: Vec<_> = fits.unfit.iter().map(|(_, why)| why.to_string()).collect();
                assert_eq!((fits.fit, unfit), (0, vec![why.clone()]));
                why
            }
        }
    }};
}

#[tokio::test(start_paused = true)]
async fn a_type_under_another_name_reads_what_is_recorded() {
    let (store, world) = in_flight!(number);
    assert_eq!(goes_on!(store, cents { world }), "completed");
    let (store, world) = in_flight!(cents);
    assert_eq!(goes_on!(store, number { world }), "completed");
}

/// A version that writes the path of a type as the first one does, wherever the type is today.
macro_rules! boarded {
    ($version:ident $room:item) => {
        pub(crate) mod $version {
            use crate::durable::world::{Trouble, World};
            use typed_saga::saga;

            pub(crate) mod hotel {
                $room
            }

            saga! {
                #[classify(Trouble::verdict)] #[timeout(5s)]
                pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
                    #[idempotent]
                    step a(world, key) -> hotel::Room {
                        world.call("+a", key).map(|()| hotel::Room { number: "7".to_owned() })
                    }
                        compensate(world, key) { world.call("-a", key) }
                    #[idempotent] #[retry(9, 1m..1m, jitter = false)]
                    step b(world, key) -> u32 { world.call("+b", key).map(|()| 2) } compensate none
                    { let _ = (a, b); }
                }
            }
        }
    };
}

boarded! { before
    #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
    pub(crate) struct Room {
        pub(crate) number: String,
    }
}
boarded! { renamed pub(crate) type Room = crate::durable::upgraded_types::Bedroom; }
boarded! { moved pub(crate) use crate::durable::upgraded_types::other::Room; }

/// What was once called `Room`.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Bedroom {
    pub number: String,
}

#[tokio::test(start_paused = true)]
async fn the_old_name_of_a_type_that_was_renamed_or_moved_is_no_difference() {
    for is in [&renamed::Order::DEFINITION, &moved::Order::DEFINITION] {
        let found = differences(&before::Order::DEFINITION, is);
        assert!(found.is_empty(), "{found:?}");
    }
    let named = differences(&number::Order::DEFINITION, &cents::Order::DEFINITION);
    assert_eq!(named.len(), 1, "{named:?}");
    let (store, world) = in_flight!(before);
    assert_eq!(goes_on!(store, renamed { world }), "completed");
    let (store, world) = in_flight!(before);
    assert_eq!(goes_on!(store, moved { world }), "completed");
}

#[tokio::test(start_paused = true)]
async fn a_type_that_cannot_read_what_is_recorded_does_not_continue_it() {
    let (store, world) = in_flight!(number);
    let why = goes_on!(
        store,
        text {
            world: world.clone()
        }
    );
    assert!(why.starts_with("the effect of `a`: "), "{why}");
    assert_eq!(goes_on!(store, number { world }), "completed");
    let (store, world) = in_flight!(room);
    let why = goes_on!(
        store,
        other_room {
            world: world.clone()
        }
    );
    assert!(why.starts_with("the effect of `a`: "), "{why}");
    assert_eq!(goes_on!(store, room { world }), "completed");
}

#[tokio::test(start_paused = true)]
async fn a_compensation_may_read_the_context_and_other_services() {
    let (store, world) = in_flight!(number);
    assert_eq!(goes_on!(store, logged { world, log: Log }), "completed");
}

version! { doubtful
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 7) } #[by_key] compensate(world, key) { world.call("-a", key) }
        { let _ = a; }
    }
}

version! { asking
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 7) }
            resolve(world, key) { world.call("?a", key).map(|()| Some(7)) }
            #[by_key] compensate(world, key) { world.call("-a", key) }
        { let _ = a; }
    }
}

/// In doubt, which the new `resolve` settles.
#[tokio::test(start_paused = true)]
async fn a_resolve_that_is_new_settles_a_doubt() {
    use typed_saga::Verdict;
    let (store, world) = (Memory::new(), World::default());
    world.fails("+a", Trouble(Verdict::Unknown, "the line broke".into()));
    let services = doubtful::OrderServices {
        world: world.clone(),
    };
    left(store.clone(), (doubtful::Order {}, services), MOMENT).await;
    assert_eq!(
        goes_on!(
            store,
            asking {
                world: world.clone()
            }
        ),
        "completed"
    );
    assert_eq!(world.calls(), "+a ?a");
}

/// A version with this output.
macro_rules! returns {
    ($version:ident $output:ty, $made:expr) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with (world: World) -> Result<$output, Trouble> {
                #[idempotent]
                step a(world, key) -> u32 { world.call("+a", key).map(|()| 7) } compensate none
                { $made(a) }
            }
        }
    };
}

returns! { a_number u32, |a: u32| a }
returns! { a_large_number u64, u64::from }
returns! { a_receipt String, |a: u32| a.to_string() }

#[tokio::test(start_paused = true)]
async fn an_output_that_another_version_cannot_read_is_lost_and_the_run_is_completed() {
    let (store, world) = (Memory::new(), World::default());
    let services = a_number::OrderServices {
        world: world.clone(),
    };
    left(store.clone(), (a_number::Order {}, services), MOMENT).await;

    let services = a_large_number::OrderServices {
        world: world.clone(),
    };
    let outcome = ends::<a_large_number::Order>(store.clone(), services).await;
    assert!(
        matches!(outcome, Ok(DurableOutcome::Completed(7))),
        "{outcome:?}"
    );

    let services = a_receipt::OrderServices {
        world: world.clone(),
    };
    let engine = engine::<a_receipt::Order>(store, services).await;
    // Whether it is looked up, or submitted again.
    let handle = engine.handle::<a_receipt::Order>("o").await.unwrap();
    let again = engine.submit("o", a_receipt::Order {}).await.unwrap();
    for handle in [handle, again] {
        match handle.outcome().await {
            Ok(DurableOutcome::OutputLost { why }) => assert!(why.contains("string"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(engine.unreadable().len(), 0);
    assert_eq!(world.calls(), "+a");
}
