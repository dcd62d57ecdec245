//! A loop in which an earlier process ended.

use super::{LoopRun, Stage};
use crate::{
    calls::{journal::Journal, loops::GoesOn},
    definition::Items,
    executor::items::item_place,
    generated::machine::Machine,
    report::progress::StepProgress,
    values::call::CallKind,
};

impl<M: Machine, J: Journal> LoopRun<'_, M, J> {
    /// Continues where the records of the loop end. Calls of items that are recorded as started,
    /// but not as ended, are lost with the process that made them.
    pub(super) fn go_on(&mut self, goes_on: GoesOn) {
        let GoesOn {
            lanes,
            failures,
            kernel,
        } = goes_on;
        self.run.failures = failures.recorded();
        self.kernel = kernel;
        let again = |(index, recorded): (usize, StepProgress<_>)| {
            let mut progress = recorded.recorded(|moment| moment);
            progress.wait = recorded.wait;
            (index, progress)
        };
        self.at_hand = lanes.into_iter().map(again).collect();
        if self.stage == Stage::Forward && self.kernel.stop().is_some() {
            self.stop();
        }
        for index in 0..self.state.count {
            self.lose(index);
        }
    }

    fn lose(&mut self, index: usize) {
        // If another item has just failed, this one rolls back before it continues.
        if self.stage == Stage::Stopping {
            self.call_back(index);
        }
        let kernel = &self.state.kernels[index];
        let is_saga = self.definition.steps[usize::from(Items::STEP)].is_nested();
        let call = match kernel.running().next() {
            // The child saga of the item continues by itself.
            Some(_) if is_saga => return,
            Some((_, running)) => running,
            None if kernel.unrecorded().next().is_some() => CallKind::Action,
            None => return,
        };
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let place = item_place::<M, J>(self.step, index, self.scope);
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
