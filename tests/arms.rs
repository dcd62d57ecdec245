//! A `when` with several arms, of which one runs.

mod shared;

use crate::common::{BUSY, NO, Trouble, Vendor};
use typed_saga::{Cause, Outcome, Recording, saga};

saga! {
    #[classify(Trouble::verdict)]
    saga Pay(sum: u32) with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(1)] #[idempotent]
        step cart(vendor, key) -> u32 { vendor.order("cart", key).await }
            compensate(vendor, key) { vendor.cancel("empty cart", key).await }

        when (vendor, sum, cart => {
            let _ = cart;
            vendor.note("large?");
            *sum > 100
        }) {
            #[idempotent] #[retry(1)]
            step invoice(vendor, key) -> u32 { vendor.order("invoice", key).await }
                compensate(vendor, key) { vendor.cancel("void", key).await }
        } else when (vendor, sum => {
            vendor.note("some?");
            100 / *sum < 100
        }) {
            #[savepoint(2)] #[idempotent] #[retry(1)]
            step card(vendor, key) -> u32 { vendor.order("card", key).await }
                compensate(vendor, key) { vendor.cancel("uncard", key).await }

            #[idempotent] #[retry(1)]
            step points(vendor, card, _key) -> u32 {
                vendor.call_with("points", (*card > 0).to_string()).await
            }
                compensate(vendor) { vendor.undo("unpoints", "").await }
        } else {
            #[idempotent] #[retry(1)]
            step cash(vendor, key) -> u32 { vendor.order("cash", key).await }
                compensate(vendor, key) { vendor.cancel("return cash", key).await }
        }

        #[idempotent] #[retry(1)]
        step sent(vendor, invoice, points, cash, _key) {
            let taken = [invoice, points, cash].map(Option::is_some);
            vendor.undo("sent", format!("{taken:?}")).await
        }
            compensate none

        {
            let () = sent;
            let _ = card;
        }
    }
}

async fn pay(sum: u32, vendor: &Vendor) -> Outcome<PayRun> {
    Pay { sum }.with(vendor.clone()).outcome().await
}

#[tokio::test]
async fn the_first_arm_whose_condition_is_true_runs() {
    for (sum, calls) in [
        (500, "cart, large?, invoice, sent [true, false, false]"),
        (
            50,
            "cart, large?, some?, card, points true, sent [false, true, false]",
        ),
        (1, "cart, large?, some?, cash, sent [false, false, true]"),
    ] {
        let vendor = Vendor::new();
        let outcome = pay(sum, &vendor).await;
        assert!(matches!(outcome, Outcome::Completed(())), "{outcome:?}");
        assert_eq!(vendor.line(), calls);
    }
}

/// No condition that is true is evaluated again.
#[tokio::test(start_paused = true)]
async fn a_panic_of_a_condition_fails_the_first_step_of_its_own_arm() {
    let vendor = Vendor::new();
    let Outcome::Compensated(error) = pay(0, &vendor).await else {
        panic!("nothing divides by zero")
    };
    assert_eq!(error.step(), Some("card"));
    assert!(matches!(error.cause(), Cause::Panicked(_)), "{error}");
    assert!(error.is_clean());
    assert_eq!(
        vendor.line(),
        "cart, large?, some?, some?, some?, empty cart"
    );
}

#[tokio::test(start_paused = true)]
async fn a_rerun_from_inside_an_arm_decides_nothing_again() {
    let vendor = Vendor::new().on("points", [BUSY, BUSY]);
    let outcome = pay(50, &vendor).await;
    assert!(matches!(outcome, Outcome::Completed(())), "{outcome:?}");
    assert_eq!(
        vendor.line(),
        "cart, large?, some?, card, points true, uncard, card, points true, uncard, card, \
         points true, sent [false, true, false]"
    );
}

#[tokio::test(start_paused = true)]
async fn a_rerun_from_before_them_decides_again() {
    let vendor = Vendor::new().on("cash", [NO]);
    let outcome = pay(1, &vendor).await;
    assert!(matches!(outcome, Outcome::Completed(())), "{outcome:?}");
    assert_eq!(
        vendor.line(),
        "cart, large?, some?, cash, empty cart, cart, large?, some?, cash, \
         sent [false, false, true]"
    );
}

