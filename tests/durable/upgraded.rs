//! What holds of a run that another version continues, one rule each. (`upgrades` has every place where a
//! run can stop.)

use crate::durable::{
    releases::version,
    world::{Trouble, World},
};
use std::{borrow::Cow, time::Duration};
use tokio::time::{sleep, timeout};
use typed_saga::{
    Lock, Verdict,
    engine::{
        DurableOutcome, Engine, EngineError, Memory, ReadStore, SagaId, Store, for_logs::record,
    },
    runtime::{Durable, Services},
};

pub(super) const LATER: Trouble = Trouble(Verdict::Transient, Cow::Borrowed("later"));
pub(super) const NO: Trouble = Trouble(Verdict::Refused, Cow::Borrowed("no"));

pub(super) async fn engine<S: Durable>(store: impl Store, services: impl Services<S>) -> Engine {
    let builder = Engine::builder(store).register::<S>(services);
    builder.start().await.unwrap()
}

/// Runs the order in this version for so long; then its process ends.
pub(super) async fn left<S: Durable>(
    store: impl Store,
    (order, services): (S, impl Services<S>),
    span: Duration,
) {
    let engine = engine::<S>(store, services).await;
    drop(engine.submit("o", order).await.unwrap());
    sleep(span).await;
    drop(engine.shutdown(Duration::from_secs(5)).await);
}

/// How the order ends in this version, or why the version cannot continue it.
pub(super) async fn ends<S: Durable>(
    store: impl Store,
    services: impl Services<S>,
) -> Result<DurableOutcome<S>, String> {
    let engine = engine::<S>(store, services).await;
    let handle = engine.handle::<S>("o").await.unwrap();
    let outcome = timeout(Duration::from_secs(86_400), handle.outcome()).await;
    let outcome = match outcome.expect("it does not hang") {
        Ok(outcome) => Ok(outcome),
        Err(EngineError::Unreadable { why, .. }) => Err(why.to_string()),
        Err(error) => panic!("{error}"),
    };
    drop(engine.shutdown(Duration::from_secs(5)).await);
    outcome
}

/// What is on record of the order.
pub(super) async fn records(store: &impl ReadStore) -> Vec<record::Record> {
    let stored = store.load(SagaId::new("Order", "o")).await.unwrap();
    let commits = stored.expect("it is on record").commits;
    let records = commits
        .iter()
        .map(|commit| record::decode(&commit.records).unwrap());
    records.flatten().collect()
}

pub(super) const MOMENT: Duration = Duration::from_secs(1);

version! { by_the_first
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] step disk1(world, key) -> u32 { world.call("+d1", key).map(|()| 1) } compensate none
        #[idempotent] step disk2(world, key) -> u32 { world.call("+d2", key).map(|()| 2) } compensate none
        #[idempotent(by = disk1)] #[retry(9, 1m..1m, jitter = false)]
        step mount(world, disk1) -> u32 { world.named("+mount", &format!("D{disk1}")).map(|()| 3) }
            compensate(world, disk1) { world.named("-mount", &format!("D{disk1}")) }
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step last(world, key) { world.call("+last", key) } compensate none
        { let _ = (disk2, mount); }
    }
}

version! { by_the_second
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] step disk1(world, key) -> u32 { world.call("+d1", key).map(|()| 1) } compensate none
        #[idempotent] step disk2(world, key) -> u32 { world.call("+d2", key).map(|()| 2) } compensate none
        #[idempotent(by = disk2)] #[retry(9, 1m..1m, jitter = false)]
        step mount(world, disk2) -> u32 { world.named("+mount", &format!("D{disk2}")).map(|()| 3) }
            compensate(world, disk2) { world.named("-mount", &format!("D{disk2}")) }
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step last(world, key) { world.call("+last", key) } compensate none
        { let _ = (disk1, mount); }
    }
}

version! { renamed
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[name = "disk1"] #[idempotent]
        step first(world, key) -> u32 { world.call("+d1", key).map(|()| 1) } compensate none
        #[idempotent] step disk2(world, key) -> u32 { world.call("+d2", key).map(|()| 2) } compensate none
        #[idempotent(by = first)] #[retry(9, 1m..1m, jitter = false)]
        step mount(world, first) -> u32 { world.named("+mount", &format!("D{first}")).map(|()| 3) }
            compensate(world, first) { world.named("-mount", &format!("D{first}")) }
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step last(world, key) { world.call("+last", key) } compensate none
        { let _ = (disk2, mount); }
    }
}

/// While it is in doubt, and after it is made.
#[tokio::test(start_paused = true)]
async fn another_value_in_the_key_is_no_new_name_of_the_first_one() {
    let lost = Trouble(Verdict::Unknown, "the line broke".into());
    for (stops, trouble) in [("+mount", lost), ("+last", LATER)] {
        let (store, world) = (Memory::new(), World::default());
        world.fails(stops, trouble);
        let services = || by_the_first::OrderServices {
            world: world.clone(),
        };
        left(store.clone(), (by_the_first::Order {}, services()), MOMENT).await;
        let calls = world.calls();
        assert!(calls.ends_with(stops), "{calls}");

        let services = by_the_second::OrderServices {
            world: world.clone(),
        };
        let outcome = ends::<by_the_second::Order>(store.clone(), services).await;
        let why = "its definition has changed: the compensation of `mount` read `world`, `disk1`, and reads `world`, `disk2`";
        assert_eq!(outcome.unwrap_err(), why);
        assert_eq!(world.calls(), calls);

        let services = renamed::OrderServices {
            world: world.clone(),
        };
        let outcome = ends::<renamed::Order>(store, services).await;
        assert!(
            matches!(outcome, Ok(DurableOutcome::Completed(()))),
            "{outcome:?}"
        );
        let rest = if stops == "+mount" {
            "+mount +last"
        } else {
            "+last"
        };
        assert_eq!(world.calls(), format!("{calls} {rest}"));
        assert_eq!(world.standing(), ["d1", "d2", "last", "mount"]);
    }
}

