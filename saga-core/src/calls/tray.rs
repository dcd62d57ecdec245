//! What a call that has ended leaves for its record, besides the value in its slot.

use crate::values::codec::Encoded;
use std::sync::{Mutex, PoisonError};

/// Where a call leaves its value as it is recorded, until the event that ends the call is noted.
///
/// A run and the runs that are part of it share one. They are polled by one task, one after the
/// other, and in the poll in which a call ends, its run takes what the call has left before it does
/// anything else. So there is never more than one value.
#[derive(Debug, Default)]
pub struct Tray(Mutex<Encoded>);

impl Tray {
    /// Leaves the JSON of a value, or the reason why it cannot be recorded.
    pub fn leave(&self, value: Encoded) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }

    /// Takes what the call that has just ended has left.
    pub(crate) fn take(&self) -> Encoded {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
