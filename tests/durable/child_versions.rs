//! A saga goes on though one that is a step of it has changed, as far as that would by itself.

use crate::durable::world::{Trouble, World};
use std::{borrow::Cow, time::Duration};
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, EngineError, Memory, SagaType, fits},
    runtime::{Durable, Services},
};

/// A version of the saga `Tour`: the steps of the saga `Leg` that is a step of it, or is done with
/// each item of a loop.
macro_rules! version {
    ($module:ident [$($each:tt)*] $($retry:literal $step:ident $up:literal $down:literal),*) => {
        mod $module {
            use crate::durable::world::{Trouble, World};
            use typed_saga::saga;

            saga! {
                #[classify(Trouble::verdict)] #[timeout(5s)]
                durable saga Leg() with (world: World) -> Result<(), Trouble> {
                    $(
                        #[idempotent] #[retry($retry, 60s..60s, jitter = false)]
                        step $step(world, key) -> u32 { world.call($up, key).map(|()| 1) }
                            compensate(world, key) { world.call($down, key) }
                    )*
                    { $(let _ = $step;)* }
                }
            }

            saga! {
                #[classify(Trouble::verdict)] #[timeout(5s)]
                pub(super) durable saga Tour() with (world: World) -> Result<(), Trouble> {
                    #[retry(2, 60s..60s, jitter = false)]
                    $($each)*
                    step leg() = saga Leg {} with (world);
                    #[idempotent] #[retry(2, 60s..60s, jitter = false)]
                    step z(world, key) -> u32 { world.call("+z", key).map(|()| 1) }
                        compensate none

                    { let _ = (leg, z); }
                }
            }
        }
    };
}

version! { first [] 2 p "+p" "-p", 2 q "+q" "-q", 2 r "+r" "-r" }
version! { impatient [] 1 p "+p" "-p", 1 q "+q" "-q", 1 r "+r" "-r" }
version! { without_r [] 2 p "+p" "-p", 2 q "+q" "-q" }
version! { with_x [] 2 p "+p" "-p", 2 q "+q" "-q", 2 r "+r" "-r", 2 x "+x" "-x" }

version! { each [for _way: u32 in ( => [0, 1])]
2 p "+p" "-p", 2 q "+q" "-q", 2 r "+r" "-r" }
version! { each_without_r [for _way: u32 in ( => [0, 1])] 2 p "+p" "-p", 2 q "+q" "-q" }
version! { each_impatient [for _way: u32 in ( => [0, 1])]
1 p "+p" "-p", 1 q "+q" "-q", 1 r "+r" "-r" }

const LATER: Trouble = Trouble(Verdict::Transient, Cow::Borrowed("later"));

async fn engine<S: Durable>(store: &Memory, services: impl Services<S>) -> Engine {
    let builder = Engine::builder(store.clone()).register::<S>(services);
    builder.start().await.unwrap()
}

/// A saga of the first version, left where the call fails for now.
async fn in_flight(call: &'static str) -> (Memory, World) {
    let (store, world) = (Memory::new(), World::default());
    world.fails(call, LATER);
    leave(&store, &world).await;
    (store, world)
}

async fn leave(store: &Memory, world: &World) {
    let services = first::TourServices {
        world: world.clone(),
    };
    leave_one(store, first::Tour {}, services).await;
}

async fn leave_one<S: Durable<Output = ()>>(store: &Memory, saga: S, services: impl Services<S>) {
    let engine = engine::<S>(store, services).await;
    engine.submit("t", saga).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(engine.shutdown(Duration::from_secs(1)).await, []);
}

/// The calls by which this version goes on with it, or why it is unreadable.
async fn taken_up<S: Durable<Output = ()>, V: Services<S>>(
    (store, world): (Memory, World),
    services: impl Fn(World) -> V,
) -> String {
    let before = world.ledger().calls.len();
    let fits = fits(&store, [SagaType::of::<S, V>()]).await.unwrap();
    let unfit: Vec<_> = fits.unfit.iter().map(|(_, why)| why.to_string()).collect();
    let engine = engine::<S>(&store, services(world.clone())).await;
    let handle = engine.handle::<S>("t").await.unwrap();
    match handle.outcome().await {
        Ok(DurableOutcome::Completed(()) | DurableOutcome::Compensated(_)) => {
            assert_eq!((fits.fit, unfit), (1, Vec::new()));
            world.ledger().calls[before..].join(" ")
        }
        Ok(_) => "it parked".to_owned(),
        Err(EngineError::Unreadable { why, .. }) => {
            assert_eq!((fits.fit, unfit), (0, vec![why.to_string()]));
            why.to_string()
        }
        Err(error) => panic!("{error}"),
    }
}