/// The key of a gate.
pub(super) struct P;
pub(super) struct A;

impl Lock for P {
    const NAME: &'static str = "p";

    fn key(&self) -> String {
        "1".to_owned()
    }
}

impl Lock for A {
    const NAME: &'static str = "a";

    fn key(&self) -> String {
        "1".to_owned()
    }
}

/// A version with a lock of this type.
macro_rules! gated {
    ($version:ident $lock:ident) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
                #[timeout(never)]
                lock gate(world => {
                    let _ = world;
                    crate::durable::upgraded::$lock
                }) -> crate::durable::upgraded::$lock;
                #[idempotent] #[retry(9, 1m..1m, jitter = false)]
                step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) } compensate none
                { let _ = a; }
            }
        }
    };
}

gated! { of_p P }
gated! { of_a A }

#[tokio::test(start_paused = true)]
async fn a_lock_with_another_name_does_not_continue_a_run_that_has_taken_it() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+a", LATER);
    let services = of_p::OrderServices {
        world: world.clone(),
    };
    left(store.clone(), (of_p::Order {}, services), MOMENT).await;

    let services = of_a::OrderServices {
        world: world.clone(),
    };
    let engine = engine::<of_a::Order>(store.clone(), services).await;
    let handle = engine.handle::<of_a::Order>("o").await.unwrap();
    let why = match handle.outcome().await {
        Err(EngineError::Unreadable { why, .. }) => why.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        why,
        "its definition has changed: the keys of `gate` were of `p`, and are of `a`"
    );
    let status = engine.status(&SagaId::new("Order", "o")).await.unwrap();
    assert!(!status.why.contains("freed"), "{}", status.why);
    assert_eq!(engine.shutdown(MOMENT).await, []);

    let services = of_p::OrderServices {
        world: world.clone(),
    };
    let outcome = ends::<of_p::Order>(store, services).await;
    assert!(
        matches!(outcome, Ok(DurableOutcome::Completed(()))),
        "{outcome:?}"
    );
}

version! { many_turns
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[savepoint(4, 1m..1m, jitter = false)] #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) } compensate(world, key) { world.call("-a", key) }
        #[idempotent]
        step b(world, key) -> u32 { world.call("+b", key).map(|()| 2) } compensate(world, key) { world.call("-b", key) }
        { let _ = (a, b); }
    }
}

version! { two_turns
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[savepoint(2, 1m..1m, jitter = false)] #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) } compensate(world, key) { world.call("-a", key) }
        #[idempotent]
        step b(world, key) -> u32 { world.call("+b", key).map(|()| 2) } compensate(world, key) { world.call("-b", key) }
        { let _ = (a, b); }
    }
}

/// What was begun under the first version is not counted again, and not begun again beyond the count.
#[tokio::test(start_paused = true)]
async fn a_lower_count_of_a_savepoint_includes_the_reruns_so_far() {
    for (minutes, turns) in [(0, 2), (1, 2), (2, 2), (3, 3)] {
        let (store, world) = (Memory::new(), World::default());
        (0..9).for_each(|_| world.fails("+b", NO));
        let services = many_turns::OrderServices {
            world: world.clone(),
        };
        // Each rerun begins a minute after the one before it.
        let span = Duration::from_secs(minutes * 60 + 20);
        left(store.clone(), (many_turns::Order {}, services), span).await;
        let services = two_turns::OrderServices {
            world: world.clone(),
        };
        let outcome = ends::<two_turns::Order>(store, services).await;
        assert!(
            matches!(outcome, Ok(DurableOutcome::Compensated(_))),
            "{outcome:?}"
        );
        let calls = "+a +b -a ".repeat(turns + 1);
        assert_eq!(world.calls(), calls.trim_end(), "{minutes}");
    }
}

/// A version that takes a lock for each seat.
macro_rules! seated {
    ($version:ident $attempts:literal) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order(seats: u32) with (world: World) -> Result<(), Trouble> {
                #[timeout(never)]
                lock gate(seats => (0..*seats).map(|_| crate::durable::upgraded::P).collect::<Vec<_>>())
                    -> Vec<crate::durable::upgraded::P>;
                #[idempotent] #[retry($attempts, 1m..1m, jitter = false)]
                step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) } compensate none
                { let _ = a; }
            }
        }
    };
}

seated! { nine 9 }
seated! { eight 8 }

/// A lock without keys is skipped, and has not lost a `#[when]`.
#[tokio::test(start_paused = true)]
async fn a_lock_without_keys_is_continued() {
    for seats in [1, 0] {
        let (store, world) = (Memory::new(), World::default());
        world.fails("+a", LATER);
        let services = nine::OrderServices {
            world: world.clone(),
        };
        left(store.clone(), (nine::Order { seats }, services), MOMENT).await;
        let services = eight::OrderServices {
            world: world.clone(),
        };
        let outcome = ends::<eight::Order>(store, services).await;
        assert!(
            matches!(outcome, Ok(DurableOutcome::Completed(()))),
            "{outcome:?}"
        );
    }
}
