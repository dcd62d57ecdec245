//! The link between a run and the runs that are part of it: it tells them that it rolls back, and
//! they report that they have failed. All of them are polled by the same task.

use crate::kernel::Direction;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug, Default)]
pub(crate) struct Way {
    /// The run rolls back.
    back: AtomicBool,
    /// The part that was polled last has failed for good.
    failed: AtomicBool,
    /// Its failure is a refusal by a service.
    refused: AtomicBool,
}

impl Way {
    pub(crate) fn tell(&self, direction: Direction) {
        let back = direction == Direction::Compensating;
        self.back.store(back, Ordering::Relaxed);
    }

    pub(crate) fn is_back(&self) -> bool {
        self.back.load(Ordering::Relaxed)
    }

    /// A part of the run has failed for good.
    pub(crate) fn fail(&self, refused: bool) {
        self.failed.store(true, Ordering::Relaxed);
        self.refused.store(refused, Ordering::Relaxed);
    }

    /// Returns whether the part that was just polled has failed for good, and if so, whether a
    /// service refused.
    pub(crate) fn take_failed(&self) -> Option<bool> {
        let failed = self.failed.swap(false, Ordering::Relaxed);
        failed.then(|| self.refused.load(Ordering::Relaxed))
    }
}
