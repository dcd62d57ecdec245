//! How often the actions of a durable saga are attempted that say nothing of it. After the pivot, the kernel
//! has no limit.

use saga_definition::{ATTEMPTS, Kind};

use super::policy::standard;
use crate::model::{Compensate, Limit, Retry, Saga, Step};

/// Records the number of attempts of a step that may be repeated, since it is `#[idempotent]` or a `read`: it
/// gets as many after a failure without effect as after one with an unknown outcome.
pub(crate) fn add_default_retries(saga: &mut Saga) {
    let repeats = |step: &Step| step.attrs.idempotent.is_some() || step.kind == Kind::Read;
    let steps = without_a_number(saga, repeats);
    set_attempts(saga, &steps, ATTEMPTS);
}

/// The steps, by index, that are not repeated: their verdict, `resolve`, or a compensation by key tells that
/// an attempt did nothing. An operation whose key its compensation blocks, and that has the same key in the
/// next attempt, is none of them.
pub(crate) fn tried_again(saga: &Saga) -> Vec<usize> {
    let keeps_its_key = |step: &Step| match &step.compensate {
        Compensate::Clause(undo) => {
            let by_key = undo.attrs.by_key.as_ref();
            by_key.is_some_and(|by| by.name().is_some())
        }
        Compensate::Missing | Compensate::None(..) | Compensate::With(..) => false,
    };
    without_a_number(saga, |step| {
        matches!(step.kind, Kind::Step | Kind::Pivot)
            && step.attrs.idempotent.is_none()
            && !keeps_its_key(step)
    })
}

/// Records this number of attempts for these steps.
pub(crate) fn set_attempts(saga: &mut Saga, steps: &[usize], times: u32) {
    for (index, step) in saga.steps_mut().enumerate() {
        if steps.contains(&index) {
            step.attrs.retry = (times > 1).then(|| Retry {
                limit: Limit::Times(times),
                ..standard(step.name.span())
            });
        }
    }
}

/// The steps of a durable saga up to the pivot, of this sort, without a number of attempts. A child saga has
/// steps with numbers of their own.
fn without_a_number(saga: &Saga, sort: impl Fn(&Step) -> bool) -> Vec<usize> {
    if saga.durable.is_none() || saga.attrs.retry.is_some() {
        return Vec::new();
    }
    let pivot = saga.steps().position(|step| step.kind == Kind::Pivot);
    let steps = pivot.map_or(usize::MAX, |pivot| pivot + 1);
    let meant = |step: &Step| step.attrs.retry.is_none() && step.child().is_none() && sort(step);
    let steps = saga.steps().enumerate().take(steps);
    steps
        .filter_map(|(index, step)| meant(step).then_some(index))
        .collect()
}
