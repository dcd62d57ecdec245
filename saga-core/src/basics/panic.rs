//! A panic of the user's code as a value.

use super::shortened::shortened;
use std::{
    any::Any,
    borrow::Cow,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
    task::Poll,
};

/// A panic of the user's code, caught.
pub struct Panic {
    message: Cow<'static, str>,
    /// The lock is there only because a payload need not be `Sync`.
    payload: Mutex<Box<dyn Any + Send>>,
}

impl Panic {
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = if let Some(text) = payload.downcast_ref::<&'static str>() {
            shortened(*text)
        } else if let Some(text) = payload.downcast_ref::<String>() {
            shortened(text.clone())
        } else {
            Cow::Borrowed("a payload that is not text")
        };
        Self {
            message,
            payload: Mutex::new(payload),
        }
    }

    /// A panic of an earlier process, as it was recorded: the payload is its text.
    pub(crate) fn recorded(message: String) -> Self {
        Self::new(Box::new(message))
    }

    /// The text that `panic!` was called with; of one that is longer than 16 KiB, the beginning.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The payload, as [`std::panic::resume_unwind`] takes it.
    #[must_use]
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.payload
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Box<dyn Any + Send>> for Panic {
    fn from(payload: Box<dyn Any + Send>) -> Self {
        Self::new(payload)
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.message).finish()
    }
}

/// Runs the user's code. State that a panic leaves half-changed must not be read afterwards.
#[inline]
pub(crate) fn caught<T>(code: impl FnOnce() -> T) -> Result<T, Box<Panic>> {
    catch_unwind(AssertUnwindSafe(code)).map_err(boxed)
}

/// Compiled once, for all code that may panic.
#[cold]
fn boxed(payload: Box<dyn Any + Send>) -> Box<Panic> {
    Box::new(Panic::new(payload))
}

/// Polls the user's code. If it panics, the poll is ready with what `panicked` makes of the panic.
#[inline]
pub(crate) fn caught_poll<T>(
    poll: impl FnOnce() -> Poll<T>,
    panicked: impl FnOnce(Box<Panic>) -> T,
) -> Poll<T> {
    // Unwind safe: what panicked is never polled again, and a slot is written in one go.
    caught(poll).unwrap_or_else(|panic| Poll::Ready(panicked(panic)))
}
