//! Retries: how often, how far apart, and what is not tried again.

use crate::common::{BUSY, HALF, HANG, NO, Trouble, UNHEARD, UNSENT, Vendor, panics};
use typed_saga::{Cause, Recording, Verdict, saga};

/// Milliseconds between neighbours.
fn gaps(times: &[u128]) -> Vec<u128> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

saga! {
    #[classify(Trouble::verdict)]
    #[retry(2, 1ms..1ms, jitter = false)]
    saga Retries() with (vendor: Vendor) -> Result<(), Trouble> {
        read default(vendor) { vendor.undo("default", "").await }
        #[retry(6, 10ms..50ms, jitter = false)]
        read exact(vendor) { vendor.undo("exact", "").await }
        #[retry(4, 100ms..1s)]
        read drawn(vendor) { vendor.undo("drawn", "").await }
        #[retry(8)]
        read usual(vendor) { vendor.undo("usual", "").await }
        #[retry(forever, 1us..1us)]
        read patient(vendor) { vendor.undo("patient", "").await }
        {
            let _ = (default, exact, drawn, usual, patient);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_limit_counts_all_attempts_and_the_last_error_is_reported() {
    let vendor = Vendor::new().on("exact", [BUSY, BUSY, BUSY, BUSY, BUSY]);
    Retries {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("exact").len(), 6);

    let vendor = Vendor::new().on("exact", [BUSY, BUSY, BUSY, BUSY, BUSY, NO]);
    let error = Retries {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.times("exact").len(), 6);
    assert!(error.also().is_empty());
    assert_eq!(error.into_step_error(), Some(Trouble::No));
}

#[tokio::test(start_paused = true)]
async fn without_jitter_the_waits_double_up_to_the_cap() {
    let vendor = Vendor::new().always("exact", BUSY);
    Retries {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(gaps(&vendor.times("exact")), [10, 20, 40, 50, 50]);
}

#[tokio::test(start_paused = true)]
async fn a_step_without_a_retry_has_the_sagas() {
    let vendor = Vendor::new().always("default", BUSY);
    Retries {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.times("default"), [0, 1]);
}

saga! {
    saga Paid() with (vendor: Vendor) -> Result<(), Trouble> {
        #[idempotent]
        pivot paid(_key) { Ok(()) }
        #[idempotent]
        step mailed(vendor, _key) { vendor.undo("mailed", "").await }
        {
            let _ = (paid, mailed);
        }
    }
}

/// Runs often enough that a wait which always or never came near its bound would be seen.
async fn drawn(name: &'static str, bounds: &[u128], run: impl AsyncFn(Vendor)) {
    let mut sums = vec![0; bounds.len()];
    for _ in 0..200 {
        let vendor = Vendor::new().always(name, BUSY);
        run(vendor.clone()).await;
        let gaps = gaps(&vendor.times(name));
        assert_eq!(gaps.len(), bounds.len());
        for ((gap, bound), sum) in gaps.iter().zip(bounds).zip(&mut sums) {
            // The clock has a resolution of a millisecond, and a wait ends after it is over.
            assert!(*gap <= bound + 1, "{gap} of {bound}");
            *sum += gap;
        }
    }
    for (sum, bound) in sums.into_iter().zip(bounds) {
        let mean = sum / 200;
        let expected = bound * 3 / 10..=bound * 7 / 10;
        assert!(expected.contains(&mean), "{mean} of {bound}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_jitter_the_waits_are_spread_evenly_below_their_bounds() {
    drawn("drawn", &[100, 200, 400], async |vendor| {
        Retries {}.with(vendor).await.unwrap_err();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn waits_that_nobody_declared_are_between_50_milliseconds_and_2_seconds() {
    let bounds = [50, 100, 200, 400, 800, 1600, 2000];
    drawn("usual", &bounds, async |vendor| {
        Retries {}.with(vendor).await.unwrap_err();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn after_the_pivot_they_begin_with_200_milliseconds() {
    drawn("mailed", &[200, 400, 800, 1600], async |vendor| {
        Paid {}.with(vendor).await.unwrap_err();
    })
    .await;
}

/// After `Half` the saga is aborted, and after every other error there is no other attempt.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn judge(trouble: &Trouble) -> Verdict {
    match trouble {
        Trouble::Busy => Verdict::Transient.once(),
        Trouble::Lost => Verdict::Unknown.once(),
        Trouble::Half => Verdict::Unknown.abort(),
        Trouble::No => Verdict::Refused,
    }
}

saga! {
    #[classify(judge)]
    saga Judged() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[timeout(100ms)] #[retry(3, 10ms..10ms, jitter = false)]
        read picky(vendor) { vendor.undo("picky", "").await }
        #[retry(5, 10ms..10ms)]
        step held(vendor, key) -> u32 { vendor.order("held", key).await }
            resolve(vendor, key) { vendor.find("find", key).await }
            compensate(vendor, key) { vendor.cancel("cancel", key).await }
            fallback() { Ok(7) }
        {
            let () = picky;
            held
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_tried_once_is_final() {
    let vendor = Vendor::new().always("picky", BUSY);
    let error = Judged {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.times("picky").len(), 1);
    assert_eq!(error.failure().verdict(), Some(Verdict::Transient));
    assert_eq!(error.into_step_error(), Some(Trouble::Busy));
}

#[tokio::test(start_paused = true)]
async fn a_doubt_is_settled_before_an_error_is_final() {
    let vendor = Vendor::new().on("held", [UNHEARD]);
    assert_eq!(Judged {}.with(vendor.clone()).await.unwrap(), 2);
    assert_eq!(vendor.line(), "picky, held, find");

    let vendor = Vendor::new().on("held", [UNSENT]);
    assert_eq!(Judged {}.with(vendor.clone()).await.unwrap(), 7);
    assert_eq!(vendor.line(), "picky, held, find", "no other attempt");
}

#[tokio::test(start_paused = true)]
async fn a_doubt_is_settled_before_the_saga_is_aborted() {
    let vendor = Vendor::new().on("held", [HALF]);
    assert_eq!(Judged {}.with(vendor.clone()).await.unwrap(), 2);
    assert_eq!(vendor.line(), "picky, held, find");
}

/// A lost answer aborts the saga, once it is settled.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn lost_aborts(trouble: &Trouble) -> Verdict {
    match trouble {
        Trouble::Lost => Verdict::Unknown.abort(),
        other => other.verdict(),
    }
}

saga! {
    #[classify(lost_aborts)]
    saga Repeated() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[retry(3, 1ms..1ms)] #[idempotent]
        step held(vendor, key) -> u32 { vendor.order("held", key).await }
            compensate(vendor, held) { vendor.undo("release", held).await }
            fallback() { Ok(7) }

        held
    }
}

/// Whatever the attempts that settle the doubt return.
#[tokio::test(start_paused = true)]
async fn an_abort_in_doubt_counts_once_a_repetition_is_refused() {
    for repeated in [vec![NO], vec![BUSY, NO]] {
        let answers = [vec![UNSENT], repeated].concat();
        let vendor = Vendor::new().on("held", answers);
        let held = Repeated {}.with(vendor.clone()).await;
        assert!(held.is_err(), "no fallback: {}", vendor.line());
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_tried_again_whatever_the_verdict_says() {
    let vendor = Vendor::new().always("picky", HANG);
    let error = Judged {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(gaps(&vendor.times("picky")), [110, 110]);
    assert!(matches!(error.cause(), Cause::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_and_a_panic_are_final() {
    for last in [NO, panics("oh")] {
        let vendor = Vendor::new().on("exact", [last]);
        Retries {}.with(vendor.clone()).await.unwrap_err();
        assert_eq!(vendor.times("exact").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_is_final_however_many_attempts_are_left() {
    let vendor = Vendor::new().on("picky", [HANG, HALF]);
    let error = Judged {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.times("picky").len(), 2);
    assert_eq!(error.into_step_error(), Some(Trouble::Half));
}

saga! {
    #[classify(judge)]
    saga Own() with (vendor: Vendor) -> Result<(), Trouble> {
        #[retry(3, 1ms..1ms)]
        read usual(vendor) { vendor.undo("usual", "").await }
        #[classify(Trouble::verdict)]
        #[retry(3, 1ms..1ms)]
        read own(vendor) { vendor.undo("own", "").await }
        #[classify(Trouble::verdict)]
        #[retry(3, 1ms..1ms)]
        for n: u32 in (=> [0, 1])
        read each(vendor, n) { let _ = n; vendor.undo("each", "").await }
        {
            let _ = (usual, own, each);
        }
    }

    saga OneAlone() with (vendor: Vendor) -> Result<(), Trouble> {
        #[retry(3, 1ms..1ms)]
        read usual(vendor) { vendor.undo("usual", "").await }
        #[classify(judge)]
        #[retry(3, 1ms..1ms)]
        read own(vendor) { vendor.undo("own", "").await }
        {
            let _ = (usual, own);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_steps_own_verdict_is_instead_of_the_sagas() {
    for (call, times) in [("own", 2), ("each", 3), ("usual", 1)] {
        let vendor = Vendor::new().on(call, [BUSY]);
        let outcome = Own {}.with(vendor.clone()).await;
        assert_eq!(outcome.is_ok(), call != "usual", "{call}");
        assert_eq!(vendor.times(call).len(), times, "{call}");
    }
    for (call, times) in [("usual", 2), ("own", 1)] {
        let vendor = Vendor::new().on(call, [BUSY]);
        let outcome = OneAlone {}.with(vendor.clone()).await;
        assert_eq!(outcome.is_ok(), call == "usual", "{call}");
        assert_eq!(vendor.times(call).len(), times, "{call}");
    }
}

#[tokio::test(start_paused = true)]
async fn forever_has_no_limit() {
    let vendor = Vendor::new().on("patient", vec![BUSY; 10_000]);
    Retries {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("patient").len(), 10_001);
}

saga! {
    saga Drawn() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[retry(6, 10ms..1s)]
        read a(vendor) -> u32 { vendor.call("a").await }
        a
    }
}

#[tokio::test(start_paused = true)]
async fn waits_are_drawn_from_the_seed_if_there_is_one() {
    let mut waits = Vec::new();
    for seed in [1, 1, 2] {
        let recording = Recording::default();
        let busy = Vendor::new().on("a", [BUSY; 5]);
        Drawn {}
            .with(busy)
            .seed(seed)
            .observe(recording.clone())
            .await
            .unwrap();
        waits.push(recording.lines());
    }
    assert_eq!(waits[0], waits[1]);
    assert_ne!(waits[0], waits[2]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_whose_expression_panics_is_none_at_all() {
    fn wait() -> std::time::Duration {
        panic!("no idea")
    }
    saga! {
        saga Clueless() with (vendor: Vendor) -> Result<u32, Trouble> {
            #[retry(2, wait()..wait())]
            read a(vendor) -> u32 { vendor.call("a").await }
            a
        }
    }
    let vendor = Vendor::new().on("a", [BUSY]);
    Clueless {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.line(), "a, a");
}
