//! `#[within]` in both versions: what the pivot takes longer comes out of the time before it.

use crate::durable::{
    releases::version,
    upgraded::{LATER, ends, engine, records},
    world::World,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use typed_saga::engine::{DurableOutcome, Memory, for_logs::record::RecordKind};

/// A version that promises this, with a pivot that may take so long.
macro_rules! promises {
    ($version:ident [$($within:tt)*] [$($pivot:tt)*]) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(1s)] #[$($within)*]
            pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
                #[idempotent] #[retry(9999, 1s..1s, jitter = false)]
                step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) }
                    compensate(world, key) { world.call("-a", key) }
                #[idempotent] #[$($pivot)*] #[retry(1)]
                pivot pay(world, a, key) -> u32 { let _ = a; world.call("+pay", key).map(|()| 2) }
                { let _ = pay; }
            }
        }
    };
}

promises! { fast [within(10m)] [timeout(1m)] }
promises! { slow [within(10m)] [timeout(4m)] }
promises! { longer [within(30m)] [timeout(4m)] }
promises! { brief [within(4s)] [timeout(1s)] }
promises! { brief_and_slow [within(4s)] [timeout(3s)] }

/// When an order rolls back that was left after so long, and is continued by another version.
macro_rules! ends_after {
    ($first:ident, $second:ident, $span:expr) => {{
        let (store, world) = (Memory::shared(), World::default());
        (0..2_000).for_each(|_| world.fails("+a", LATER));
        let since = Instant::now();
        let services = $first::OrderServices {
            world: world.clone(),
        };
        crate::durable::upgraded::left(store.clone(), ($first::Order {}, services), $span).await;
        let services = $second::OrderServices {
            world: world.clone(),
        };
        let outcome = ends::<$second::Order>(store.clone(), services).await;
        assert!(
            matches!(outcome, Ok(DurableOutcome::Compensated(_))),
            "{outcome:?}"
        );
        (store, since.elapsed().as_secs())
    }};
}

fn about(seconds: u64, expected: u64) {
    // The last attempt ends before it rolls back.
    assert!(
        (expected..expected + 3).contains(&seconds),
        "{seconds} {expected}"
    );
}

const MINUTE: u64 = 60;

#[tokio::test(start_paused = true)]
async fn a_slower_pivot_moves_the_deadline_forward() {
    let (store, after) = ends_after!(fast, slow, Duration::from_secs(MINUTE));
    about(after, 6 * MINUTE);
    // The record says so, and another engine reads it.
    let records = records(&store).await;
    let moved = records
        .iter()
        .find(|record| record.what == RecordKind::Redefined)
        .unwrap();
    assert!(moved.from_here && moved.deadline.is_some(), "{moved:?}");
    // A run that has less time left, or none, has a minute.
    let (_, after) = ends_after!(fast, slow, Duration::from_secs(7 * MINUTE));
    about(after, 8 * MINUTE);
    // And not more time than it had.
    let (_, after) = ends_after!(fast, slow, Duration::from_secs(8 * MINUTE + 30));
    about(after, 9 * MINUTE);
}

/// A promise of a few seconds leaves no minute.
#[tokio::test(start_paused = true)]
async fn what_was_promised_within_seconds_is_kept() {
    let (_, after) = ends_after!(brief, brief_and_slow, Duration::from_millis(500));
    about(after, 1);
}

#[tokio::test(start_paused = true)]
async fn a_recorded_deadline_stays() {
    // A faster pivot, and a longer promise, are for new runs.
    let (_, after) = ends_after!(slow, fast, Duration::from_secs(MINUTE));
    about(after, 6 * MINUTE);
    let (_, after) = ends_after!(slow, longer, Duration::from_secs(MINUTE));
    about(after, 6 * MINUTE);
}

/// There and back: the deadline is moved once.
#[tokio::test(start_paused = true)]
async fn the_deadline_does_not_move_twice() {
    let (store, world) = (Memory::shared(), World::default());
    (0..2_000).for_each(|_| world.fails("+a", LATER));
    let since = Instant::now();
    let first = || fast::OrderServices {
        world: world.clone(),
    };
    let second = || slow::OrderServices {
        world: world.clone(),
    };
    crate::durable::upgraded::left(
        store.clone(),
        (fast::Order {}, first()),
        Duration::from_secs(30),
    )
    .await;
    for _ in 0..2 {
        for back in [false, true] {
            let span = Duration::from_secs(30);
            if back {
                let engine = engine::<fast::Order>(store.clone(), first()).await;
                sleep(span).await;
                drop(engine.shutdown(span).await);
            } else {
                let engine = engine::<slow::Order>(store.clone(), second()).await;
                sleep(span).await;
                drop(engine.shutdown(span).await);
            }
        }
    }
    let outcome = ends::<slow::Order>(store, second()).await;
    assert!(
        matches!(outcome, Ok(DurableOutcome::Compensated(_))),
        "{outcome:?}"
    );
    about(since.elapsed().as_secs(), 6 * MINUTE);
}

/// Two versions that differ in durations alone are stored as one: the promise is that of the run, whichever
/// of them was stored.
#[tokio::test(start_paused = true)]
async fn it_moves_by_the_promise_of_the_run_whichever_version_is_stored() {
    let (store, world) = (Memory::shared(), World::default());
    (0..2_000).for_each(|_| world.fails("+a", LATER));
    let first = || fast::OrderServices {
        world: world.clone(),
    };
    let second = || slow::OrderServices {
        world: world.clone(),
    };
    assert_eq!(
        fast::Order::DEFINITION.fingerprint(),
        slow::Order::DEFINITION.fingerprint()
    );
    let stores = engine::<slow::Order>(store.clone(), second()).await;
    drop(stores.submit("other", slow::Order {}).await.unwrap());
    drop(stores.shutdown(Duration::from_secs(5)).await);

    let since = Instant::now();
    let order = (fast::Order {}, first());
    crate::durable::upgraded::left(store.clone(), order, Duration::from_secs(MINUTE)).await;
    let outcome = ends::<slow::Order>(store, second()).await;
    assert!(
        matches!(outcome, Ok(DurableOutcome::Compensated(_))),
        "{outcome:?}"
    );
    about(since.elapsed().as_secs(), 6 * MINUTE);
}
