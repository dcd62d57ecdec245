//! A loop in which an earlier process ended.

use super::{LoopRun, Stage};
use crate::{
    calls::{journal::Journal, loops::GoesOn},
    definition::Items,
    executor::items::item_place,
    report::progress::StepProgress,
    values::call::CallKind,
};

impl<J: Journal> LoopRun<'_, J> {
    /// Continues where the records of the loop end. Calls of items that are recorded as started,
    /// but not as ended, are lost with the process that made them.
    pub(super) fn go_on(&mut self, goes_on: GoesOn) {
        let GoesOn {
            lanes,
            failures,
            kernel,
        } = goes_on;
        (self.at_hand, self.run.failures, self.kernel) = (lanes, failures, kernel);
        if self.stage == Stage::Forward && self.kernel.stop().is_some() {
            self.stop();
        }
        for index in 0..self.state.count {
            // If another item has just failed, this one rolls back before it continues.
            if self.stage == Stage::Stopping {
                self.state.kernels[index].recall();
            }
            while let Some((_, call)) = self.state.kernels[index].lost_with_process() {
                self.lose(index, call);
            }
        }
    }

    fn lose(&mut self, index: usize, call: CallKind) {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let place = item_place(self.run.rules, self.step, index, self.scope);
        let scope = self.scope.within(&place, None);
        let new = || StepProgress::of(Items::STEP);
        let mut progress = self.at_hand.remove(&index).unwrap_or_else(new);
        self.enter(index);
        self.run.lost(&scope, &mut progress, call);
        self.name_failures(number);
        self.leave(index);
        self.at_hand.insert(index, progress);
    }
}