#[tokio::test(start_paused = true)]
async fn the_arm_that_ran_is_undone() {
    for (sum, undone) in [
        (500, "void, empty cart"),
        (50, "unpoints, uncard"),
        (1, "return cash, empty cart"),
    ] {
        let vendor = Vendor::new().on("sent", [NO, NO, NO, NO]);
        let outcome = pay(sum, &vendor).await;
        assert!(matches!(outcome, Outcome::Compensated(_)), "{outcome:?}");
        let calls = vendor.line();
        assert!(calls.contains(undone), "{calls}");
        assert!(vendor.holds().is_empty(), "{sum}");
    }
}

#[tokio::test]
async fn observers_receive_each_step_of_the_other_arms_as_skipped() {
    let recording = Recording::default();
    let saga = Pay { sum: 50 }.with(Vendor::new());
    saga.observe(recording.clone()).await.unwrap();
    let heard = recording.to_string();
    for (step, skipped) in [("invoice", 1), ("card", 0), ("points", 0), ("cash", 1)] {
        let said = format!("`{step}` is skipped");
        assert_eq!(heard.matches(&said).count(), skipped, "{heard}");
    }
}

#[test]
fn a_definition_has_a_condition_for_each_arm() {
    let conditions = Pay::DEFINITION.conditions.iter();
    let arms: Vec<_> = conditions
        .map(|arm| (arm.arm.words(), arm.first, arm.len))
        .collect();
    assert_eq!(arms, [("when", 1, 1), ("else when", 2, 2), ("else", 4, 1)]);
}

fn answer(vendor: &Vendor, answers: &[Option<bool>; 3], at: usize) -> bool {
    vendor.note(format_args!("{}?", at + 1));
    answers[at].expect("on purpose")
}

saga! {
    #[retry(1)]
    saga Choose(answers: [Option<bool>; 3]) with (vendor: Vendor) -> Result<u32, Trouble> {
        when (vendor, answers => answer(vendor, answers, 0)) {
            step made(vendor) -> u32 { vendor.call("do 1").await.map(|_| 1) }
                compensate(vendor) { vendor.undo("undo 1", "").await }
        } else when (vendor, answers => answer(vendor, answers, 1)) {
            #[name = "second"]
            step made(vendor) -> u32 { vendor.call("do 2").await.map(|_| 2) }
                compensate(vendor) { vendor.undo("undo 2", "").await }
        } else when (vendor, answers => answer(vendor, answers, 2)) {
            #[name = "third"]
            step made(vendor) -> u32 { vendor.call("do 3").await.map(|_| 3) }
                compensate(vendor) { vendor.undo("undo 3", "").await }
        } else {
            #[name = "fourth"]
            step made(vendor) -> u32 { vendor.call("do 4").await.map(|_| 4) }
                compensate(vendor) { vendor.undo("undo 4", "").await }
        }

        step last(vendor, made) { vendor.undo("last", made).await }
            compensate none

        made
    }
}

/// Each of three conditions is true or false, or panics, whatever the others do; and the step after the
/// arms fails or not.
#[tokio::test]
async fn every_answer_of_three_conditions() {
    let all = [Some(true), Some(false), None];
    let pairs = all
        .into_iter()
        .flat_map(|one| all.map(|other| (one, other)));
    let answers = pairs.flat_map(|(one, two)| all.map(|three| [one, two, three]));
    for (answers, fails) in answers.flat_map(|answers| [(answers, false), (answers, true)]) {
        let first = answers.iter().position(|answer| *answer != Some(false));
        let panics = first.is_some_and(|first| answers[first].is_none());
        let taken = first.unwrap_or(3) + 1;
        let mut calls: Vec<_> = (1..=taken.min(3)).map(|at| format!("{at}?")).collect();
        if !panics {
            calls.extend([format!("do {taken}"), format!("last {taken}")]);
        }
        let trouble = fails.then_some(NO);
        let vendor = Vendor::new().on("last", trouble);
        let outcome = Choose { answers }.with(vendor.clone()).outcome().await;
        match outcome {
            Outcome::Completed(made) => {
                assert!(!panics && !fails, "{answers:?}");
                assert_eq!(usize::try_from(made), Ok(taken));
            }
            Outcome::Compensated(error) => {
                assert!(panics || fails, "{answers:?}");
                assert!(error.is_clean());
                let steps = ["made", "second", "third", "fourth"];
                let step = if panics { steps[taken - 1] } else { "last" };
                assert_eq!(error.step(), Some(step), "{answers:?}");
                calls.extend((!panics).then(|| format!("undo {taken}")));
            }
            Outcome::Parked(_) | Outcome::OutputLost(_) => panic!("{answers:?}"),
        }
        assert_eq!(vendor.line(), calls.join(", "), "{answers:?}");
    }
}
