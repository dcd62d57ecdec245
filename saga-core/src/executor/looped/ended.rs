//! How a loop has ended, and what went wrong in it.

use super::{LoopRun, Stage};
use crate::{
    calls::{
        journal::Journal,
        loops::{LoopEnd, LoopReport},
    },
    generated::machine::Machine,
    kernel::{Command, End, Kernel},
    report::failures::Failures,
};
use std::{mem, sync::Arc};

impl<M: Machine, J: Journal> LoopRun<'_, M, J> {
    /// The failures that were just filed are those of this item.
    pub(super) fn name_failures(&mut self, index: u32) {
        let Failures { first, also, .. } = &mut self.run.failures;
        for failure in also.iter_mut().rev().chain(first) {
            if failure.is_of_item() {
                break;
            }
            failure.name_item(index);
        }
    }

    /// How it has ended.
    pub(in crate::executor) fn report(mut self) -> LoopReport<M::Error> {
        let kernels = &self.state.kernels[..self.state.count];
        let ends = |end| {
            kernels
                .iter()
                .any(|kernel| kernel.next() == Command::End(end))
        };
        let refused = self.failed.is_some_and(|failed| failed.refused);
        // Whichever of them says so.
        let aborted = kernels.iter().any(Kernel::aborted);
        let end = match self.stage {
            Stage::Forward if self.crash_loop => LoopEnd::CrashLoop,
            Stage::Forward if ends(End::Parked) => LoopEnd::Unfinished { refused },
            Stage::Forward => LoopEnd::Applied,
            _ if ends(End::Parked) => LoopEnd::Stands { aborted },
            _ => LoopEnd::Undone { refused, aborted },
        };
        let reason = self.reason.take().and_then(Arc::into_inner);
        let Failures { first, also, .. } = &mut self.run.failures;
        let others = first.take().into_iter().chain(also.drain(..));
        let failures = reason.into_iter().chain(others);
        // That its parent rolled back is not a failure of its own.
        let failures = failures
            .filter(|failure| failure.step().is_some())
            .collect();
        LoopReport {
            state: mem::take(&mut self.state),
            end,
            failures,
        }
    }
}
