//! What the declaration promises of a run's length.

use std::time::Duration;

use proptest::{prop_assert, test_runner::TestCaseResult};
use typed_saga_analysis::{Analysis, Bound};
use typed_saga_definition::{
    Backoff, Call, Compensation, Computed, Definition, Rare, Retry, Step, Timing,
};

/// No run takes longer than its declaration says, if that says anything.
pub(crate) fn keeps_its_time(declared: &Definition, took: Duration) -> TestCaseResult {
    let declared = evaluated(declared);
    if let Bound::Within(bound) = Analysis::with_journal(&declared, false).ends_within() {
        prop_assert!(took <= bound, "{took:?} of {bound:?}");
    }
    Ok(())
}

/// The same with the values of the expressions that give one.
fn evaluated(declared: &Definition) -> Definition {
    let mut declared = declared.clone();
    for step in declared.steps.to_mut() {
        let Step {
            timeout,
            late,
            retry: action,
            resolve,
            compensation,
            rare,
            ..
        } = step;
        let Rare {
            savepoint,
            fallback,
            child,
            ..
        } = &mut **rare;
        timeout.iter_mut().chain(late).for_each(evaluate);
        action.iter_mut().for_each(retry);
        if let Some(savepoint) = savepoint {
            backoff(&mut savepoint.backoff);
        }
        let clauses = resolve.iter_mut().chain(fallback);
        clauses.for_each(|clause| call(clause));
        if let Compensation::Declared { call: undo, .. } = compensation {
            call(undo);
        }
        if let Some(child) = child {
            child.definition = evaluated(&child.definition).into();
        }
    }
    declared
}

fn call(call: &mut Call) {
    call.timeout.iter_mut().for_each(evaluate);
    call.retry.iter_mut().for_each(retry);
}

fn retry(retry: &mut Retry) {
    backoff(&mut retry.backoff);
}

fn backoff(backoff: &mut Backoff) {
    let Backoff { base, cap, .. } = backoff;
    evaluate(base);
    evaluate(cap);
}

fn evaluate(timing: &mut Timing) {
    if let Timing::Computed(Computed {
        value: Some(value), ..
    }) = timing
    {
        *timing = Timing::Fixed(value());
    }
}
