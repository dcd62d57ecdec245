//! In doubt: what an error, a timeout and a panic leave unknown, and how it is settled.

use std::time::Duration;

use crate::common::{Answer, BUSY, HANG, NO, Trouble, UNHEARD, UNSENT, Vendor, panics};
use tokio::time::sleep;
use typed_saga::{
    Cause, Completeness, Outcome, Verdict,
    runtime::{Cancel, Left, LeftStep},
    saga,
};

/// What brings doubt, whether or not the operation happened.
const UNKNOWN: [Answer; 3] = [UNSENT, HANG, panics("oh")];

saga! {
    #[classify(Trouble::verdict)]
    saga Asked() with (vendor: Vendor) -> Result<u32, Trouble> {
        step below(vendor) { vendor.undo("below", "").await }
            resolve() { Ok(None) }
            compensate(vendor) { vendor.undo("undo below", "").await }
        step beside(vendor) { vendor.undo("beside", "").await }
            resolve() { Ok(None) }
            compensate(vendor) { vendor.undo("undo beside", "").await }
        #[timeout(50ms)]
        #[after(below)]
        step a(vendor, key) -> u32 { vendor.order("a", key).await }
            #[retry(2, 10ms..10ms, jitter = false)] #[timeout(20ms)]
            resolve(vendor, key) { vendor.find("find", key).await }
            compensate(vendor, key) { vendor.cancel("cancel", key).await }
        a
    }
}

