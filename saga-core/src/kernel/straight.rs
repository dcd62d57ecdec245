//! What the declaration alone says of a way back: where it says all, no kernel need be made. The
//! tests compare it with what a kernel decides.

use super::{
    batch::{has_compensation, is_plain},
    event::Verdict,
};
use crate::definition::{Compensation, Definition, Place, Step};
use std::ops::Range;

/// Whether there is nothing to decide at the step itself, on the way forward or back.
const fn goes_straight(step: &Step) -> bool {
    is_plain(step) && !step.is_nested() && step.savepoint.is_none()
}

/// How many steps there are, from the first one on, that a way back passes without a decision, and
/// leaves nothing of: each has a compensation, or is a read.
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

/// The way back of a saga whose steps were applied one after the other, each at its first attempt,
/// until the first attempt of `failed` was rejected so, without an abort: the steps from the last
/// to the first whose compensations are called, all of them from the end on. With nothing to undo
/// there is no step in it. `passed`: see [`passed_straight`].
///
/// `None` if there is more to decide than that, or something would be left at its end.
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

/// Whether the first attempt of a step, when it is rejected so and nothing was requested, is the end
/// of the way forward.
fn fails_at_once(definition: &Definition, step: u16, verdict: Verdict) -> bool {
    let declared = &definition.steps[usize::from(step)];
    !verdict.brings_doubt()
        && declared.child.is_none()
        && declared.retry.is_none()
        && declared.fallback.is_none()
        && definition.place(step) != Place::AfterPivot
}
