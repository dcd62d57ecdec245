//! The pivot: before it the way is back, after it only forward.

use crate::common::{BUSY, HANG, MUTE, NO, Trouble, UNHEARD, UNSENT, Vendor, panics};
use typed_saga::{
    Cause, Outcome, Verdict,
    definition::{Definition, parts::Limit},
    runtime::End,
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    saga Pays() with (vendor: Vendor) -> Result<u32, Trouble> {
        step hold(vendor, key) -> u32 { vendor.order("hold", key).await }
            #[by_key]
            compensate(vendor, key) { vendor.cancel("release", key).await }
        #[timeout(50ms)]
        pivot charge(vendor, key, hold) -> u32 { let _ = hold; vendor.order("charge", key).await }
            #[retry(2, 10ms..10ms, jitter = false)]
            resolve(vendor, key) { vendor.find("find", key).await }
        #[idempotent]
        step mail(vendor, key, charge) -> u32 { let _ = charge; vendor.order("mail", key).await }
        #[idempotent] #[retry(2, 10ms..10ms, jitter = false)]
        step log(vendor, key) { vendor.order("log", key).await.map(|_| ()) }

        {
            let () = log;
            charge + mail
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pivot_that_fails_turns_the_saga_back() {
    for fails in [NO, BUSY] {
        let vendor = Vendor::new().on("charge", [fails]);
        let error = Pays {}.with(vendor.clone()).await.unwrap_err();
        assert_eq!(vendor.line(), "hold, charge, release");
        assert!(error.is_clean());
    }
}

#[tokio::test(start_paused = true)]
async fn the_pivots_doubt_is_settled() {
    for unknown in [UNSENT, HANG, panics("oh")] {
        let vendor = Vendor::new().on("charge", [unknown.done()]);
        Pays {}.with(vendor.clone()).await.unwrap();
        assert_eq!(vendor.line(), "hold, charge, find, mail, log");

        let vendor = Vendor::new().on("charge", [unknown]);
        assert!(Pays {}.with(vendor.clone()).await.unwrap_err().is_clean());
        assert_eq!(vendor.line(), "hold, charge, find, release");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pivot_that_stays_in_doubt_parks_and_nothing_is_undone() {
    for (happened, line) in [
        (true, "find, mail, log"),
        (false, "find, charge, mail, log"),
    ] {
        let charge = if happened { MUTE } else { HANG };
        let vendor = Vendor::new()
            .on("charge", [charge])
            .on("find", [BUSY, BUSY]);
        let Outcome::Parked(parked) = Pays {}.with(vendor.clone()).outcome().await else {
            panic!("nobody knows")
        };
        assert_eq!(vendor.line(), "hold, charge, find, find");
        assert_eq!(parked.unsettled().in_doubt, ["charge"]);
        assert_eq!(parked.unsettled().still_applied, ["hold"]);
        assert_eq!(parked.unsettled().unfinished, ["mail", "log"]);
        assert!(matches!(parked.failure().cause(), Cause::TimedOut));
        let resumed = parked.resume().outcome().await;
        assert_eq!(
            vendor.line(),
            line,
            "what has not happened has all its attempts again"
        );
        assert_eq!(resumed.end(), End::Completed);
        assert_eq!(vendor.holds(), ["hold", "charge", "mail", "log"]);
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[retry(2, 10ms..10ms, jitter = false)]
    saga PaysTwice() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent]
        step hold(vendor, key) -> u32 { vendor.order("hold", key).await }
            #[by_key]
            compensate(vendor, key) { vendor.cancel("release", key).await }
        #[idempotent]
        pivot charge(vendor, key) -> u32 { vendor.order("charge", key).await }
        #[idempotent]
        step mail(vendor, key) -> u32 { vendor.order("mail", key).await }
        #[idempotent]
        for copy: u32 in (vendor => { let _ = vendor; [1] })
        step log(vendor, key, copy) -> u32 { vendor.order("log", key).await.map(|_| *copy) }

        hold + charge + mail + log[0]
    }

    #[classify(Trouble::verdict)]
    #[retry(20)]
    #[timeout(1s)]
    durable saga PaysOnAnEngine() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent]
        pivot charge(vendor, key) -> u32 { vendor.order("charge", key).await }
        #[idempotent]
        step mail(vendor, key) -> u32 { vendor.order("mail", key).await }
        #[idempotent] #[retry(20)]
        step log(vendor, key) -> u32 { vendor.order("log", key).await }

        charge + mail + log
    }
}

#[tokio::test(start_paused = true)]
async fn the_retry_of_a_saga_takes_no_attempts_away_behind_the_pivot() {
    for before in ["hold", "charge"] {
        let vendor = Vendor::new().on(before, [BUSY, BUSY]);
        PaysTwice {}.with(vendor).await.unwrap_err();
    }
    for behind in ["mail", "log"] {
        let vendor = Vendor::new().on(behind, [BUSY; 4]);
        PaysTwice {}.with(vendor.clone()).await.unwrap();
        let times = vendor.line().matches(behind).count();
        assert_eq!(times, 5, "as without it: {}", vendor.line());
    }
    let definition: &'static Definition = &PaysOnAnEngine::DEFINITION;
    let limits = definition
        .steps
        .iter()
        .map(|step| Some(step.retry.as_ref()?.limit));
    let twenty = Some(Limit::Times(20));
    assert_eq!(
        limits.collect::<Vec<_>>(),
        [twenty, None, twenty],
        "`None`: for ever"
    );
}

#[tokio::test(start_paused = true)]
async fn why_it_parked_is_the_failure_of_a_resumed_saga_that_goes_back() {
    let vendor = Vendor::new()
        .on("charge", [panics("oh")])
        .on("find", [BUSY, BUSY]);
    let Outcome::Parked(parked) = Pays {}.with(vendor.clone()).outcome().await else {
        panic!("nobody knows")
    };
    let error = parked.resume().await.unwrap_err();
    assert_eq!(vendor.line(), "hold, charge, find, find, find, release");
    assert_eq!(
        error.to_string(),
        "step `charge` panicked: oh; everything before it was undone"
    );
    assert!(error.also().is_empty(), "`resolve` gave its answer");
}

#[tokio::test(start_paused = true)]
async fn a_new_failure_of_a_resumed_saga_takes_the_place_of_the_old_ones() {
    let vendor = Vendor::new().on("log", [BUSY, BUSY, NO]);
    let Outcome::Parked(parked) = Pays {}.with(vendor.clone()).outcome().await else {
        panic!("it is used up")
    };
    let Outcome::Parked(again) = parked.resume().outcome().await else {
        panic!("it is refused")
    };
    assert_eq!(again.failure().error(), Some(&Trouble::No));
    assert!(again.also().is_empty());

    let vendor = Vendor::new().on("charge", [HANG]).always("find", BUSY);
    let Outcome::Parked(parked) = Pays {}.with(vendor.clone()).outcome().await else {
        panic!("nobody knows")
    };
    let Outcome::Parked(again) = parked.resume().outcome().await else {
        panic!("still nobody knows")
    };
    assert_eq!(again.failure().to_string(), "step `charge` timed out");
    assert_eq!(again.also().len(), 1, "the last error of `resolve`");
}

#[tokio::test(start_paused = true)]
async fn after_the_pivot_a_step_is_tried_five_times_without_being_told() {
    let vendor = Vendor::new().on("mail", [BUSY; 4]);
    Pays {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("mail").len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_used_up_after_the_pivot_parks_and_nothing_is_undone() {
    let vendor = Vendor::new().on("log", [BUSY, BUSY]);
    let outcome = Pays {}.with(vendor.clone()).outcome().await;
    assert_eq!(outcome.end(), End::Parked);
    let Outcome::Parked(parked) = outcome else {
        panic!("it is used up")
    };
    assert_eq!(vendor.line(), "hold, charge, mail, log, log");
    assert_eq!(parked.unsettled().still_applied, ["hold", "charge", "mail"]);
    assert_eq!(parked.unsettled().unfinished, ["log"]);
    assert_eq!(
        parked.to_string(),
        "step `log` failed: busy; parked, still applied: `hold` `charge` `mail`, unfinished: `log`"
    );
    let snapshot = parked.snapshot();
    assert_eq!((snapshot.charge, snapshot.log), (Some(2), None));
    assert_eq!(parked.resume().await.unwrap(), 2 + 3);
    assert_eq!(vendor.line(), "log");
}

#[tokio::test(start_paused = true)]
async fn a_parked_saga_that_is_resumed_has_all_its_attempts_again() {
    let vendor = Vendor::new().on("log", [BUSY, BUSY, BUSY]);
    let Outcome::Parked(parked) = Pays {}.with(vendor.clone()).outcome().await else {
        panic!("it is used up")
    };
    assert!(parked.resume().await.is_ok());
    assert_eq!(vendor.times("log").len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_saga_has_the_same_keys() {
    let vendor = Vendor::new().on("log", [BUSY.done(), BUSY.done()]);
    let Outcome::Parked(parked) = Pays {}.with(vendor.clone()).outcome().await else {
        panic!("it is used up")
    };
    assert!(parked.resume().await.is_ok());
    assert_eq!(
        vendor.holds(),
        ["hold", "charge", "mail", "log"],
        "`log` once"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_the_pivot_parks_at_once() {
    let vendor = Vendor::new().on("mail", [NO]);
    let Outcome::Parked(parked) = Pays {}.with(vendor.clone()).outcome().await else {
        panic!("no way on")
    };
    assert_eq!(vendor.line(), "hold, charge, mail");
    assert!(parked.unsettled().in_doubt.is_empty());
    assert_eq!(parked.unsettled().unfinished, ["mail", "log"]);
}

saga! {
    saga Careless() with (vendor: Vendor) -> Result<(), Trouble> {
        #[idempotent]
        pivot go(vendor, _key) { vendor.undo("go", "").await }
        read seen(vendor, go) { let () = go; vendor.undo("seen", "").await }
        {
            let () = seen;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_pivot_a_panic_is_tried_three_times_in_all() {
    let vendor = Vendor::new().on("seen", [panics("1"), panics("2")]);
    Careless {}.with(vendor.clone()).await.unwrap();
    let vendor = Vendor::new().on("seen", [panics("1"), panics("2"), panics("3")]);
    let Outcome::Parked(parked) = Careless {}.with(vendor.clone()).outcome().await else {
        panic!("used up")
    };
    assert_eq!(vendor.line(), "go, seen, seen, seen");
    assert_eq!(parked.failure().to_string(), "step `seen` panicked: 3");
}

#[tokio::test(start_paused = true)]
async fn a_read_after_the_pivot_is_tried_like_a_step() {
    let vendor = Vendor::new().on("seen", [BUSY; 5]);
    let Outcome::Parked(parked) = Careless {}.with(vendor.clone()).outcome().await else {
        panic!("used up")
    };
    assert_eq!(vendor.times("seen").len(), 5);
    assert_eq!(parked.unsettled().still_applied, ["go"]);
    assert_eq!(parked.unsettled().unfinished, ["seen"]);
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_pivot_is_repeated_until_its_outcome_is_known() {
    let vendor = Vendor::new().on("go", [panics("1"), panics("2")]);
    Careless {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.line(), "go, go, go, seen");
    let vendor = Vendor::new().on("go", [UNHEARD]);
    let error = Careless {}.with(vendor).await.unwrap_err();
    assert!(
        error.is_clean(),
        "without `classify` every `Err` is transient"
    );
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
    saga Aborted() with (vendor: Vendor) -> Result<(), Trouble> {
        #[idempotent]
        pivot go(vendor, _key) { vendor.undo("go", "").await }
        read seen(vendor, go) { let () = go; vendor.undo("seen", "").await }
        {
            let () = seen;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_after_the_pivot_parks_at_once() {
    let vendor = Vendor::new().on("seen", [UNSENT]);
    let Outcome::Parked(parked) = Aborted {}.with(vendor.clone()).outcome().await else {
        panic!("no way on")
    };
    assert_eq!(vendor.line(), "go, seen");
    assert!(parked.resume().await.is_ok());
}
