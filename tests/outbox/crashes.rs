//! Processes that end before or after each of their writes: each event is handed over at least once.

use std::time::Duration;

use typed_saga::engine::{EventFilter, Memory, ReadStore, Store};
use typed_saga_conformance::Faulty;

use crate::outbox::{
    audit::{audit, due},
    world::{Bus, Does, Order, builder, started},
};

/// A bus that does not always say that it has something.
fn bus() -> (Bus, usize) {
    (Bus::that(&[(1, Does::Fails), (3, Does::HasIt)]), 1)
}

/// Submits the saga, and waits until all is said.
async fn live(store: impl Store, bus: &Bus, parcels: u32) {
    let engine = started(store, bus).await;
    let handle = engine.submit("42", Order { parcels }).await.unwrap();
    drop(handle.finished().await.unwrap());
    drop(engine.shutdown(Duration::from_secs(9)).await);
}

async fn writes(parcels: u32) -> u64 {
    let (disk, (bus, excused)) = (Memory::new(), bus());
    let store = Faulty::new(disk.clone());
    live(store.clone(), &bus, parcels).await;
    assert_eq!(wrong(&disk, &bus, parcels, excused).await, [""; 0]);
    store.writes()
}

async fn wrong(disk: &Memory, bus: &Bus, parcels: u32, excused: usize) -> Vec<String> {
    let due = due(disk, "42", parcels).await;
    audit(&due, &bus.handed(), excused)
}

/// How many events are not delivered.
async fn left(disk: &Memory) -> usize {
    let left = EventFilter {
        undelivered: true,
        ..EventFilter::default()
    };
    disk.events(left).await.unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn each_event_is_handed_over_whatever_write_a_process_ends_with() {
    for parcels in [0, 1, 3] {
        let writes = writes(parcels).await;
        assert!(writes > 6, "{writes}");
        for write in 0..writes {
            for after in [false, true] {
                let (disk, (bus, excused)) = (Memory::new(), bus());
                let store = Faulty::new(disk.clone());
                let store = if after {
                    store.crash_after(write)
                } else {
                    store.crash_before(write)
                };
                tokio::select! {
                    () = live(store.clone(), &bus, parcels) => {}
                    () = store.crashed() => {}
                }
                live(disk.clone(), &bus, parcels).await;
                let wrong = wrong(&disk, &bus, parcels, excused + 1).await;
                assert!(
                    wrong.is_empty(),
                    "{parcels} parcels, write {write} of {writes}, after: {after}: {wrong:?}"
                );
                assert_eq!(left(&disk).await, 0);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_worker_hands_over_what_a_dead_one_had_claimed() {
    let lease = Duration::from_secs(1);
    let writes = writes(2).await;
    for write in 0..writes + 4 {
        let (disk, (bus, excused)) = (Memory::shared(), bus());
        let store = Faulty::new(disk.clone()).crash_after(write);
        let other = builder(disk.clone(), &bus).lease(lease).start();
        let other = other.await.unwrap();
        let dies = async {
            let engine = builder(store.clone(), &bus).lease(lease).start().await;
            let engine = engine.unwrap();
            let handle = engine.submit("42", Order { parcels: 2 }).await.unwrap();
            drop(handle.finished().await.unwrap());
            drop(engine);
        };
        tokio::select! {
            () = dies => {}
            () = store.crashed() => {}
        }
        let handle = other.submit("42", Order { parcels: 2 }).await.unwrap();
        drop(handle.finished().await.unwrap());
        let wrong = wrong(&disk, &bus, 2, excused + 1).await;
        assert!(wrong.is_empty(), "write {write}: {wrong:?}");
        assert_eq!(left(&disk).await, 0);
        drop(other.shutdown(Duration::from_secs(9)).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_at_any_write_loses_and_doubles_nothing() {
    let writes = writes(2).await;
    // The first writes open the store, which is asked for by hand.
    for write in 3..writes {
        for how in ["not done", "unheard", "late"] {
            // Only what shares a store goes on when it was given up.
            let late = how == "late";
            let disk = if late {
                Memory::shared()
            } else {
                Memory::new()
            };
            let (bus, excused) = bus();
            let store = Faulty::new(disk.clone());
            let away = write..write + 2;
            let store = match how {
                "unheard" => store.unheard(away),
                "late" => store.late(away, Duration::from_secs(2)),
                _ => store.unavailable(away),
            };
            let engine = started(store, &bus).await;
            let handle = loop {
                match engine.submit("42", Order { parcels: 2 }).await {
                    Ok(handle) => break handle,
                    Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
                }
            };
            drop(handle.finished().await.unwrap());
            let wrong = wrong(&disk, &bus, 2, excused).await;
            assert!(wrong.is_empty(), "write {write}, {how}: {wrong:?}");
            drop(engine.shutdown(Duration::from_secs(9)).await);
        }
    }
}
