//! What a run and its calls hand to each other for the records, besides the values in the slots.

use crate::values::codec::Encoded;
use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A position in the sequence of all that is noted: of the run, of its child sagas and items, and of
/// their rollbacks. It never goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Upto(pub u64);

/// Where a call leaves its value as it is recorded, until the event that ends the call is noted; and
/// where a child saga that begins finds the attempt that its inputs belong to.
///
/// A run and the runs that are part of it share one. They are polled by one task, one after the
/// other. In the poll in which a call ends, its run takes what the call has left before it does
/// anything else, and a call begins in the poll in which its attempt is noted. So there is never
/// more than one of each.
#[derive(Debug)]
pub struct Tray {
    limit: usize,
    on: Mutex<On>,
}

/// What is on a tray.
#[derive(Debug, Default)]
struct On {
    value: Encoded,
    attempt: Option<Upto>,
}

impl Tray {
    /// The tray of a run. `limit` is the maximum size of a recorded value's JSON, in bytes.
    pub(crate) fn new(limit: usize) -> Self {
        let on = Mutex::default();
        Self { limit, on }
    }

    /// The maximum size of a recorded value's JSON, in bytes.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Leaves the JSON of a value, or the reason why it cannot be recorded.
    pub fn leave(&self, value: Encoded) {
        let left = mem::replace(&mut self.on().value, value);
        debug_assert!(left.is_none(), "a call is noted before another one ends");
    }

    /// Takes what the call that has just ended has left.
    pub(crate) fn take(&self) -> Encoded {
        self.on().value.take()
    }

    /// The attempt of a child saga was noted at this position, and its call begins.
    pub(crate) fn leave_attempt(&self, noted: Upto) {
        self.on().attempt = Some(noted);
    }

    /// Takes the position at which the attempt was noted whose call begins.
    pub(crate) fn take_attempt(&self) -> Option<Upto> {
        self.on().attempt.take()
    }

    fn on(&self) -> MutexGuard<'_, On> {
        self.on.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
