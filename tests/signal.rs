//! Signals: what somebody outside says while the saga runs, as semantics 7 has it.

use crate::common::{NO, Trouble, Vendor, YES};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use typed_saga::{
    Cause, Started,
    runtime::{Cancel, Signalled},
    saga,
};

const MS: fn(u64) -> Duration = Duration::from_millis;
const AGAIN: Signalled = Signalled::Duplicate { same: None };

saga! {
    #[classify(Trouble::verdict)]
    saga Expense(patience: Duration, asks: bool)
    with (vendor: Vendor)
    -> Result<(u32, Option<String>), Trouble>
    {
        #[idempotent]
        step hold(vendor, key) -> u32 { vendor.order("hold", key).await }
            compensate(vendor, key) { vendor.cancel("undo hold", key).await }
        #[when(asks => *asks)]
        #[timeout(patience => *patience)]
        signal approved -> String;
        #[idempotent]
        step pay(vendor, key, approved) -> u32 { let _ = approved; vendor.order("pay", key).await }
            compensate(vendor, key) { vendor.cancel("undo pay", key).await }
        (hold + pay, approved)
    }
}

fn expense() -> Expense {
    Expense {
        patience: MS(100),
        asks: true,
    }
}

fn yes() -> ExpenseSignal {
    ExpenseSignal::Approved("Ada".to_owned())
}

#[tokio::test(start_paused = true)]
async fn it_is_the_effect_of_its_step() {
    let vendor = Vendor::new();
    let handle = expense().with(vendor.clone()).start();
    sleep(MS(40)).await;
    assert_eq!(handle.signal(yes()).await, Signalled::Accepted);
    let (_, by) = handle.await.unwrap();
    assert_eq!(by.as_deref(), Some("Ada"));
    assert_eq!(vendor.times("pay"), [40]);
}

#[tokio::test(start_paused = true)]
async fn one_that_comes_early_is_kept() {
    let vendor = Vendor::new().on("hold", [YES.after(30)]);
    let handle = expense().with(vendor.clone()).start();
    sleep(MS(10)).await;
    assert_eq!(handle.signal(yes()).await, Signalled::Accepted);
    assert_eq!(handle.signal(yes()).await, AGAIN, "the first one counts");
    handle.await.unwrap();
    assert_eq!(vendor.times("pay"), [30]);
}

#[tokio::test(start_paused = true)]
async fn a_sender_sends_while_somebody_waits_for_the_end() {
    let handle = expense().with(Vendor::new()).start();
    let sender = handle.sender();
    let webhook = tokio::spawn(async move {
        let first = sender.signal(yes()).await;
        sleep(MS(50)).await;
        [first, sender.clone().signal(yes()).await]
    });
    handle.await.unwrap();
    assert_eq!(webhook.await.unwrap(), [Signalled::Accepted, AGAIN]);
}

#[tokio::test(start_paused = true)]
async fn when_its_time_is_out_the_saga_goes_back() {
    let vendor = Vendor::new();
    let error = expense().with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("approved"));
    assert!(matches!(error.cause(), Cause::TimedOut) && error.is_clean());
    assert_eq!(vendor.times("undo hold"), [100]);
}

