//! Sleeps: a saga that waits for a time, and changes nothing.

use crate::common::{NO, Trouble, Vendor, YES};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use typed_saga::{Cause, saga};

const MS: fn(u64) -> Duration = Duration::from_millis;

saga! {
    #[classify(Trouble::verdict)]
    saga Embargo(wait: Duration, waits: bool) with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent]
        step first(vendor, key) -> u32 { vendor.order("first", key).await }
            compensate(vendor, key) { vendor.cancel("undo first", key).await }
        #[when(waits => *waits)]
        sleep embargo(wait => *wait);
        #[idempotent]
        step last(vendor, key, first) -> u32 { let _ = first; vendor.order("last", key).await }
            compensate(vendor, key) { vendor.cancel("undo last", key).await }
        first + last
    }
}

fn embargo(wait: u64) -> Embargo {
    Embargo {
        wait: MS(wait),
        waits: true,
    }
}

#[tokio::test(start_paused = true)]
async fn it_waits_as_long_as_it_says() {
    let vendor = Vendor::new();
    embargo(70).with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("first"), [0]);
    assert_eq!(vendor.times("last"), [70]);
}

#[tokio::test(start_paused = true)]
async fn what_is_skipped_or_over_is_no_wait() {
    let vendor = Vendor::new();
    embargo(0).with(vendor.clone()).await.unwrap();
    let skips = Embargo {
        wait: MS(70),
        waits: false,
    };
    skips.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("last"), [0, 0]);
}

saga! {
    saga Until(end: SystemTime) with (vendor: Vendor) -> Result<(), Trouble> {
        sleep end_of_it(end => *end);
        #[after(end_of_it)]
        read last(vendor) { vendor.undo("last", "").await }
    }
}

#[tokio::test(start_paused = true)]
async fn a_moment_that_has_passed_is_no_wait() {
    let vendor = Vendor::new();
    let now = SystemTime::now();
    let past = Until { end: now - MS(5) };
    past.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("last"), [0]);
    let start = Instant::now();
    let end = now + Duration::from_secs(3600);
    Until { end }.with(vendor.clone()).await.unwrap();
    assert!(start.elapsed() > Duration::from_secs(3500));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_it() {
    let vendor = Vendor::new();
    let handle = embargo(70).with(vendor.clone()).start();
    tokio::time::sleep(MS(20)).await;
    assert_eq!(handle.cancel().await, typed_saga::runtime::Cancel::Accepted);
    let error = handle.await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Cancelled));
    assert_eq!(vendor.times("undo first"), [20]);
    assert_eq!(vendor.times("last"), []);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_it() {
    let vendor = Vendor::new();
    let error = embargo(70)
        .with(vendor.clone())
        .deadline(MS(30))
        .await
        .unwrap_err();
    assert!(matches!(error.cause(), Cause::DeadlineExceeded));
    assert_eq!(vendor.times("undo first"), [30]);
}

saga! {
    #[classify(Trouble::verdict)]
    saga Turns() with (vendor: Vendor) -> Result<_, Trouble> {
        #[savepoint(2, 0s..0s)] #[idempotent]
        step first(vendor, key) -> u32 { vendor.order("first", key).await }
            compensate(vendor, key) { vendor.cancel("undo first", key).await }
        sleep nap(40ms);
        #[idempotent]
        step last(vendor, key) -> u32 { vendor.order("last", key).await }
            compensate none
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_sleeps_again() {
    let vendor = Vendor::new().on("last", [NO, YES]);
    let TurnsEffects { first, last } = Turns {}.with(vendor.clone()).await.unwrap();
    assert!(first > 0 && last > 0, "a sleep has no effect");
    assert_eq!(vendor.times("last"), [40, 80]);
}

saga! {
    #[classify(Trouble::verdict)]
    saga Beside(wait: Duration) with (vendor: Vendor) -> Result<u32, Trouble> {
        concurrent {
            sleep nap(wait => *wait);
            #[idempotent]
            step quick(vendor, key) -> u32 { vendor.order("quick", key).await }
                compensate(vendor, key) { vendor.cancel("undo quick", key).await }
            #[idempotent]
            #[after(nap)]
            step rested(vendor, key) -> u32 { vendor.order("rested", key).await }
                compensate(vendor, key) { vendor.cancel("undo rested", key).await }
        }
        quick + rested
    }
}

#[tokio::test(start_paused = true)]
async fn siblings_go_on_meanwhile() {
    let vendor = Vendor::new();
    Beside { wait: MS(50) }.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("quick"), [0]);
    assert_eq!(vendor.times("rested"), [50]);
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_of_a_block_ends_it() {
    let vendor = Vendor::new().on("quick", [NO]);
    let start = Instant::now();
    let error = Beside { wait: MS(50) }
        .with(vendor.clone())
        .await
        .unwrap_err();
    assert_eq!(error.step(), Some("quick"));
    assert!(error.also().is_empty() && error.is_clean());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

saga! {
    saga Panics() with (vendor: Vendor) -> Result<(), Trouble> {
        step first(vendor, key) -> u32 { vendor.order("first", key).await }
            compensate(vendor, key, first) { let _ = first; vendor.cancel("undo first", key).await }
        sleep nap(first => if *first > 0 { panic!("no idea") } else { MS(1) });
    }
}

#[tokio::test]
async fn a_panic_in_its_expression_fails_it() {
    let vendor = Vendor::new();
    let error = Panics {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("nap"));
    assert!(matches!(error.cause(), Cause::Panicked(panic) if panic.message() == "no idea"));
    assert_eq!(vendor.line(), "first, undo first");
}

#[tokio::test(start_paused = true)]
async fn a_walk_sleeps_too() {
    let vendor = Vendor::new();
    let services = EmbargoServices { vendor };
    let start = Instant::now();
    let state = embargo(70).walk().first(&services).await.unwrap();
    let state = state.embargo(&services).await.unwrap();
    assert_eq!(start.elapsed(), MS(70));
    let state = state.last(&services).await.unwrap();
    let state = state.undo_last(&services).await.unwrap();
    let state = state.undo_embargo(&services).await.unwrap();
    state.undo_first(&services).await.unwrap();
}
