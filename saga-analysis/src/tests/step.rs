//! The rules for one step.

use typed_saga_definition::{CallKind, Limit, Step};

use super::build::*;
use crate::{Analysis, Bound, Why};

fn one<T>(step: Step, what: impl FnOnce(&Analysis<'_>) -> T) -> T {
    of_saga([step], what)
}

#[test]
fn each_attempt_takes_its_limit_and_waits_stand_between() {
    assert_eq!(one(step().tried(3), |it| it.times(0).applied), ms(3020));
    assert_eq!(one(read(), |it| it.times(0).given_up), ms(1000));
}

#[test]
fn failures_of_resolve_add_up_and_each_doubt_waits_for_late_arrivals() {
    let step = || asked(2).tried(2).late(50);
    // Two attempts, two failing calls of `resolve`, and one that answers between them.
    let all = 2 * 1000 + 10 + (50 + 2 * 300 + 10) + (50 + 300);
    assert_eq!(one(step(), |it| it.times(0).given_up), ms(all));
    let calls = one(step(), |it| it.calls(0, CallKind::Resolve));
    assert_eq!(calls, Limit::Times(3));
}

#[test]
fn an_operation_is_settled_by_questions_and_repetitions_alone() {
    assert_eq!(one(step().tried(3), |it| it.times(0).settled), ms(3020));
    assert_eq!(one(asked(2).tried(2), |it| it.times(0).settled), ms(1610));
    assert_eq!(one(by_key(), |it| it.times(0).settled), ms(1000));
}

#[test]
fn a_compensation_by_key_is_the_last_way_forward() {
    assert_eq!(one(by_key(), |it| it.times(0).given_up), ms(1400));
    assert_eq!(one(by_key(), |it| it.times(0).applied), ms(1000));
    // The compensation settles the first attempt.
    let calls = one(by_key().tried(2), |it| it.calls(0, CallKind::Compensate));
    assert_eq!(calls, Limit::Times(2));
    assert_eq!(one(by_key().tried(2), |it| it.times(0).applied), ms(2410));
}

#[test]
fn a_fallback_takes_the_place_of_what_was_given_up() {
    assert_eq!(one(read().falls_back(), |it| it.times(0).applied), ms(1200));
    assert_eq!(
        one(signal().falls_back(), |it| it.times(0).given_up),
        ms(1200)
    );
}

#[test]
fn after_the_pivot_three_panics_end_what_did_nothing() {
    of_saga([pivot(), read().tried(1), last()], |it| {
        assert_eq!(it.calls(1, CallKind::Action), Limit::Times(3));
        assert_eq!(it.calls(2, CallKind::Action), Limit::Times(1));
        assert_eq!(it.times(1).applied, ms(3020));
    });
}

#[test]
fn the_way_back_calls_nothing_of_what_it_passes() {
    for passed in [read(), signal(), lasting()] {
        assert_eq!(one(passed, |it| it.times(0).undone), Bound::ZERO);
    }
    assert_eq!(one(step(), |it| it.times(0).undone), ms(400));
}

#[test]
fn on_an_engine_compensations_and_a_lone_resolve_have_no_bound() {
    let mut lone = asked(1);
    lone.resolve.as_mut().unwrap().retry = None;
    let saga = saga([lone]);
    let engine = Analysis::with_journal(&saga, true);
    let Bound::Endless(endless) = engine.times(0).settled else {
        panic!("it is asked for ever");
    };
    assert_eq!(
        (endless.call, endless.why),
        (CallKind::Resolve, Why::Forever)
    );
    assert!(Analysis::of(&saga).times(0).settled.within().is_some());
}

#[test]
fn what_has_no_limit_has_no_bound() {
    let hangs = Step {
        timeout: None,
        ..step()
    };
    let Bound::Endless(endless) = one(hangs, |it| it.times(0).applied) else {
        panic!("it may take any time");
    };
    assert_eq!(endless.why, Why::NoTimeout);
}

#[test]
fn turns_begin_new_passes_of_what_comes_after_the_savepoint() {
    of_saga([step(), step().saved(2), step()], |it| {
        let calls = [0, 1, 2].map(|step| it.calls(step, CallKind::Action));
        assert_eq!(calls, [1, 3, 3].map(Limit::Times));
    });
}
