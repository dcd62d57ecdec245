//! Cancelling, and deadlines: when they are heard, what they answer, and what they end.

mod in_doubt;

use std::time::Duration;

use crate::common::{BUSY, HANG, NO, Trouble, Vendor, YES};
use tokio::time::{Instant, sleep};
use typed_saga::{
    Cause, Completeness, Outcome,
    runtime::{Cancel, Left, LeftStep},
    saga,
};

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

saga! {
    #[classify(Trouble::verdict)]
    saga Trip() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[savepoint(5, 1ms..1ms)]
        step hold(vendor, key) -> u32 { vendor.order("hold", key).await }
            #[by_key] #[retry(3, 100ms..100ms, jitter = false)]
            compensate(vendor, key) { vendor.cancel("release", key).await }
        #[idempotent] #[retry(5, 10s..10s, jitter = false)]
        step book(vendor, key) -> u32 { vendor.order("book", key).await }
            compensate(vendor, key) { vendor.cancel("unbook", key).await }
        #[timeout(10s)]
        pivot charge(vendor, key, hold, book) -> u32 {
            let _ = (hold, book);
            vendor.order("charge", key).await
        }
            resolve(vendor, key) { vendor.find("find", key).await }
        #[idempotent] #[retry(5, 10ms..10ms, jitter = false)]
        step mail(vendor, key) -> u32 { vendor.order("mail", key).await }
        charge + mail
    }
}

/// Cancels a trip this long after its start: the answer, when it came, and how the trip ended.
async fn cancelled(
    vendor: &Vendor,
    after: u64,
) -> (Cancel, u128, Result<u32, typed_saga::Error<Trouble>>) {
    let since = Instant::now();
    let handle = Trip {}.with(vendor.clone()).start();
    sleep(millis(after)).await;
    let answer = handle.cancel().await;
    let answered = since.elapsed().as_millis();
    (answer, answered, handle.await)
}

