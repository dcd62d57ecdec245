//! A loop or a child saga that has failed, and takes an hour to undo itself: its saga rolls back at
//! once, and reports that failure, whatever is heard meanwhile.

use std::time::Duration;

use crate::common::{BUSY, NO, Trouble, Vendor, YES};
use tokio::time::{Instant, sleep};
use typed_saga::{Cause, Error, runtime::Cancel, saga};

const HOUR: u64 = 3_600_000;

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(2h)]
    #[derive(Debug)]
    saga Items() with (vendor: Vendor) -> Result<_, Trouble> {
        #[idempotent]
        for item: &'static str in (=> ["one", "two"])
        step held(vendor, item, key) -> u32 { vendor.order(item, key).await }
            compensate(vendor, item, key) {
                vendor
                    .cancel(
                        if *item == "one" {
                            "undo one"
                        } else {
                            "undo two"
                        },
                        key,
                    )
                    .await
            }
    }

    #[classify(Trouble::verdict)]
    #[timeout(2h)]
    saga Block() with (vendor: Vendor) -> Result<_, Trouble> {
        concurrent {
            #[idempotent]
            for item: &'static str in (=> ["one", "two"])
            step held(vendor, item, key) -> u32 { vendor.order(item, key).await }
                compensate(vendor, item, key) {
                    vendor
                        .cancel(
                            if *item == "one" {
                                "undo one"
                            } else {
                                "undo two"
                            },
                            key,
                        )
                        .await
                }

            step child() -> ItemsEffects = saga Items {} with (vendor);

            #[retry(9, 1m..1m, jitter = false)]
            step sibling(vendor, key) -> u32 { vendor.order("sibling", key).await }
                #[by_key]
                compensate(vendor, key) { vendor.cancel("undo sibling", key).await }
        }
    }

    #[classify(Trouble::verdict)]
    saga Retried() with (vendor: Vendor) -> Result<_, Trouble> {
        #[timeout(1m)] #[retry(3, 1s..1s, jitter = false)]
        step child() -> ItemsEffects = saga Items {} with (vendor);
    }

    #[classify(Trouble::verdict)]
    #[timeout(2h)]
    saga Turns() with (vendor: Vendor) -> Result<_, Trouble> {
        concurrent {
            #[idempotent]
            step slow(vendor, key) -> u32 { vendor.order("slow", key).await }
                compensate(vendor, key) { vendor.cancel("undo slow", key).await }

            #[idempotent] #[savepoint(1)]
            step quick(vendor, key) -> u32 { vendor.order("quick", key).await }
                compensate(vendor, key) { vendor.cancel("undo quick", key).await }
        }
    }

    #[classify(Trouble::verdict)]
    saga OfTurns() with (vendor: Vendor) -> Result<_, Trouble> {
        step child() -> TurnsEffects = saga Turns {} with (vendor);
    }

    #[classify(Trouble::verdict)]
    saga Loops() with (vendor: Vendor) -> Result<_, Trouble> {
        concurrent {
            #[idempotent]
            for item: &'static str in (=> ["one", "two"])
            step first(vendor, item, key) -> u32 { vendor.order(item, key).await }
                compensate(vendor, item, key) { let _ = item; vendor.cancel("undo one", key).await }

            #[idempotent]
            for item: &'static str in (=> ["three", "four"])
            step second(vendor, item, key) -> u32 { vendor.order(item, key).await }
                compensate(vendor, item, key) {
                    let _ = item;
                    vendor.cancel("undo three", key).await
                }
        }
    }
}

/// The second item is refused after a second, and the first one takes an hour to be undone.
fn refused() -> Vendor {
    Vendor::new()
        .on("two", [NO.after(1000)])
        .on("undo one", [YES.after(HOUR)])
}

fn reports(error: &Error<Trouble>, step: &str) {
    assert_eq!(error.step(), Some(step), "{error:?}");
    assert_eq!(error.failure().error(), Some(&Trouble::No));
    assert!(error.is_clean(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn no_sibling_is_attempted_again() {
    let vendor = refused().always("sibling", BUSY);
    let error = Block {}.with(vendor.clone()).await.unwrap_err();
    reports(&error, "held[1]");
    assert_eq!(vendor.times("sibling"), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_no_reason_any_more() {
    let vendor = refused();
    let handle = Items {}.with(vendor.clone()).start();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    reports(&handle.await.unwrap_err(), "held[1]");
}

#[tokio::test(start_paused = true)]
async fn neither_is_a_deadline() {
    let vendor = refused();
    let saga = Items {}.with(vendor.clone());
    let error = saga.deadline(Duration::from_secs(60)).await.unwrap_err();
    reports(&error, "held[1]");
}

#[tokio::test(start_paused = true)]
async fn a_refused_child_is_not_begun_anew_because_its_deadline_passes() {
    let (vendor, since) = (refused(), Instant::now());
    let error = Retried {}.with(vendor.clone()).await.unwrap_err();
    reports(&error, "child");
    assert_eq!(vendor.times("one"), [0]);
    assert_eq!(since.elapsed(), Duration::from_millis(HOUR + 1000));
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_tried_again_has_not_failed() {
    let vendor = Vendor::new().on("two", [BUSY, BUSY, BUSY]);
    let handle = Retried {}
        .with(vendor.clone().on("undo one", [YES.after(HOUR)]))
        .start();
    sleep(Duration::from_secs(30)).await;
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    let error = handle.await.unwrap_err();
    assert!(
        matches!(error.failure().cause(), Cause::Cancelled),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn of_two_loops_the_one_that_failed_first_is_reported() {
    let vendor = refused().on("four", [NO.after(2000)]);
    let error = Loops {}.with(vendor.clone()).await.unwrap_err();
    reports(&error, "first[1]");
    // It ended first.
    let also: Vec<_> = error.also().iter().map(typed_saga::Failure::step).collect();
    assert_eq!(also, [Some("second[1]")]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_child_calls_its_siblings_back() {
    let vendor = Vendor::new().on("undo one", [YES.after(HOUR); 2]);
    // The items of the loop are ordered first.
    let vendor = vendor.on("two", [YES, NO.after(1000)]);
    let error = Block {}.with(vendor.clone()).await.unwrap_err();
    reports(&error, "child");
    assert!(vendor.holds().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_child_that_may_still_turn_has_not_failed() {
    let vendor = Vendor::new().on("slow", [YES.after(1000)]);
    let vendor = vendor.on("quick", [NO, YES]);
    OfTurns {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("slow").len(), 1);
    assert_eq!(vendor.times("quick").len(), 2);
}
