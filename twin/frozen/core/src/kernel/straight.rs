//! Rollbacks that the declaration alone decides, so that no kernel has to be created. The tests
//! compare them with the decisions of a kernel.

use super::{
    batch::{has_compensation, is_plain},
    event::Verdict,
};
use crate::definition::{Compensation, Definition, Place, Step};
use std::ops::Range;

/// Whether there is nothing to decide at the step itself, neither forward nor while compensating.
const fn goes_straight(step: &Step) -> bool {
    is_plain(step) && !step.is_nested() && step.savepoint.is_none()
}

/// The number of steps, from the first one on, that a rollback passes without a decision and leaves
/// nothing of: each has a compensation, or is a read.
pub(crate) const fn passed_straight(steps: &[Step]) -> usize {
    let mut passed = 0;
    while passed < steps.len() {
        let step = &steps[passed];
        match step.compensation {
            Compensation::Declared { .. } | Compensation::Absent if goes_straight(step) => {}
            _ => break,
        }
        passed += 1;
    }
    passed
}

/// The rollback of a saga whose steps were each applied at their first attempt, one after the
/// other, until the first attempt of `failed` was rejected with `verdict`, without an abort.
/// Returns the range of steps to compensate, from its end to its start; the range is empty if there
/// is nothing to undo. `passed`: see [`passed_straight`].
///
/// Returns `None` if there is more to decide than that, or if something would be left behind.
pub(crate) fn straight_back(
    definition: &Definition,
    passed: usize,
    (failed, verdict): (u16, Verdict),
) -> Option<Range<u16>> {
    let step = &definition.steps[usize::from(failed)];
    let straight = usize::from(failed) <= passed && goes_straight(step);
    if !straight || !fails_at_once(definition, failed, verdict) {
        return None;
    }
    let undone = |step: &u16| has_compensation(&definition.steps[usize::from(*step)]);
    let (lowest, highest) = ((0..failed).find(undone), (0..failed).rev().find(undone));
    Some(lowest.unwrap_or(0)..highest.map_or(0, |highest| highest + 1))
}

/// Whether the saga goes no further forward when the first attempt of a step is rejected with
/// `verdict`, and nothing was requested.
fn fails_at_once(definition: &Definition, step: u16, verdict: Verdict) -> bool {
    let declared = &definition.steps[usize::from(step)];
    !verdict.brings_doubt()
        && declared.child.is_none()
        && declared.retry.is_none()
        && declared.fallback.is_none()
        && definition.place(step) != Place::AfterPivot
}