#[tokio::test(start_paused = true)]
async fn resolve_finds_what_happened() {
    for unknown in UNKNOWN {
        let vendor = Vendor::new().on("a", [unknown.done()]);
        assert_eq!(
            Asked {}.with(vendor.clone()).await.unwrap(),
            3,
            "the number of the order"
        );
        assert_eq!(vendor.line(), "below, beside, a, find");
        assert_eq!(vendor.holds(), ["a"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_resolve_does_not_find_has_not_happened() {
    for unknown in UNKNOWN {
        let vendor = Vendor::new().on("a", [unknown]);
        let error = Asked {}.with(vendor.clone()).await.unwrap_err();
        assert!(error.is_clean());
        assert_eq!(error.step(), Some("a"));
        assert_eq!(
            vendor.line(),
            "below, beside, a, find, undo beside, undo below",
            "it is not compensated"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn refused_and_transient_leave_no_doubt() {
    for known in [NO, BUSY] {
        let vendor = Vendor::new().on("a", [known]);
        Asked {}.with(vendor.clone()).await.unwrap_err();
        assert_eq!(vendor.line(), "below, beside, a, undo beside, undo below");
    }
}

#[tokio::test(start_paused = true)]
async fn resolve_is_asked_again_whatever_went_wrong() {
    for fails in [NO, BUSY, HANG, panics("find")] {
        let vendor = Vendor::new().on("a", [UNHEARD]).on("find", [fails]);
        assert_eq!(Asked {}.with(vendor.clone()).await.unwrap(), 3);
        assert_eq!(vendor.line(), "below, beside, a, find, find");
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_settle_parks_and_keeps_what_it_stands_on() {
    let vendor = Vendor::new().on("a", [UNHEARD]).always("find", BUSY);
    let Outcome::Parked(parked) = Asked {}.with(vendor.clone()).outcome().await else {
        panic!("nobody knows")
    };
    assert_eq!(vendor.line(), "below, beside, a, find, find, undo beside");
    assert_eq!(parked.unsettled().in_doubt, ["a"]);
    assert_eq!(parked.unsettled().still_applied, ["below"]);
    assert_eq!(parked.failure().to_string(), "step `a` failed: lost");
    let also: Vec<_> = parked.also().iter().map(ToString::to_string).collect();
    assert_eq!(also, ["the `resolve` of step `a` failed: busy"]);
    assert_eq!(
        parked.to_string(),
        "step `a` failed: lost; parked, still applied: `below`, in doubt: `a`"
    );

    let vendor = vendor.on("find", [BUSY]);
    let error = parked.resume().await.unwrap_err();
    assert_eq!(
        vendor.line(),
        "find, find, cancel, undo below",
        "it happened, and the saga is on its way back"
    );
    assert!(error.is_clean() && vendor.holds().is_empty());
}

saga! {
    #[classify(Trouble::verdict)]
    saga Repeated() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[timeout(50ms)] #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
        step a(vendor, key) -> u32 { vendor.order("a", key).await }
            compensate(vendor, key) { vendor.cancel("cancel", key).await }
        a
    }
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_step_is_repeated_and_takes_effect_once() {
    for unknown in UNKNOWN {
        for (first, number) in [(unknown, 2), (unknown.done(), 1)] {
            let vendor = Vendor::new().on("a", [first]);
            assert_eq!(Repeated {}.with(vendor.clone()).await.unwrap(), number);
            assert_eq!(vendor.line(), "a, a");
            assert_eq!(vendor.holds(), ["a"]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn doubt_is_sticky_and_a_transient_error_does_not_clear_it() {
    let vendor = Vendor::new().on("a", [UNHEARD, BUSY, BUSY]);
    let Outcome::Parked(parked) = Repeated {}.with(vendor.clone()).outcome().await else {
        panic!("nobody knows")
    };
    assert_eq!(vendor.times("a"), [0, 10, 20]);
    assert_eq!(parked.unsettled().in_doubt, ["a"]);
    assert_eq!(
        parked.failure().error(),
        Some(&Trouble::Busy),
        "its last error"
    );
    vendor.line();
    assert!(parked.resume().await.unwrap_err().is_clean());
    assert_eq!(vendor.line(), "a, cancel");
    assert!(vendor.holds().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_a_repetition_settles_doubt() {
    let vendor = Vendor::new().on("a", [UNSENT, NO]);
    let error = Repeated {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.line(), "a, a");
    assert!(error.is_clean());
    assert_eq!(error.into_step_error(), Some(Trouble::No));
}

saga! {
    #[classify(Trouble::verdict)]
    saga Blind() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[timeout(50ms)]
        step a(vendor, key) -> u32 { vendor.order("a", key).await }
            #[by_key] #[retry(2, 10ms..10ms)]
            compensate(vendor, key) { vendor.cancel("cancel", key).await }
        a
    }
}

#[tokio::test(start_paused = true)]
async fn a_compensation_by_key_settles_doubt_whether_it_happened_or_not() {
    for unknown in UNKNOWN {
        for unknown in [unknown, unknown.done()] {
            let vendor = Vendor::new().on("a", [unknown]).on("cancel", [BUSY]);
            let error = Blind {}.with(vendor.clone()).await.unwrap_err();
            assert_eq!(vendor.line(), "a, cancel, cancel");
            assert!(error.is_clean() && vendor.holds().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_compensation_by_key_that_is_used_up_leaves_doubt() {
    let vendor = Vendor::new().on("a", [UNHEARD]).on("cancel", [BUSY, BUSY]);
    let Outcome::Parked(parked) = Blind {}.with(vendor.clone()).outcome().await else {
        panic!("nobody knows")
    };
    assert_eq!(parked.unsettled().in_doubt, ["a"]);
    vendor.line();
    assert!(parked.resume().await.unwrap_err().is_clean());
    assert_eq!(vendor.line(), "cancel");
}

saga! {
    #[classify(Trouble::verdict)]
    saga AllWays() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent] #[retry(2, 10ms..10ms)]
        step a(vendor, key) -> u32 { vendor.order("a", key).await }
            #[retry(1)]
            resolve(vendor, key) { vendor.find("find", key).await }
            #[by_key]
            compensate(vendor, key) { vendor.cancel("cancel", key).await }
        a
    }
}

#[tokio::test(start_paused = true)]
async fn forward_the_ways_are_resolve_then_repetition_then_compensation() {
    let vendor = Vendor::new().on("a", [UNSENT, UNSENT]).on("find", [BUSY]);
    let error = AllWays {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.line(), "a, find, a, cancel");
    assert!(error.is_clean());
}

saga! {
    #[classify(Trouble::verdict)]
    saga MayStay() with (vendor: Vendor) -> Result<u32, Trouble> {
        step a(vendor, key) -> u32 { vendor.order("a", key).await }
            resolve(vendor, key) { vendor.find("find", key).await }
            compensate none;
        a
    }
}

#[tokio::test(start_paused = true)]
async fn on_the_way_back_compensation_comes_first_and_what_may_stay_is_not_asked_for() {
    let vendor = Vendor::new().on("a", [UNHEARD.after(10)]);
    let handle = AllWays {}.with(vendor.clone()).start();
    sleep(Duration::from_millis(5)).await;
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    assert!(handle.await.unwrap_err().is_clean());
    assert_eq!(vendor.line(), "a, a answers, cancel");

    let vendor = Vendor::new().on("a", [UNHEARD.after(10)]);
    let handle = MayStay {}.with(vendor.clone()).start();
    sleep(Duration::from_millis(5)).await;
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    let error = handle.await.unwrap_err();
    assert_eq!(vendor.line(), "a, a answers");
    let left = vec![LeftStep {
        step: "a".into(),
        how: Left::Perhaps,
    }];
    assert_eq!(error.completeness(), Completeness::Compensated { left });
}

saga! {
    #[classify(Trouble::verdict)]
    saga Waits() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[timeout(50ms)] #[late(100ms)]
        step a(vendor, key) -> u32 { vendor.order("a", key).await }
            resolve(vendor, key) { vendor.find("find", key).await }
            compensate none;
        #[late(1s)] #[idempotent] #[retry(6, 400ms..400ms, jitter = false)]
        step b(vendor, key) -> u32 { vendor.order("b", key).await }
            compensate(vendor, key) { vendor.cancel("cancel", key).await }
        a + b
    }
}

fn only_a() -> Completeness {
    let left = vec![LeftStep {
        step: "a".into(),
        how: Left::Certain,
    }];
    Completeness::Compensated { left }
}

#[tokio::test(start_paused = true)]
async fn resolve_waits_until_nothing_can_arrive_any_more() {
    let vendor = Vendor::new().on("a", [HANG]);
    let error = Waits {}.with(vendor.clone()).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::TimedOut));
    assert_eq!(
        vendor.times("find"),
        [150],
        "`#[late]` counts from the end of the attempt"
    );
}

#[tokio::test(start_paused = true)]
async fn an_early_refusal_of_a_repetition_settles_nothing() {
    let vendor = Vendor::new().on("b", [UNSENT, NO, NO, NO, NO, NO]);
    let error = Waits {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(
        vendor.times("b"),
        [0, 400, 1000],
        "the next attempt begins when its refusal counts"
    );
    assert_eq!(error.completeness(), only_a());
}

#[tokio::test(start_paused = true)]
async fn an_early_refusal_does_not_settle_a_resumed_saga_either() {
    let vendor = Vendor::new().always("b", UNSENT);
    let Outcome::Parked(parked) = Waits {}.with(vendor.clone()).outcome().await else {
        panic!("nobody knows")
    };
    vendor.line();
    let vendor = vendor.always("b", NO);
    let error = parked.resume().await.unwrap_err();
    assert_eq!(
        vendor.line(),
        "b, b",
        "it is not known when the doubt began, so the wait begins anew"
    );
    assert_eq!(error.completeness(), only_a());
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn odd(trouble: &Trouble) -> Verdict {
    panic!("no verdict on {trouble}")
}

saga! {
    #[classify(odd)]
    saga OddVerdict() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[retry(3, 10ms..10ms)]
        step a(vendor, key) -> u32 { vendor.order("a", key).await }
            #[by_key]
            compensate(vendor, key) { vendor.cancel("cancel", key).await }
        a
    }
}

#[tokio::test(start_paused = true)]
async fn a_verdict_that_panics_is_unknown() {
    let vendor = Vendor::new().on("a", [BUSY]);
    OddVerdict {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.line(), "a, cancel, a");
}

saga! {
    #[classify(Trouble::verdict)]
    saga Beside() with (vendor: Vendor) -> Result<u32, Trouble> {
        concurrent {
            step a(vendor, key) -> u32 { vendor.order("a", key).await }
                #[retry(1)]
                resolve(vendor, key) { vendor.find("find a", key).await }
                compensate(vendor, key, a, failure) {
                    vendor.note(format_args!("{a} since {failure}"));
                    vendor.cancel("undo a", key).await
                }
            #[idempotent]
            step b(vendor, key) -> u32 { vendor.order("b", key).await }
                compensate(vendor, key) { vendor.cancel("undo b", key).await }
            #[idempotent]
            step c(vendor, key, b) -> u32 { let _ = b; vendor.order("c", key).await }
                compensate(vendor, key) { vendor.cancel("undo c", key).await }
        }
        a + b + c
    }
}

#[tokio::test(start_paused = true)]
async fn a_sibling_in_doubt_is_settled_and_undone_when_its_saga_is_resumed() {
    let vendor = Vendor::new().on("a", [UNHEARD]).on("find a", [BUSY]);
    let Outcome::Parked(parked) = Beside {}.with(vendor.clone()).outcome().await else {
        panic!("nobody knows")
    };
    // `a` could not be settled before `b` was asked.
    assert_eq!(vendor.line(), "a, find a");
    assert_eq!(parked.unsettled().in_doubt, ["a"]);
    let error = parked.resume().await.unwrap_err();
    assert_eq!(
        vendor.line(),
        "find a, 1 since step `a` failed: lost, undo a"
    );
    assert!(error.is_clean() && vendor.holds().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_sibling_that_turns_out_to_have_happened_is_undone() {
    let vendor = Vendor::new()
        .on("a", [UNHEARD.after(20)])
        .on("c", [NO.after(10)]);
    let error = Beside {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(
        vendor.line(),
        "a, b, c, c answers, a answers, find a, undo b, 1 since step `c` failed: no, undo a"
    );
    assert!(
        error.also().is_empty(),
        "a sibling that happened is no failure"
    );
}
