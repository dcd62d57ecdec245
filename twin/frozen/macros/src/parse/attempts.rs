//! How often an action of a durable saga, up to the pivot, is attempted if it has no `#[retry]`.
//! After the pivot, the kernel has no limit.

use twin_definition::{ATTEMPTS, Kind};

use super::policy::standard;
use crate::model::{Compensate, Limit, Retry, Saga, Step};

/// Gives each `#[idempotent]` step as many attempts after a failure without effect as after one with
/// an unknown outcome.
pub(crate) fn add_default_retries(saga: &mut Saga) {
    let steps = without_a_number(saga, |step| step.attrs.idempotent.is_some());
    set_attempts(saga, &steps, ATTEMPTS);
}

/// The other steps, by index: each may be attempted again once its verdict, `resolve`, or a
/// compensation by key has told that the last attempt did nothing. A step whose compensation blocks a
/// key that is the same in the next attempt is none of them.
pub(crate) fn tried_again(saga: &Saga) -> Vec<usize> {
    without_a_number(saga, |step| {
        step.kind.acts() && step.attrs.idempotent.is_none() && !blocks_its_key(step)
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

/// The steps of this sort, up to the pivot of a durable saga, without a number of attempts. A child
/// saga has steps with numbers of their own.
fn without_a_number(saga: &Saga, sort: impl Fn(&Step) -> bool) -> Vec<usize> {
    if saga.durable.is_none() || saga.attrs.retry.is_some() {
        return Vec::new();
    }
    let pivot = saga.steps().position(|step| step.kind == Kind::Pivot);
    let before = pivot.map_or(usize::MAX, |pivot| pivot + 1);
    let meant = |step: &Step| step.attrs.retry.is_none() && step.child().is_none() && sort(step);
    let steps = saga.steps().enumerate().take(before);
    steps
        .filter_map(|(index, step)| meant(step).then_some(index))
        .collect()
}

/// Whether the compensation settles doubt by a key that stays the same when the action runs again.
fn blocks_its_key(step: &Step) -> bool {
    match &step.compensate {
        Compensate::Clause(undo) => {
            let by_key = undo.attrs.by_key.as_ref();
            by_key.is_some_and(|by| by.name().is_some())
        }
        Compensate::Missing | Compensate::None(..) | Compensate::With(..) => false,
    }
}
