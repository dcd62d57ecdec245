//! The report of a loop that has ended, and its failures.

use super::LoopRun;
use crate::{
    calls::{
        journal::Journal,
        loops::{LoopCall, LoopReport},
    },
    report::{error::Failure, failures::Failures},
};
use std::{collections::BTreeMap, mem, sync::Arc};

impl<J: Journal> LoopRun<'_, J> {
    /// Adds the index of this item to the failures that were just added. They come after those of
    /// other items, or before them if the loop was already rolling back because of this item.
    pub(super) fn name_failures(&mut self, index: u32) {
        let Failures { first, also, .. } = &mut self.run.failures;
        let is_new = |failure: &&mut Failure<_>| !failure.is_of_item();
        let before = first.iter_mut().chain(also.iter_mut()).take_while(is_new);
        before.for_each(|failure| failure.name_item(index));
        let behind = also.iter_mut().rev().take_while(is_new);
        behind.for_each(|failure| failure.name_item(index));
    }

    /// The report of the loop, which has ended.
    pub(super) fn report(mut self) -> LoopReport {
        let end = self.kernel.end(&self.state.kernels[..self.state.count]);
        self.state.lost = self
            .run
            .aside
            .take()
            .map_or_else(BTreeMap::new, |aside| aside.lost);
        let reason = self.reason.take().and_then(Arc::into_inner);
        let reason = reason.map(Failure::given_back);
        // A rollback of the saga is not a failure of the loop.
        let reason = reason.filter(|_| self.kernel.failed().is_some());
        let Failures { first, also, .. } = &mut self.run.failures;
        let others = first.take().into_iter().chain(also.drain(..));
        let failures = reason.into_iter().chain(others);
        // A rollback by the loop is not a failure of the item.
        let failures = failures
            .filter(|failure| failure.step().is_some())
            .collect();
        LoopReport {
            state: mem::take(&mut self.state),
            end: LoopCall::Ended(end),
            failures,
        }
    }
}
