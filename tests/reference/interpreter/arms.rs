//! `when` with several arms: the first one that is wanted, and none after it.

use std::ops::Range;

use super::Run;

impl Run<'_> {
    /// The decision on a block is there: these steps are skipped, since its condition is false, or
    /// since they are in the arms after it.
    pub(super) fn decided(&self, block: Range<usize>, skipped: Range<usize>) {
        for t in skipped.clone().filter(|t| !self.is_kept(*t)) {
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
    /// turn is inside of it, or keeps something of it.
    pub(super) fn stays_skipped(&self, s: usize, from: usize) -> bool {
        let step = &self.steps[s];
        let Some((first, last)) = step.arms.filter(|_| step.arms != step.block) else {
            return false;
        };
        let mut others = (first..last).filter(|other| self.steps[*other].block != step.block);
        let stays = (first..last).contains(&from) || others.any(|other| self.is_kept(other));
        self.one(s).omitted && stays
    }

    /// Whether a turn keeps something of the arm that begins with this step, of several: nobody is asked
    /// about it another time.
    pub(super) fn keeps_arm(&self, s: usize) -> bool {
        let step = &self.steps[s];
        let several = step.arms != step.block;
        let begins = step.block.filter(|(first, _)| several && *first == s);
        begins.is_some_and(|(first, end)| (first..end).any(|inside| self.is_kept(inside)))
    }
}
