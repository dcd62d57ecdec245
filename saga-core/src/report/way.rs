//! Which way a run goes, for the runs that are part of it.

use crate::kernel::Direction;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a run goes back.
#[derive(Debug, Default)]
pub(crate) struct Way(AtomicBool);

impl Way {
    pub(crate) fn tell(&self, direction: Direction) {
        // All that reads it is polled by the same task.
        self.0
            .store(direction == Direction::Compensating, Ordering::Relaxed);
    }

    pub(crate) fn is_back(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
