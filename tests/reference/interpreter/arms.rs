//! `when` with several arms: the first one that is wanted, and none after it.

use std::ops::Range;

use super::Run;

impl Run<'_> {
    /// The decision on a block is there: these steps are skipped, since its condition is false, or
    /// since they are in the arms after it.
    pub(super) fn decided(&self, block: Range<usize>, skipped: Range<usize>) {
        for t in skipped.clone() {
            self.skip(t);
            self.change(t, |one| one.omitted = true);
        }
        for t in skipped.chain([block.start]) {
            self.change(t, |one| one.decided = true);
        }
        // Nobody is asked about an `else`.
        let next = block.end;
        if self.steps.get(next).is_some_and(|step| step.otherwise) {
            self.change(next, |one| one.decided = true);
        }
    }

    /// Whether a turn to `from` leaves the step skipped: another arm stays what was decided on, since the
    /// turn is inside of it.
    pub(super) fn stays_skipped(&self, s: usize, from: usize) -> bool {
        let step = &self.steps[s];
        let Some((first, last)) = step.arms.filter(|_| step.arms != step.block) else {
            return false;
        };
        self.one(s).omitted && (first..last).contains(&from)
    }
}