#[tokio::test(start_paused = true)]
async fn its_time_counts_from_when_the_saga_listens() {
    let vendor = Vendor::new().on("hold", [YES.after(30)]);
    expense().with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.times("undo hold"), [130]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_skipped_is_too_late() {
    let vendor = Vendor::new().on("pay", [YES.after(20)]);
    let asks_nobody = Expense {
        asks: false,
        ..expense()
    };
    let handle = asks_nobody.with(vendor.clone()).start();
    sleep(MS(10)).await;
    assert_eq!(handle.signal(yes()).await, Signalled::TooLate);
    assert_eq!(handle.await.unwrap().1, None);
}

#[tokio::test(start_paused = true)]
async fn one_that_counted_is_a_duplicate_for_ever() {
    let vendor = Vendor::new().on("pay", [YES.after(20)]);
    let handle = expense().with(vendor.clone()).start();
    assert_eq!(handle.signal(yes()).await, Signalled::Accepted);
    sleep(MS(10)).await;
    assert_eq!(handle.signal(yes()).await, AGAIN, "the saga is past it");
    sleep(MS(50)).await;
    assert!(handle.is_finished());
    assert_eq!(handle.signal(yes()).await, AGAIN, "the saga has ended");
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_goes_back_for_good_hears_none() {
    let vendor = Vendor::new().on("undo hold", [YES.after(50)]);
    let handle = expense().with(vendor.clone()).start();
    sleep(MS(120)).await;
    assert_eq!(handle.signal(yes()).await, Signalled::TooLate);
    sleep(MS(100)).await;
    assert!(handle.is_finished());
    assert_eq!(handle.signal(yes()).await, Signalled::TooLate);
    handle.await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_cancel_and_the_deadline_end_the_wait() {
    let vendor = Vendor::new();
    let handle = expense().with(vendor.clone()).start();
    sleep(MS(20)).await;
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    let error = handle.await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Cancelled));
    assert_eq!(vendor.times("undo hold"), [20]);

    let error = expense()
        .with(vendor.clone())
        .deadline(MS(30))
        .await
        .unwrap_err();
    assert!(matches!(error.cause(), Cause::DeadlineExceeded));
    assert_eq!(vendor.times("undo hold"), [20, 50]);
}

saga! {
    #[classify(Trouble::verdict)]
    saga Turns() with (vendor: Vendor) -> Result<(u32, u32), Trouble> {
        #[savepoint(1, 0s..0s)] #[idempotent]
        step first(vendor, key) -> u32 { vendor.order("first", key).await }
            compensate(vendor, key) { vendor.cancel("undo first", key).await }
        #[timeout(1h)]
        signal number -> u32;
        #[idempotent]
        step last(vendor, key) -> u32 { vendor.order("last", key).await }
            compensate none
        (number, first + last)
    }
}

type Turning = Started<TurnsRun>;

async fn turning(vendor: &Vendor) -> Turning {
    let handle = Turns {}.with(vendor.clone()).start();
    let sent = handle.signal(TurnsSignal::Number(1)).await;
    assert_eq!(sent, Signalled::Accepted);
    sleep(MS(10)).await;
    handle
}

#[tokio::test(start_paused = true)]
async fn a_turn_forgets_what_was_taken() {
    let vendor = Vendor::new().on("last", [NO, YES]);
    let handle = turning(&vendor).await;
    assert!(!handle.is_finished(), "it listens again");
    assert_eq!(
        handle.signal(TurnsSignal::Number(2)).await,
        Signalled::Accepted
    );
    assert_eq!(handle.await.unwrap().0, 2);
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_the_turn_is_kept_for_it() {
    let vendor = Vendor::new()
        .on("last", [NO, YES])
        .on("undo first", [YES.after(50)]);
    let handle = turning(&vendor).await;
    assert_eq!(
        handle.signal(TurnsSignal::Number(2)).await,
        Signalled::Accepted
    );
    assert_eq!(handle.signal(TurnsSignal::Number(3)).await, AGAIN);
    assert_eq!(handle.await.unwrap().0, 2);
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_cannot_turn_any_more_hears_none() {
    let vendor = Vendor::new()
        .on("last", [NO, NO])
        .on("undo first", [YES, YES.after(50)]);
    let handle = turning(&vendor).await;
    assert_eq!(
        handle.signal(TurnsSignal::Number(2)).await,
        Signalled::Accepted
    );
    sleep(MS(10)).await;
    assert_eq!(
        handle.signal(TurnsSignal::Number(3)).await,
        AGAIN,
        "it has taken the second"
    );
    handle.await.unwrap_err();
}

saga! {
    #[classify(Trouble::verdict)]
    saga Beside() with (vendor: Vendor) -> Result<u32, Trouble> {
        concurrent {
            #[timeout(50ms)]
            signal number -> u32;
            #[idempotent]
            step quick(vendor, key) -> u32 { vendor.order("quick", key).await }
                compensate(vendor, key) { vendor.cancel("undo quick", key).await }
            #[idempotent]
            step then(vendor, key, number) -> u32 {
                let _ = number;
                vendor.order("then", key).await
            }
                compensate(vendor, key) { vendor.cancel("undo then", key).await }
        }
        number + quick + then
    }
}

#[tokio::test(start_paused = true)]
async fn a_sibling_waits_for_its_signal() {
    let vendor = Vendor::new().on("quick", [YES.after(20)]);
    let handle = Beside {}.with(vendor.clone()).start();
    sleep(MS(10)).await;
    assert_eq!(
        handle.signal(BesideSignal::Number(5)).await,
        Signalled::Accepted
    );
    handle.await.unwrap();
    assert_eq!(vendor.times("then"), [10]);
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_of_a_block_ends_the_wait() {
    let vendor = Vendor::new().on("quick", [NO]);
    let start = Instant::now();
    let error = Beside {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("quick"));
    assert!(error.also().is_empty());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn its_time_out_turns_a_block_back() {
    let vendor = Vendor::new();
    let error = Beside {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("number"));
    assert_eq!(vendor.times("undo quick"), [50]);
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1ms)]
    #[retry(3)]
    saga Votes(limit: Duration) with (vendor: Vendor) -> Result<(String, ()), Trouble> {
        #[idempotent]
        pivot open(vendor, key) -> u32 { vendor.order("open", key).await }
        #[timeout(limit => *limit)]
        signal vote -> String
            fallback(vendor, failure) {
                assert!(matches!(failure.cause(), Cause::TimedOut));
                vendor.undo("count", "").await?;
                Ok("nobody".to_owned())
            }
        #[timeout(never)]
        signal closed -> ();
        {
            let _ = open;
            (vote, closed)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_fallback_takes_its_place() {
    let vendor = Vendor::new();
    let handle = Votes { limit: MS(40) }.with(vendor.clone()).start();
    sleep(MS(60)).await;
    assert_eq!(
        vendor.times("count"),
        [40],
        "the saga's own time-out is of calls"
    );
    let late = handle.signal(VotesSignal::Vote("Ada".to_owned())).await;
    assert_eq!(late, Signalled::TooLate);
    assert_eq!(
        handle.signal(VotesSignal::Closed(())).await,
        Signalled::Accepted
    );
    assert_eq!(handle.await.unwrap().0, "nobody");
}

#[tokio::test(start_paused = true)]
async fn it_may_wait_for_ever() {
    let vendor = Vendor::new();
    let handle = Votes { limit: MS(40) }.with(vendor.clone()).start();
    let vote = handle.signal(VotesSignal::Vote("Ada".to_owned())).await;
    assert_eq!(vote, Signalled::Accepted);
    sleep(Duration::from_secs(86_400 * 365 * 3)).await;
    assert!(!handle.is_finished());
    assert_eq!(
        handle.signal(VotesSignal::Closed(())).await,
        Signalled::Accepted
    );
    assert_eq!(handle.await.unwrap().0, "Ada");
}

#[tokio::test(start_paused = true)]
async fn a_walk_is_given_its_value() {
    let vendor = Vendor::new();
    let services = ExpenseServices { vendor };
    let state = expense().walk().hold(&services).await.unwrap();
    let state = state.approved(Some("Ada".to_owned()));
    assert_eq!(state.approved.as_deref(), Some("Ada"));
    let state = state.undo_approved(&services).await.unwrap();
    let state = state.approved(None);
    let (_, by) = state.pay(&services).await.unwrap().output();
    assert_eq!(by, None);
}

saga! {
    #[classify(Trouble::verdict)]
    saga Told(asks: bool) with (vendor: Vendor) -> Result<(), Trouble> {
        #[idempotent]
        step hold(vendor, key) -> u32 { vendor.order("hold", key).await }
            compensate(vendor, key) { vendor.cancel("undo hold", key).await }
        #[when(asks => *asks)]
        #[timeout(never)]
        signal paid -> u32;
        #[timeout(never)]
        signal sent -> u32;
        finally(vendor, outcome) { vendor.note(outcome); }

        {
            let _ = (hold, paid, sent);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_and_never_taken_is_told_at_the_end() {
    for (asks, turns_back, told) in [
        (true, false, "completed"),
        (false, false, "completed; not taken: `paid`"),
        (
            true,
            true,
            "the saga was cancelled; everything was undone; not taken: `sent`",
        ),
    ] {
        let vendor = Vendor::new().on("hold", [YES.after(10)]);
        let handle = Told { asks }.with(vendor.clone()).start();
        sleep(MS(5)).await;
        let sent = handle.signal(ToldSignal::Sent(2)).await;
        assert_eq!(sent, Signalled::Accepted);
        if turns_back {
            sleep(MS(10)).await;
            assert_eq!(handle.cancel().await, Cancel::Accepted);
        } else {
            let paid = handle.signal(ToldSignal::Paid(1)).await;
            assert_eq!(paid, Signalled::Accepted);
        }
        drop(handle.finished().await);
        let line = vendor.line();
        assert!(line.ends_with(told), "{line}");
    }
}