async fn goes_on<S: Durable<Output = ()>, V: Services<S>>(
    services: impl Fn(World) -> V,
) -> Vec<String> {
    let mut told = Vec::new();
    for call in ["+p", "+q", "+r", "+z"] {
        told.push(taken_up::<S, V>(in_flight(call).await, &services).await);
    }
    told
}

#[tokio::test(start_paused = true)]
async fn with_other_counts() {
    let told = goes_on::<impatient::Tour, _>(|world| impatient::TourServices { world }).await;
    assert_eq!(told, ["+p +q +r +z", "+q +r +z", "+r +z", "+z"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_step_that_no_child_has_come_to() {
    let told = goes_on::<without_r::Tour, _>(|world| without_r::TourServices { world }).await;
    let gone = "its definition has changed: in `leg`: step `r` is not there any more";
    assert_eq!(told, ["+p +q +z", "+q +z", gone, gone]);
}

#[tokio::test(start_paused = true)]
async fn with_a_step_behind_what_a_child_has_come_to() {
    let told = goes_on::<with_x::Tour, _>(|world| with_x::TourServices { world }).await;
    let new = "its definition has changed: in `leg`: step `x` is new after all other steps, and the saga may have completed without it";
    assert_eq!(told, ["+p +q +r +x +z", "+q +r +x +z", new, new]);
}

#[tokio::test(start_paused = true)]
async fn and_goes_back_by_it() {
    let (store, world) = in_flight("+q").await;
    for _ in 0..2 {
        world.fails("+z", LATER);
    }
    let services = |world| without_r::TourServices { world };
    let calls = taken_up::<without_r::Tour, _>((store, world), services).await;
    assert_eq!(calls, "+q +z +z -q -p");
}

/// A saga left between two rounds of its child saga.
async fn between_rounds<S: Durable<Output = ()>, V: Services<S>>(
    saga: S,
    services: impl Fn(World) -> V,
) -> (Memory, World) {
    let (store, world) = (Memory::new(), World::default());
    (0..2).for_each(|_| world.fails("+r", LATER));
    let engine = engine::<S>(&store, services(world.clone())).await;
    engine.submit("t", saga).await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(world.calls(), "+p +q +r +r -q -p");
    assert_eq!(engine.shutdown(Duration::from_secs(1)).await, []);
    (store, world)
}

/// The records of earlier rounds are read, too.
#[tokio::test(start_paused = true)]
async fn what_an_earlier_round_has_come_to_counts() {
    let first = |world| first::TourServices { world };
    let (store, world) = between_rounds(first::Tour {}, first).await;
    let services = |world| without_r::TourServices { world };
    assert_eq!(
        taken_up::<without_r::Tour, _>((store.clone(), world.clone()), services).await,
        "its definition has changed: in `leg`: step `r` is not there any more"
    );
    let services = |world| impatient::TourServices { world };
    assert_eq!(
        taken_up::<impatient::Tour, _>((store, world), services).await,
        "+p +q +r +z"
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_round_has_the_counts_of_the_new_version() {
    let first = |world| first::TourServices { world };
    let (store, world) = between_rounds(first::Tour {}, first).await;
    world.fails("+p", LATER);
    let services = |world| impatient::TourServices { world };
    let calls = taken_up::<impatient::Tour, _>((store, world), services).await;
    assert_eq!(calls, "+p");

    let first = |world| each::TourServices { world };
    let (store, world) = between_rounds(each::Tour {}, first).await;
    world.fails("+p", LATER);
    let services = |world| each_impatient::TourServices { world };
    let calls = taken_up::<each_impatient::Tour, _>((store, world), services).await;
    assert_eq!(calls, "+p");
}

async fn of_items<S: Durable<Output = ()>, V: Services<S>>(
    services: impl Fn(World) -> V,
) -> Vec<String> {
    let mut told = Vec::new();
    for call in ["+p", "+q", "+r", "+z"] {
        let (store, world) = (Memory::new(), World::default());
        world.fails(call, LATER);
        let first = each::TourServices {
            world: world.clone(),
        };
        leave_one(&store, each::Tour {}, first).await;
        told.push(taken_up::<S, V>((store, world), &services).await);
    }
    told
}

#[tokio::test(start_paused = true)]
async fn what_is_done_with_each_item_may_change_as_far() {
    let services = |world| each_impatient::TourServices { world };
    let told = of_items::<each_impatient::Tour, _>(services).await;
    let calls = [
        "+p +q +r +p +q +r +z",
        "+q +r +p +q +r +z",
        "+r +p +q +r +z",
        "+z",
    ];
    assert_eq!(told, calls);

    let services = |world| each_without_r::TourServices { world };
    let told = of_items::<each_without_r::Tour, _>(services).await;
    let gone = "its definition has changed: in `leg`: step `r` is not there any more";
    assert_eq!(told, ["+p +q +p +q +z", "+q +p +q +z", gone, gone]);
}
