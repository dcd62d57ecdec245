//! How often a step of a durable saga, up to the pivot, is attempted that says nothing of it: five
//! times or, if a `#[holds]` would be broken, fewer times. After the pivot, the kernel has no limit.
//!
//! `#[within]` needs no such limit. It sets a deadline, after which no such attempt begins, and what
//! the pivot takes to settle after it is the time of one attempt.

use typed_saga_analysis::Analysis;
use typed_saga_definition::{
    ATTEMPTS, Backoff, Compensation, Definition, Limit, Retry, Side, Step,
};

use super::holds;

/// Lets each `#[idempotent]` step be attempted as often after a failure without effect as after one
/// with an unknown outcome; and each other step that may be tried again five times, or as often as
/// every `#[holds]` allows, and at least once. The saga has no mistakes.
pub(crate) fn attempts(definition: &mut Definition) {
    let same = without_a_number(definition, |step| step.idempotent);
    set(definition, &same, ATTEMPTS);
    let mut open = without_a_number(definition, may_be_tried_again);
    set(definition, &open, ATTEMPTS);
    if keeps_holds(definition) {
        return;
    }
    set(definition, &open, 1);
    // One more for each in turn, so that none takes the time of all others.
    for times in 2..=ATTEMPTS {
        open.retain(|&step| {
            set(definition, &[step], times);
            let fits = keeps_holds(definition);
            if !fits {
                set(definition, &[step], times - 1);
            }
            fits
        });
    }
}

/// The steps of this sort, up to the pivot of a durable saga, without a number of attempts. A child
/// saga has steps with numbers of their own.
fn without_a_number(definition: &Definition, sort: impl Fn(&Step) -> bool) -> Vec<u16> {
    if !definition.durable {
        return Vec::new();
    }
    let steps = (0..).zip(definition.steps.iter());
    let steps = steps.filter(|(index, step)| {
        let (is_behind, step) = (definition.side(*index) == Side::AfterPivot, step.acting());
        !is_behind && step.retry.is_none() && step.child.is_none() && sort(step)
    });
    steps.map(|(index, _)| index).collect()
}

/// Whether the step may be attempted again once its verdict, `resolve`, or a compensation by key has
/// told that the last attempt did nothing. A compensation may block a key that is the same in the next
/// attempt.
fn may_be_tried_again(step: &Step) -> bool {
    let blocks_its_key = match &step.compensation {
        Compensation::Declared { by_key, call } => *by_key && call.keyed_by.is_some(),
        Compensation::Absent | Compensation::None { .. } | Compensation::With(_) => false,
    };
    step.kind.acts() && !step.idempotent && !blocks_its_key
}

/// Lets these steps be attempted this many times.
fn set(definition: &mut Definition, steps: &[u16], times: u32) {
    let all = definition.steps.to_mut();
    for step in steps {
        let retry = (times > 1).then(|| Retry {
            limit: Limit::Times(times),
            backoff: Backoff::DEFAULT.into(),
        });
        all[usize::from(*step)].change_acting(|acting| acting.retry = retry);
    }
}

fn keeps_holds(definition: &Definition) -> bool {
    let analysis = Analysis::of(definition);
    let steps = (0..).zip(definition.steps.iter());
    let mut held = steps.filter(|(_, step)| step.holds.is_some());
    held.all(|(step, _)| holds::is_kept(step)(&analysis, definition))
}
