//! Fallbacks: a value in place of the effect, and when it is not asked for.

use crate::common::{BUSY, HANG, NO, Trouble, UNSENT, Vendor, panics};
use typed_saga::{Cause, Verdict, runtime::CallKind, saga};

saga! {
    #[timeout(50ms)]
    saga Stale(wanted: bool) with (vendor: Vendor) -> Result<(u32, Option<u32>), Trouble> {
        #[retry(2, 10ms..10ms)]
        read rates(vendor) -> u32 { vendor.call("rates").await }
            fallback(vendor, failure) {
                vendor
                    .call_with("cached", format!("since {failure}"))
                    .await
                    .map(|n| n + 100)
            }
        #[when(wanted => *wanted)]
        #[idempotent]
        step extra(vendor, rates, _key) -> u32 { vendor.call_with("extra", rates).await }
            compensate(vendor, extra) { vendor.undo("undo extra", extra).await }
            fallback(rates) { Ok(rates + 1000) }
        read end(vendor, extra) { vendor.undo("end", format!("{extra:?}")).await }

        {
            let () = end;
            (rates, extra)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_takes_the_place_of_a_failure_of_any_kind() {
    for (answers, line) in [
        (
            vec![BUSY, NO],
            "rates, rates, cached since step `rates` failed: no",
        ),
        (
            vec![HANG, HANG],
            "rates, rates, cached since step `rates` timed out",
        ),
        (
            vec![panics("oh")],
            "rates, cached since step `rates` panicked: oh",
        ),
    ] {
        let calls = u32::try_from(answers.len()).unwrap() + 1;
        let vendor = Vendor::new().on("rates", answers);
        let output = Stale { wanted: false }.with(vendor.clone()).await.unwrap();
        assert_eq!(output, (100 + calls, None));
        assert_eq!(vendor.line(), format!("{line}, end None"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_gives_no_value_leaves_the_first_error() {
    for declines in [BUSY, panics("cached"), HANG] {
        let vendor = Vendor::new()
            .on("rates", [BUSY, NO])
            .on("cached", [declines]);
        let error = Stale { wanted: false }
            .with(vendor.clone())
            .await
            .unwrap_err();
        assert_eq!(
            (error.step(), error.failure().call()),
            (Some("rates"), CallKind::Action)
        );
        assert_eq!(error.failure().error(), Some(&Trouble::No));
        assert!(error.also().is_empty() && error.is_clean());
        assert_eq!(vendor.trace().len(), 3, "it is asked once");
    }
}

#[tokio::test(start_paused = true)]
async fn the_effect_of_a_fallback_is_some_behind_a_when() {
    let vendor = Vendor::new().on("extra", [NO]);
    let output = Stale { wanted: true }.with(vendor.clone()).await.unwrap();
    assert_eq!(output, (1, Some(1001)));
    assert_eq!(vendor.line(), "rates, extra 1, end Some(1001)");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fell_back_is_never_undone() {
    let vendor = Vendor::new().on("extra", [NO]).on("end", [NO]);
    let error = Stale { wanted: true }
        .with(vendor.clone())
        .await
        .unwrap_err();
    assert_eq!(vendor.line(), "rates, extra 1, end Some(1001)");
    assert!(error.is_clean());
}

/// A refusal aborts the saga.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn refusal_aborts(trouble: &Trouble) -> Verdict {
    match trouble {
        Trouble::No => Verdict::Refused.abort(),
        other => other.verdict(),
    }
}

saga! {
    #[classify(refusal_aborts)]
    saga Settled() with (vendor: Vendor) -> Result<u32, Trouble> {
        step a(vendor, key) -> u32 { vendor.order("a", key).await }
            #[retry(1)]
            resolve(vendor, key) { vendor.find("find", key).await }
            compensate(vendor, key) { vendor.cancel("cancel", key).await }
            fallback() { Ok(7) }
        a
    }
}

#[tokio::test(start_paused = true)]
async fn doubt_is_settled_before_the_fallback() {
    let vendor = Vendor::new().on("a", [UNSENT]);
    assert_eq!(Settled {}.with(vendor.clone()).await.unwrap(), 7);
    assert_eq!(vendor.line(), "a, find");

    let vendor = Vendor::new().on("a", [UNSENT.done()]);
    assert_eq!(
        Settled {}.with(vendor.clone()).await.unwrap(),
        1,
        "it happened: no fallback"
    );
    assert_eq!(vendor.line(), "a, find");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_stays_in_doubt_does_not_fall_back() {
    let vendor = Vendor::new().on("a", [UNSENT]).on("find", [BUSY]);
    let error = Settled {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "step `a` failed: lost; parked, in doubt: `a`"
    );
}

#[tokio::test(start_paused = true)]
async fn an_abort_does_not_fall_back() {
    let vendor = Vendor::new().on("a", [NO]);
    let error = Settled {}.with(vendor.clone()).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Failed(Trouble::No)));
    let vendor = Vendor::new().on("a", [BUSY]);
    assert_eq!(
        Settled {}.with(vendor).await.unwrap(),
        7,
        "only what the verdict aborts"
    );
}

saga! {
    saga AfterPivot() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent]
        pivot paid(vendor, _key) { vendor.undo("paid", "").await }
        #[retry(1)]
        read news(vendor, paid) -> u32 { let () = paid; vendor.call("news").await }
            fallback() { Ok(0) }
        news
    }
}

#[tokio::test]
async fn a_read_behind_the_pivot_may_fall_back() {
    let vendor = Vendor::new().on("news", [NO]);
    assert_eq!(AfterPivot {}.with(vendor).await.unwrap(), 0);
}
