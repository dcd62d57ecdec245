//! `#[within]` when it runs: the deadline that it sets, and what the pivot may take after it.

use std::time::Duration;

use crate::common::{BUSY, HANG, NO, Trouble, Vendor, YES};
use tokio::time::Instant;
use typed_saga::{Cause, Outcome, saga};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    #[within(40s)]
    saga Buy() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent] #[retry(5, 30s..30s, jitter = false)]
        #[holds(1h)]
        step seat(vendor, key) -> u32 { vendor.order("seat", key).await }
            compensate(vendor, key) { vendor.cancel("free", key).await }

        pivot pay(vendor, key, seat) -> u32 { let _ = seat; vendor.order("pay", key).await }
            #[retry(2, 1s..1s, jitter = false)]
            resolve(vendor, key) { vendor.find("find", key).await }

        pay
    }

    #[classify(Trouble::verdict)]
    #[within(4s)]
    saga Reserve() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent] #[retry(5, 30s..30s, jitter = false)]
        step seat(vendor, key) -> u32 { vendor.order("seat", key).await }
            compensate(vendor, key) { vendor.cancel("free", key).await }
        seat
    }

    #[classify(Trouble::verdict)]
    saga Plain() with (vendor: Vendor) -> Result<u32, Trouble> {
        step seats() -> u32 = saga Reserve {} with (vendor);
        seats
    }

    #[classify(Trouble::verdict)]
    saga Longer() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[timeout(6s)]
        step seats() -> u32 = saga Reserve {} with (vendor);
        seats
    }

    #[classify(Trouble::verdict)]
    saga Shorter() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[timeout(3s)]
        step seats() -> u32 = saga Reserve {} with (vendor);
        seats
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_deadline_leaves_the_pivot_the_time_to_settle() {
    // An attempt, two questions, and the wait between them.
    assert_eq!(Buy::DEFINITION.deadline, Some(seconds(40 - 31)));
    assert_eq!(Reserve::DEFINITION.deadline, Some(seconds(4)));
    assert_eq!(Plain::DEFINITION.deadline, None);
}

/// How a purchase ends, and how long after its start.
async fn bought(vendor: &Vendor, limit: Option<Duration>) -> (Outcome<BuyRun>, Duration) {
    let since = Instant::now();
    let run = Buy {}.with(vendor.clone());
    let run = match limit {
        Some(limit) => run.deadline(limit),
        None => run,
    };
    (run.outcome().await, since.elapsed())
}

#[tokio::test(start_paused = true)]
async fn it_turns_back_at_the_earlier_of_two_deadlines() {
    for (limit, ended) in [(None, 9), (Some(3), 3), (Some(3600), 9)] {
        let vendor = Vendor::new().on("seat", [BUSY]);
        let (outcome, at) = bought(&vendor, limit.map(seconds)).await;
        let Outcome::Compensated(error) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(matches!(error.cause(), Cause::DeadlineExceeded), "{error}");
        assert!(error.is_clean() && vendor.holds().is_empty());
        assert_eq!(at, seconds(ended));
    }
}

#[tokio::test(start_paused = true)]
async fn a_pivot_in_doubt_at_the_deadline_is_decided_within_the_promise() {
    let late = || Vendor::new().on("seat", [YES.after(8999)]);
    let hangs = late().on("pay", [HANG]);
    let (outcome, at) = bought(&hangs.always("find", HANG), None).await;
    assert!(matches!(outcome, Outcome::Parked(_)), "{outcome:?}");
    assert_eq!(at, Duration::from_millis(39_999));

    let paid = late().on("pay", [HANG.done()]).on("find", [HANG, YES]);
    let (outcome, at) = bought(&paid, None).await;
    assert!(matches!(outcome, Outcome::Completed(_)), "{outcome:?}");
    assert!(at < seconds(40), "{at:?}");

    let unpaid = late().on("pay", [HANG]).on("find", [HANG, YES]);
    let (outcome, at) = bought(&unpaid, None).await;
    assert!(matches!(outcome, Outcome::Compensated(_)), "{outcome:?}");
    assert!(at < seconds(40), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn before_its_deadline_nothing_changes() {
    let (outcome, _) = bought(&Vendor::new(), None).await;
    assert!(matches!(outcome, Outcome::Completed(_)), "{outcome:?}");
    let (outcome, _) = bought(&Vendor::new().on("pay", [NO]), None).await;
    assert!(matches!(outcome, Outcome::Compensated(_)), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn a_child_has_the_earlier_of_its_promise_and_of_the_timeout_of_its_step() {
    let vendor = || Vendor::new().on("seat", [BUSY]);
    let since = Instant::now();
    assert!(Plain {}.with(vendor()).await.is_err());
    assert_eq!(since.elapsed(), seconds(4));
    let since = Instant::now();
    assert!(Longer {}.with(vendor()).await.is_err());
    assert_eq!(since.elapsed(), seconds(4));
    let since = Instant::now();
    assert!(Shorter {}.with(vendor()).await.is_err());
    assert_eq!(since.elapsed(), seconds(3));
}
