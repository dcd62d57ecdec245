//! What a run and its calls hand to each other for the records, besides the values in the slots.

use crate::{calls::attached::Attached, kernel::Event, values::codec::Encoded};
use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Where a call leaves its value as it is recorded, until the event that ends the call is noted; and
/// where the attempt of a child saga waits for the inputs, which are noted with it.
///
/// A run and the runs that are part of it share one. They are polled by one task, one after the
/// other. In the poll in which a call ends, its run notes the end before anything else; and in the poll
/// in which a child saga is attempted, its inputs are evaluated. So there is never more than one of
/// each, and nothing stays from one poll to the next.
#[derive(Debug)]
pub struct Tray {
    limit: usize,
    on: Mutex<On>,
}

/// What is on a tray.
#[derive(Debug, Default)]
struct On {
    value: Encoded,
    /// An attempt that waits, and what was to be noted since.
    held: Vec<(Event, Attached)>,
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

    /// The reason why the value that the call has left cannot be recorded, if it cannot.
    pub(crate) fn unrecordable(&self) -> Option<String> {
        self.on().value.as_ref()?.as_ref().err().cloned()
    }

    /// Takes what the call that has just ended has left.
    pub(crate) fn take(&self) -> Encoded {
        self.on().value.take()
    }

    /// Whether an attempt waits.
    pub(crate) fn holds(&self) -> bool {
        !self.on().held.is_empty()
    }

    /// Holds back the attempt of a child saga until its inputs are known, or an event behind it.
    pub(crate) fn hold(&self, event: Event, with: Attached) {
        self.on().held.push((event, with));
    }

    /// Takes the attempt that waits, and what was to be noted since.
    pub(crate) fn take_held(&self) -> Vec<(Event, Attached)> {
        mem::take(&mut self.on().held)
    }

    fn on(&self) -> MutexGuard<'_, On> {
        self.on.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
