//! The way back: order, what a compensation reads, what is left, and what parks.

use crate::common::{BUSY, NO, Trouble, Vendor, YES, panics};
use std::sync::{Arc, Mutex};
use typed_saga::{
    Completeness, Context, Observer, Outcome,
    runtime::{CallKind, Left, LeftStep, RunEvent},
    saga,
};

saga! {
    saga Back() with (vendor: Vendor) -> Result<u32, Trouble> {
        step a(vendor) -> u32 { vendor.call("a").await }
            compensate(vendor, a, failure) {
                vendor
                    .undo("undo a", format!("{a} because {failure}"))
                    .await
            }
        read seen(vendor, a) -> u32 { vendor.call_with("seen", a).await }
        step b(vendor, key) -> u32 { vendor.order("b", key).await }
            compensate(vendor, key, b) {
                vendor.note(format_args!("b was {b}"));
                vendor.cancel("undo b", key).await
            }
        step left(vendor) { vendor.undo("left", "").await }
            compensate none;
        step best(vendor) -> u32 { vendor.call("best").await }
            compensate(vendor, best) { vendor.undo("undo best", best).await }
            fallback(a) { Ok(a + 100) }
        step last(vendor, best, seen) { vendor.undo("last", format!("{best} {seen}")).await }
            compensate(vendor) { vendor.undo("undo last", "").await }
        #[idempotent]
        pivot end(vendor, last, _key) { let () = last; vendor.undo("end", "").await }

        {
            let _ = (b, left, end);
            best
        }
    }
}

