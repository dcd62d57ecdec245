//! Bugs planted into the trip saga, one at a time: what is found names the step and the contract
//! that it breaks.

use crate::testing::{
    trip::{explore, trip},
    vendors::{Vendor, VendorError, World},
};
use serde::{Deserialize, Serialize, Serializer};
use std::time::Duration;
use typed_saga::{
    runtime::Machine,
    saga,
    testing::{Contract, Explorer, Finding, Report, assert_order},
};

/// What is found on paths with one trouble: there is some, and nothing but of this step.
fn found<M: Machine>(explorer: Explorer<World, M>, step: &str, contract: Contract) -> Finding {
    let report = explorer.depth(1).run();
    let found = |finding: &&Finding| (finding.step(), finding.contract()) == (Some(step), contract);
    let finding = report.findings().iter().find(found);
    let Some(finding) = finding else {
        panic!("{step} {contract:?} was not found:\n{report}")
    };
    says_so(&report, step, contract);
    blames_nobody_else(&report, step);
    finding.clone()
}

fn says_so(report: &Report, step: &str, contract: Contract) {
    let text = std::panic::catch_unwind(|| report.assert()).expect_err("it asserts");
    let text = text.downcast::<String>().expect("it says why");
    assert!(text.contains(&format!("`{step}`: ")), "{text}");
    assert!(text.contains(&format!("broken: {contract}")), "{text}");
    assert!(text.contains("again: .only("), "{text}");
}

fn blames_nobody_else(report: &Report, step: &str) {
    let mut others = report.findings().iter().filter_map(Finding::step);
    assert!(others.all(|other| other == step), "{report}");
}

#[test]
fn a_forgotten_key() {
    trip!(Trip, hold = Vendor::book_under_new_key);
    let finding = found(explore(Trip::prepare), "authorization", Contract::Key);
    assert!(
        finding
            .what()
            .starts_with("2 of its effects are still applied"),
        "{finding}"
    );
}

#[test]
fn an_action_that_is_not_idempotent() {
    trip!(Trip, hold = Vendor::book_again);
    let finding = found(
        explore(Trip::prepare),
        "authorization",
        Contract::Idempotent,
    );
    assert_eq!(finding.what(), "its effect was made 2 times under one key");
}

#[test]
fn a_compensation_that_undoes_twice() {
    trip!(Trip, release = Vendor::cancel_again);
    let report = explore(Trip::prepare).run();
    let [finding] = report.findings() else {
        panic!("one bug: {report}");
    };
    assert_eq!(finding.step(), Some("authorization"));
    assert_eq!(finding.contract(), Contract::Repeatable);
    assert_eq!(finding.what(), "it was undone twice");
}

#[test]
fn a_compensation_that_fails_when_it_is_repeated() {
    trip!(Trip, release = Vendor::cancel_once);
    let report = explore(Trip::prepare).run();
    let [finding] = report.findings() else {
        panic!("one bug: {report}");
    };
    assert_eq!(finding.step(), Some("authorization"));
    assert_eq!(finding.contract(), Contract::Repeatable);
    assert!(
        finding.what().starts_with("its effect is gone"),
        "{finding}"
    );
}

#[test]
fn a_compensation_that_swallows_its_error() {
    trip!(Trip, cancel_car = Vendor::cancel_and_hope);
    let report = explore(Trip::prepare).run();
    let [finding] = report.findings() else {
        panic!("one bug: {report}");
    };
    assert_eq!(finding.step(), Some("car"));
    assert_eq!(finding.contract(), Contract::Compensation);
    assert!(
        finding.path().ends_with("car compensate 1 outage"),
        "{finding}"
    );
}

#[test]
fn a_compensation_that_undoes_something_else() {
    trip!(Trip, cancel_car = Vendor::cancel_any);
    found(explore(Trip::prepare), "car", Contract::Compensation);
    let report = explore(Trip::prepare).depth(1).run();
    let mut whats = report.findings().iter().map(Finding::what);
    assert!(
        whats.any(|what| what == "somebody else's car was cancelled"),
        "{report}"
    );
}

#[test]
fn a_resolve_that_answers_no_too_early() {
    trip!(Trip, find_car = Vendor::find_too_early);
    found(explore(Trip::prepare), "car", Contract::Resolve);
}

#[test]
fn a_resolve_that_always_says_no() {
    trip!(
        Trip,
        book_car = Vendor::book_again,
        find_car = Vendor::find_nothing
    );
    found(explore(Trip::prepare), "car", Contract::Resolve);
}

#[test]
fn a_compensation_by_key_that_does_not_stop_a_late_arrival() {
    trip!(Trip, cancel_hotel = Vendor::cancel_key_for_now);
    let finding = found(explore(Trip::prepare), "hotel", Contract::ByKey);
    assert_eq!(finding.path(), "hotel action 1 late-settled");
}

#[test]
fn a_compensation_by_key_that_undoes_what_never_happened() {
    trip!(Trip, cancel_hotel = Vendor::refund_key);
    let finding = found(explore(Trip::prepare), "hotel", Contract::ByKey);
    assert_eq!(finding.what(), "it was undone, and had never happened");
}

#[test]
fn a_classify_that_calls_an_unknown_outcome_transient() {
    trip!(
        Trip,
        classify = VendorError::hopeful,
        book_car = Vendor::book_again
    );
    let report = explore(Trip::prepare).depth(1).run();
    let judged = &report.findings()[0];
    assert_eq!(judged.contract(), Contract::Classify);
    assert_eq!(
        judged.what(),
        "an error that means `Unknown` is judged `Transient`"
    );
    let mut classify = report
        .findings()
        .iter()
        .filter(|f| f.contract() == Contract::Classify);
    assert!(
        classify.any(|finding| finding.step() == Some("car")),
        "{report}"
    );
}

#[test]
fn a_late_that_is_shorter_than_the_service_is_late() {
    trip!(Trip, book_car = Vendor::book_again, late = 2s);
    let as_said = explore(Trip::prepare).late("car", Duration::from_secs(1));
    as_said.depth(1).run().assert();
    let later = explore(Trip::prepare).late("car", Duration::from_secs(30));
    let finding = found(later, "car", Contract::Late);
    assert_eq!(finding.path(), "car action 1 late");
    let order = [
        "the action of `car` times out",
        "the `resolve` of `car` → it did not happen, and no longer can",
        "the request of `car` that is still in flight is done, 30s later",
    ];
    assert_order(finding.calls(), order);
}

/// A bug: is written as something else than it is read as.
#[derive(Deserialize)]
struct Odd(u32);

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[test]
fn an_effect_that_cannot_be_read_again() {
    saga! {
        #[classify(typed_saga::transient)]
        #[timeout(1s)]
        durable saga Count() -> Result<u32, String> {
            read odd() -> Odd { Ok(Odd(1)) }
            read even(odd) -> u32 { Ok(odd.0 + 1) }
            even
        }
    }
    let report = typed_saga::testing::explore(|| (), |()| Count {}.run()).run();
    let [finding] = report.findings() else {
        panic!("one bug: {report}");
    };
    assert_eq!(
        (finding.step(), finding.contract()),
        (Some("odd"), Contract::Recorded)
    );
    assert!(finding.what().contains("expected u32"), "{finding}");
}