#[tokio::test(start_paused = true)]
async fn before_its_start_nothing_runs() {
    let vendor = Vendor::new();
    let handle = Trip {}.with(vendor.clone()).start();
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    let error = handle.await.unwrap_err();
    assert_eq!(vendor.line(), "");
    assert!(matches!(error.cause(), Cause::Cancelled));
    assert_eq!(error.step(), None);
    assert_eq!(
        error.to_string(),
        "the saga was cancelled; everything before it was undone"
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_that_runs_is_awaited_and_undone() {
    let vendor = Vendor::new().on("book", [YES.after(100)]);
    let (answer, answered, end) = cancelled(&vendor, 30).await;
    assert_eq!(
        (answer, answered),
        (Cancel::Accepted, 30),
        "it is answered at once"
    );
    assert_eq!(vendor.times("unbook"), [100]);
    assert_eq!(vendor.line(), "hold, book, book answers, unbook, release");
    let error = end.unwrap_err();
    assert!(matches!(error.cause(), Cause::Cancelled));
    assert!(error.is_clean() && error.also().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_cancel_is_not_the_reason() {
    let vendor = Vendor::new().on("book", [BUSY.after(100)]);
    let (_, _, end) = cancelled(&vendor, 30).await;
    let error = end.unwrap_err();
    assert!(matches!(error.cause(), Cause::Cancelled));
    assert_eq!(error.also()[0].step(), Some("book"));
    assert_eq!(vendor.line(), "hold, book, book answers, release");
}

#[tokio::test(start_paused = true)]
async fn a_backoff_ends_at_once() {
    let vendor = Vendor::new().on("book", [BUSY]);
    let (answer, answered, end) = cancelled(&vendor, 30).await;
    assert_eq!((answer, answered), (Cancel::Accepted, 30));
    assert_eq!(vendor.line(), "hold, book, release");
    let error = end.unwrap_err();
    assert!(matches!(error.cause(), Cause::Cancelled), "{error}");
    let [also] = error.also() else {
        panic!("{error:?}")
    };
    assert_eq!(
        (also.step(), also.error()),
        (Some("book"), Some(&Trouble::Busy)),
        "what it waited for"
    );
}

#[tokio::test(start_paused = true)]
async fn during_the_pivot_it_is_answered_by_the_outcome() {
    let vendor = Vendor::new().on("charge", [YES.after(100)]);
    let (answer, answered, end) = cancelled(&vendor, 30).await;
    assert_eq!((answer, answered), (Cancel::TooLate, 100));
    assert_eq!(end.unwrap(), 3 + 4);

    for fails in [NO, BUSY] {
        let vendor = Vendor::new().on("charge", [fails.after(100)]);
        let (answer, answered, end) = cancelled(&vendor, 30).await;
        assert_eq!((answer, answered), (Cancel::Accepted, 100));
        assert!(end.unwrap_err().is_clean());
    }
}

#[tokio::test(start_paused = true)]
async fn during_the_settling_of_the_pivot_it_waits_for_the_answer() {
    for (charge, expected) in [(HANG.done(), Cancel::TooLate), (HANG, Cancel::Accepted)] {
        let vendor = Vendor::new()
            .on("charge", [charge])
            .on("find", [YES.after(100)]);
        let (answer, answered, end) = cancelled(&vendor, 10_050).await;
        assert_eq!((answer, answered), (expected, 10_100));
        assert_eq!(end.is_ok(), expected == Cancel::TooLate);
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_pivot_it_is_too_late() {
    let vendor = Vendor::new().on("mail", [BUSY; 4]);
    let (answer, answered, end) = cancelled(&vendor, 15).await;
    assert_eq!((answer, answered), (Cancel::TooLate, 15));
    end.unwrap();
    assert_eq!(
        vendor.times("mail"),
        [0, 10, 20, 30, 40],
        "no wait was cut short"
    );
}

#[tokio::test(start_paused = true)]
async fn after_the_end_it_is_too_late() {
    let handle = Trip {}.with(Vendor::new()).start();
    sleep(millis(10)).await;
    assert!(handle.is_finished());
    assert_eq!(handle.cancel().await, Cancel::TooLate);
    assert!(handle.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn on_the_way_back_it_forbids_turns() {
    let vendor = Vendor::new().on("charge", [NO]).on("release", [BUSY]);
    let (answer, _, end) = cancelled(&vendor, 50).await;
    assert_eq!(answer, Cancel::Accepted);
    let error = end.unwrap_err();
    assert_eq!(
        error.into_step_error(),
        Some(Trouble::No),
        "why it went back"
    );
    assert_eq!(
        vendor.times("release"),
        [0, 100],
        "the wait of a compensation is not cut short"
    );
    assert_eq!(
        vendor.times("hold"),
        [0],
        "without the cancel it would have turned"
    );
}

#[tokio::test(start_paused = true)]
async fn the_wait_of_a_savepoint_ends_at_once() {
    let vendor = Vendor::new().on("a", [NO]);
    let since = Instant::now();
    let handle = Turning {}.with(vendor.clone()).start();
    sleep(millis(30)).await;
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    let error = handle.await.unwrap_err();
    assert_eq!(vendor.line(), "below, a, undo below");
    assert_eq!(since.elapsed(), millis(30));
    assert_eq!(error.into_step_error(), Some(Trouble::No));
}

saga! {
    saga Turning() with (vendor: Vendor) -> Result<(), Trouble> {
        step below(vendor) { vendor.undo("below", "").await }
            compensate(vendor) { vendor.undo("undo below", "").await }
        #[savepoint(1, 1h..1h, jitter = false)]
        read a(vendor, below) { let () = below; vendor.undo("a", "").await }
        {
            let () = a;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_cancel_hears_the_same() {
    let handle = Trip {}.with(Vendor::new().on("book", [BUSY])).start();
    sleep(millis(5)).await;
    let (first, second) = tokio::join!(handle.cancel(), handle.cancel());
    assert_eq!(
        [first, second, handle.cancel().await],
        [Cancel::Accepted; 3]
    );
    handle.await.unwrap_err();
}

saga! {
    #[classify(Trouble::verdict)]
    saga Slow() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[late(100ms)]
        step a(vendor, key) -> u32 { vendor.order("a", key).await }
            resolve(vendor, key) { vendor.find("find", key).await }
            compensate(vendor, key) { vendor.cancel("undo a", key).await }
        step b(vendor, key) -> u32 { vendor.order("b", key).await }
            #[by_key]
            compensate(vendor, key) { vendor.cancel("undo b", key).await }
        a + b
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_late_arrival_is_not_cut_short() {
    let vendor = Vendor::new().on("a", [crate::common::UNHEARD]);
    let handle = Slow {}.with(vendor.clone()).start();
    sleep(millis(30)).await;
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    let error = handle.await.unwrap_err();
    assert_eq!(vendor.times("find"), [100]);
    assert_eq!(vendor.line(), "a, find, undo a", "`b` is not started");
    assert!(matches!(error.cause(), Cause::Cancelled));
}

saga! {
    #[classify(Trouble::verdict)]
    saga Side() with (vendor: Vendor) -> Result<u32, Trouble> {
        concurrent {
            step a(vendor, key) -> u32 { vendor.order("a", key).await }
                #[by_key]
                compensate(vendor, key) { vendor.cancel("undo a", key).await }
            #[idempotent] #[retry(5, 10s..10s, jitter = false)]
            step b(vendor, key) -> u32 { vendor.order("b", key).await }
                compensate none;
            #[idempotent]
            step c(vendor, key, a) -> u32 { let _ = a; vendor.order("c", key).await }
                compensate(vendor, key) { vendor.cancel("undo c", key).await }
        }
        a + b + c
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_block_it_ends_backoffs_and_awaits_what_runs() {
    let vendor = Vendor::new().on("a", [YES.after(100)]).on("b", [BUSY]);
    let since = Instant::now();
    let handle = Side {}.with(vendor.clone()).start();
    sleep(millis(30)).await;
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    assert_eq!(since.elapsed().as_millis(), 30, "a block hears it at once");
    let error = handle.await.unwrap_err();
    assert_eq!(since.elapsed().as_millis(), 100);
    assert_eq!(
        vendor.line(),
        "a, b, a answers, undo a",
        "`c` is not started"
    );
    assert!(matches!(error.cause(), Cause::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn before_its_start_no_sibling_runs() {
    let vendor = Vendor::new();
    let handle = Side {}.with(vendor.clone()).start();
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    assert!(handle.await.unwrap_err().is_clean());
    assert_eq!(vendor.line(), "");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_by_declaration_is_left_by_a_cancel_too() {
    let vendor = Vendor::new().on("a", [YES.after(100)]);
    let handle = Side {}.with(vendor.clone()).start();
    sleep(millis(30)).await;
    handle.cancel().await;
    let error = handle.await.unwrap_err();
    let left = vec![LeftStep {
        step: "b".into(),
        how: Left::Certain,
    }];
    assert_eq!(error.completeness(), Completeness::Compensated { left });
    assert_eq!(
        error.to_string(),
        "the saga was cancelled; everything was undone but `b`"
    );
}

/// How a trip with a deadline ends, and when.
async fn limited(vendor: &Vendor, limit: u64) -> (Outcome<TripRun>, u128) {
    let since = Instant::now();
    let outcome = Trip {}
        .with(vendor.clone())
        .deadline(millis(limit))
        .outcome()
        .await;
    (outcome, since.elapsed().as_millis())
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_backoff_but_awaits_a_step() {
    for (book, limit, ended) in [(BUSY, 30, 30), (YES.after(100), 30, 100), (YES, 0, 0)] {
        let vendor = Vendor::new().on("book", [book]);
        let (outcome, at) = limited(&vendor, limit).await;
        let Outcome::Compensated(error) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(matches!(error.cause(), Cause::DeadlineExceeded));
        assert!(error.is_clean() && vendor.holds().is_empty());
        assert_eq!(at, ended);
        assert!(
            error
                .to_string()
                .starts_with("the saga exceeded its deadline; ")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_backoffs_of_a_block_but_awaits_what_runs() {
    let vendor = Vendor::new().on("a", [YES.after(100)]).on("b", [BUSY]);
    let since = Instant::now();
    let error = Side {}
        .with(vendor.clone())
        .deadline(millis(30))
        .await
        .unwrap_err();
    assert_eq!(since.elapsed(), millis(100));
    assert_eq!(vendor.line(), "a, b, a answers, undo a");
    assert!(matches!(error.cause(), Cause::DeadlineExceeded));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_pivot_or_after_it_changes_nothing() {
    for name in ["charge", "mail"] {
        let vendor = Vendor::new().on(name, [YES.after(100)]);
        let (outcome, at) = limited(&vendor, 30).await;
        assert!(
            matches!(outcome, Outcome::Completed(7)),
            "{name}: {outcome:?}"
        );
        assert_eq!(at, 100);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_counts_from_the_start_and_not_from_the_declaration() {
    let vendor = Vendor::new().on("book", [YES.after(20)]);
    let run = Trip {}.with(vendor.clone()).deadline(millis(30));
    sleep(millis(100)).await;
    assert!(run.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_no_clock_can_say_never_passes() {
    let run = Trip {}.with(Vendor::new()).deadline(Duration::MAX);
    assert!(run.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_holds_for_a_resumed_saga_too() {
    let vendor = Vendor::new().on("charge", [HANG]).always("find", BUSY);
    let (outcome, _) = limited(&vendor, 3_600_000).await;
    let Outcome::Parked(parked) = outcome else {
        panic!("{outcome:?}")
    };
    sleep(Duration::from_secs(3600)).await;
    let vendor = vendor.always("find", YES);
    let error = parked.resume().await.unwrap_err();
    assert!(matches!(error.cause(), Cause::DeadlineExceeded), "{error}");
    assert!(error.is_clean() && vendor.holds().is_empty());
}
