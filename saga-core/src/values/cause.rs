//! What went wrong with a call, or with a saga.

use crate::{basics::panic::Panic, values::parent_failure::ParentFailure};
use std::fmt;

/// What went wrong with a call, or with the saga.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause<E> {
    /// The step's own error.
    Failed(E),
    /// The call took longer than its timeout.
    TimedOut,
    /// The call panicked.
    Panicked(Box<Panic>),
    /// A loop has more items than its limit allows.
    TooManyItems {
        /// The limit.
        limit: usize,
    },
    /// Two items of a loop have the same key: two equal items, each of which is its own key, or two
    /// child sagas with an equal input that a step in them names as its key. The service would take
    /// the second item for a repetition of the first.
    EqualItems {
        /// The path of the loop.
        of: String,
        /// The index of the first of the two.
        first: usize,
        /// The index of the second.
        second: usize,
    },
    /// The saga was cancelled.
    Cancelled,
    /// The saga's deadline passed.
    DeadlineExceeded,
    /// The call returned `Ok`, but the value cannot be recorded.
    Unrecordable {
        /// The reason.
        text: String,
    },
    /// The parent of this child saga rolls back, for this reason.
    ParentRolledBack(Box<ParentFailure>),
    /// The process ended before the call did.
    Lost,
    /// The step's own error, as text alone: its value cannot be recorded, is too large for that, or
    /// cannot be read by this version of the program. The error is this text from the first moment on,
    /// and not only after a crash.
    Recorded {
        /// The text of the error.
        text: String,
    },
}

impl<E> Cause<E> {
    /// Writes the cause as a predicate ("timed out"); `words` writes the step's own error.
    pub(crate) fn write<W: fmt::Write>(
        &self,
        out: &mut W,
        words: impl FnOnce(&E, &mut W) -> fmt::Result,
    ) -> fmt::Result {
        match self {
            Self::Failed(error) => {
                out.write_str("failed: ")?;
                words(error, out)
            }
            Self::TimedOut => out.write_str("timed out"),
            Self::Panicked(panic) => write!(out, "panicked: {}", panic.message()),
            Self::TooManyItems { limit } => write!(out, "has more than {limit} items"),
            Self::EqualItems { of, first, second } => {
                write!(out, "did not begin: {}", equal_items(of, *first, *second))
            }
            Self::Cancelled => out.write_str("was cancelled"),
            Self::DeadlineExceeded => out.write_str("exceeded its deadline"),
            Self::ParentRolledBack(parent) => write!(out, "was rolled back: {parent}"),
            Self::Unrecordable { text } => write!(out, "gave what cannot be recorded: {text}"),
            Self::Lost => out.write_str("was cut off: the process ended"),
            Self::Recorded { text } => write!(out, "failed: {text}"),
        }
    }
}

impl<E> Cause<E> {
    /// Converts the step's own error to a cause with `error`, and leaves every other cause as it
    /// is.
    pub(crate) fn map<F>(self, error: impl FnOnce(E) -> Cause<F>) -> Cause<F> {
        match self {
            Self::Failed(failed) => error(failed),
            Self::TimedOut => Cause::TimedOut,
            Self::Panicked(panic) => Cause::Panicked(panic),
            Self::TooManyItems { limit } => Cause::TooManyItems { limit },
            Self::EqualItems { of, first, second } => Cause::EqualItems { of, first, second },
            Self::Cancelled => Cause::Cancelled,
            Self::DeadlineExceeded => Cause::DeadlineExceeded,
            Self::Unrecordable { text } => Cause::Unrecordable { text },
            Self::ParentRolledBack(parent) => Cause::ParentRolledBack(parent),
            Self::Lost => Cause::Lost,
            Self::Recorded { text } => Cause::Recorded { text },
        }
    }

    /// A copy that borrows the step's own error. The copy of a panic has only its message.
    pub(crate) fn as_ref(&self) -> Cause<&E> {
        match self {
            Self::Failed(failed) => Cause::Failed(failed),
            Self::TimedOut => Cause::TimedOut,
            Self::Panicked(panic) => {
                Cause::Panicked(Box::new(Panic::recorded(panic.message().to_owned())))
            }
            Self::TooManyItems { limit } => Cause::TooManyItems { limit: *limit },
            Self::EqualItems { of, first, second } => Cause::EqualItems {
                of: of.clone(),
                first: *first,
                second: *second,
            },
            Self::Cancelled => Cause::Cancelled,
            Self::DeadlineExceeded => Cause::DeadlineExceeded,
            Self::Unrecordable { text } => Cause::Unrecordable { text: text.clone() },
            Self::ParentRolledBack(parent) => Cause::ParentRolledBack(parent.clone()),
            Self::Lost => Cause::Lost,
            Self::Recorded { text } => Cause::Recorded { text: text.clone() },
        }
    }
}

/// The reason why an item did not begin.
pub(crate) fn equal_items(of: &str, first: usize, second: usize) -> String {
    format!("items {first} and {second} of `{of}` have the same key")
}

impl<E: fmt::Display> fmt::Display for Cause<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, |error, f| error.fmt(f))
    }
}