#[tokio::test]
async fn compensations_run_in_reverse_with_the_failure_effect_and_key_of_their_own() {
    let vendor = Vendor::new().on("end", [NO]);
    let error = Back {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(
        vendor.line(),
        "a, seen 1, b, left, best, last 5 2, end, undo last, undo best 5, b was 3, undo b, undo a 1 because step `end` failed: no"
    );
    assert!(vendor.holds().is_empty(), "the key was that of the order");
    assert_eq!(error.failure().call(), CallKind::Action);
    let left = vec![LeftStep {
        step: "left".into(),
        how: Left::Certain,
    }];
    assert_eq!(error.completeness(), Completeness::Compensated { left });
    assert!(!error.is_clean());
    assert_eq!(
        error.to_string(),
        "step `end` failed: no; everything was undone but `left`"
    );
}

#[tokio::test]
async fn what_fell_back_is_not_undone() {
    let vendor = Vendor::new().on("best", [NO]).on("last", [NO]);
    let error = Back {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("last"));
    let line = vendor.line();
    assert!(line.contains("best, last 101 2, b was 3"), "{line}");
}

#[tokio::test]
async fn a_panic_that_nobody_can_settle_is_listed_as_perhaps_standing() {
    let vendor = Vendor::new().on("b", [panics("oh")]);
    let error = Back {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(
        vendor.line(),
        "a, seen 1, b, undo a 1 because step `b` panicked: oh"
    );
    let left = vec![LeftStep {
        step: "b".into(),
        how: Left::Perhaps,
    }];
    assert_eq!(error.completeness(), Completeness::Compensated { left });
    assert_eq!(
        error.to_string(),
        "step `b` panicked: oh; everything was undone but perhaps `b`"
    );
}

#[tokio::test]
async fn a_failure_of_the_first_step_leaves_nothing() {
    let vendor = Vendor::new().on("a", [NO]);
    let error = Back {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.line(), "a");
    assert!(error.is_clean());
    assert!(error.also().is_empty());
    assert_eq!(
        error.to_string(),
        "step `a` failed: no; everything before it was undone"
    );
    // The message has said it: `source` goes on below the step's own error.
    assert!(std::error::Error::source(&error).is_none());
    let own = error.failure().error().expect("the step's own error");
    assert_eq!(own.to_string(), "no");
}

saga! {
    saga Stands() with (vendor: Vendor) -> Result<(), Trouble> {
        step root(vendor) -> u32 { vendor.call("root").await }
            compensate(vendor, root) { vendor.undo("undo root", root).await }
        step free(vendor) { vendor.undo("free", "").await }
            compensate(vendor) { vendor.undo("undo free", "").await }
        #[when(root => *root < 5)]
        step middle(vendor, root) -> u32 { vendor.call_with("middle", root).await }
            compensate(vendor) { vendor.undo("undo middle", "").await }
        #[after(free)]
        step also_free(vendor) { vendor.undo("also free", "").await }
            compensate(vendor) { vendor.undo("undo also free", "").await }
        step top(vendor) -> u32 { vendor.call("top").await }
            #[retry(2, 10ms..10ms, jitter = false)]
            compensate(vendor, top, middle) {
                vendor.undo("undo top", format!("{top} {middle:?}")).await
            }
        read end(vendor) { vendor.undo("end", "").await }

        {
            let _ = (end, also_free);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_compensation_is_tried_again_by_its_policy() {
    let vendor = Vendor::new().on("end", [NO]).on("undo top", [BUSY]);
    let error = Stands {}.with(vendor.clone()).await.unwrap_err();
    assert!(error.is_clean());
    assert!(error.also().is_empty(), "it succeeded in the end");
    assert_eq!(vendor.times("undo top 5 Some(3)"), [0, 10]);
    // Those of the steps declared before wait for it.
    assert_eq!(vendor.times("undo also free"), [10]);
}

#[tokio::test(start_paused = true)]
async fn a_compensation_without_a_policy_is_tried_five_times() {
    let vendor = Vendor::new().on("end", [NO]).always("undo also free", NO);
    let Outcome::Parked(parked) = Stands {}.with(vendor.clone()).outcome().await else {
        panic!("it stands")
    };
    assert_eq!(vendor.times("undo also free").len(), 5);
    assert_eq!(parked.unsettled().still_applied, ["free", "also_free"]);
    assert!(
        vendor.trace().contains(&"undo root 1".to_owned()),
        "it does not stand on `free`"
    );
}

#[tokio::test(start_paused = true)]
async fn what_stands_keeps_what_it_stands_on_and_the_rest_is_undone() {
    let vendor = Vendor::new().on("end", [NO]).always("undo top", BUSY);
    let outcome = Stands {}.with(vendor.clone()).id("7").outcome().await;
    assert_eq!(
        vendor.line(),
        "root, free, middle 1, also free, top, end, undo top 5 Some(3), undo top 5 Some(3), undo also free, undo free"
    );
    let Outcome::Parked(parked) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(parked.unsettled().still_applied, ["root", "middle", "top"]);
    assert!(parked.unsettled().in_doubt.is_empty());
    assert!(parked.unsettled().unfinished.is_empty());
    assert_eq!(
        (parked.failure().step(), parked.failure().call()),
        (Some("end"), CallKind::Action)
    );
    let [also] = parked.also() else {
        panic!("{parked:?}")
    };
    assert_eq!(
        (also.step(), also.call(), also.error()),
        (Some("top"), CallKind::Compensate, Some(&Trouble::Busy))
    );
    assert_eq!(
        also.to_string(),
        "the compensation of step `top` failed: busy"
    );
    assert_eq!(
        parked.to_string(),
        "step `end` failed: no; parked, still applied: `root` `middle` `top`"
    );
    let snapshot = parked.snapshot();
    assert_eq!(
        (snapshot.root, snapshot.free, snapshot.middle),
        (Some(1), None, Some(Some(3)))
    );
    assert_eq!(parked.id().as_str(), "7");
}

#[tokio::test(start_paused = true)]
async fn what_was_skipped_keeps_nothing() {
    let vendor = Vendor::new().on("end", [NO]).always("undo top", NO);
    for _ in 0..4 {
        vendor.call("earlier").await.unwrap();
    }
    vendor.line();
    let Outcome::Parked(parked) = Stands {}.with(vendor.clone()).outcome().await else {
        panic!("it stands")
    };
    assert_eq!(parked.unsettled().still_applied, ["top"]);
    let line = vendor.line();
    assert!(
        line.ends_with("undo top 8 None, undo also free, undo free, undo root 5"),
        "{line}"
    );
}

#[tokio::test(start_paused = true)]
async fn resume_takes_up_the_failed_undo_first_and_then_what_was_kept() {
    let vendor = Vendor::new()
        .on("end", [NO])
        .on("undo top", [BUSY, BUSY, BUSY]);
    let Outcome::Parked(parked) = Stands {}.with(vendor.clone()).outcome().await else {
        panic!("it stands")
    };
    vendor.line();
    let error = parked.resume().await.unwrap_err();
    assert_eq!(
        vendor.line(),
        "undo top 5 Some(3), undo top 5 Some(3), undo middle, undo root 1"
    );
    assert!(error.is_clean());
    assert_eq!(
        error.step(),
        Some("end"),
        "why it went back is still the failure"
    );
}

#[tokio::test(start_paused = true)]
async fn a_resumed_saga_may_park_again() {
    let vendor = Vendor::new().on("end", [NO]).always("undo top", NO);
    let Outcome::Parked(parked) = Stands {}.with(vendor.clone()).outcome().await else {
        panic!("it stands")
    };
    let before = parked.unsettled().clone();
    vendor.line();
    let Outcome::Parked(again) = parked.resume().outcome().await else {
        panic!("it stands")
    };
    assert_eq!(vendor.line(), "undo top 5 Some(3), undo top 5 Some(3)");
    assert_eq!(*again.unsettled(), before);
    let vendor = vendor.on("undo top", [YES]);
    assert!(again.resume().await.unwrap_err().is_clean());
    assert_eq!(
        vendor.line(),
        "undo top 5 Some(3), undo middle, undo root 1"
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_compensation_is_tried_again_alike() {
    let vendor = Vendor::new()
        .on("end", [NO])
        .on("undo top", [panics("undo")]);
    let error = Stands {}.with(vendor.clone()).await.unwrap_err();
    assert!(error.is_clean());
    assert_eq!(vendor.times("undo top 5 Some(3)"), [0, 10]);
    // Those of the steps declared before wait for it.
    assert_eq!(vendor.times("undo also free"), [10]);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_parked_saga_says_what_stands() {
    let vendor = Vendor::new()
        .on("end", [NO])
        .always("undo top", panics("undo"));
    let error = Stands {}.with(vendor.clone()).await.unwrap_err();
    let Completeness::Parked(unsettled) = error.completeness() else {
        panic!("{error}")
    };
    assert_eq!(unsettled.still_applied, ["root", "middle", "top"]);
    assert_eq!(
        error.to_string(),
        "step `end` failed: no; parked, still applied: `root` `middle` `top`"
    );
    assert_eq!(
        error.also()[0].to_string(),
        "the compensation of step `top` panicked: undo"
    );
    assert_eq!(error.into_step_error(), Some(Trouble::No));
}

saga! {
    saga Output(n: u32) with (vendor: Vendor) -> Result<u32, Trouble> {
        step a(vendor) -> u32 { vendor.call("a").await }
            compensate(vendor) { vendor.undo("undo a", "").await }
        a / n
    }
}

#[tokio::test]
async fn a_panic_in_the_output_completes_without_it() {
    let vendor = Vendor::new();
    let outcome = Output { n: 0 }.with(vendor.clone()).outcome().await;
    assert!(matches!(outcome, Outcome::OutputLost(_)));
    assert_eq!(outcome.end(), typed_saga::runtime::End::Completed);
    assert_eq!(vendor.line(), "a", "all is applied: nothing is undone");
    let error = outcome.into_result().unwrap_err();
    assert_eq!(
        (error.step(), error.completeness()),
        (None, Completeness::OutputLost)
    );
    assert_eq!(
        error.to_string(),
        "every step is applied, but the output panicked: attempt to divide by zero"
    );
}

saga! {
    saga WithOutput(n: u32) with (vendor: Vendor) -> Result<u32, Trouble> {
        step quotient(n) -> u32 = saga Output { n: *n } with (vendor);
        quotient
    }
}

#[tokio::test]
async fn a_panic_in_the_output_of_a_child_is_a_panic_and_undoes_the_child() {
    let vendor = Vendor::new();
    let outcome = WithOutput { n: 0 }.with(vendor.clone()).outcome().await;
    let Outcome::Compensated(error) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(vendor.line(), "a, undo a");
    assert!(error.is_clean());
    assert_eq!(
        error.to_string(),
        "step `quotient` panicked: attempt to divide by zero; everything before it was undone"
    );
    let panic = error.into_panic().expect("a panic");
    assert_eq!(panic.message(), "attempt to divide by zero");
}

/// When effects are dropped, and when an observer hears that they are undone.
#[derive(Clone, Debug, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

#[derive(Debug)]
struct Held(String, Diary);

impl Diary {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn hold(&self, name: impl Into<String>) -> Held {
        Held(name.into(), self.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.1.note(format!("{} dropped", self.0));
    }
}

impl Observer for Diary {
    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        if let RunEvent::Compensated = what {
            self.note(format!("{} undone", at.path()));
        }
    }
}

saga! {
    saga Holding(lines: Vec<u32>) with (diary: Diary) -> Result<(), &'static str> {
        step alone(diary) -> Held { Ok(diary.hold("alone")) }
            compensate(alone) { let _ = alone; Ok(()) }
        concurrent {
            step beside(diary) -> Held { Ok(diary.hold("beside")) }
                compensate(beside) { let _ = beside; Ok(()) }
            read other() -> u32 { Ok(1) }
        }
        for line: u32 in (lines => lines.clone())
        step held(diary, line) -> Held { Ok(diary.hold(format!("held[{line}]"))) }
            compensate(held) { let _ = held; Ok(()) }
        read last() { Err("no") }
        {
            let _ = (alone, beside, other, held, last);
        }
    }
}

#[tokio::test]
async fn an_effect_is_dropped_once_it_is_noted_that_it_is_undone() {
    let (diary, lines) = (Diary::default(), vec![0, 1]);
    let run = Holding { lines }.with(diary.clone());
    assert!(run.observe(diary.clone()).await.unwrap_err().is_clean());
    let told = diary.0.lock().unwrap();
    for name in ["alone", "beside", "held[0]", "held[1]"] {
        let own: Vec<_> = told
            .iter()
            .filter_map(|line| line.strip_prefix(name))
            .collect();
        assert_eq!(own, [" undone", " dropped"], "{told:?}");
    }
}
