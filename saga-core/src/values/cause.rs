//! What went wrong with a call, or with a saga.

use crate::basics::panic::Panic;
use std::{convert::Infallible, fmt};

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
    /// Two items of a loop are equal, and a step of the items has the item as its key: the service
    /// would take the second for a repetition of the first.
    EqualItems {
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
    /// The parent of this child saga rolls back.
    ParentRolledBack {
        /// The step of the parent, and why it rolls back.
        text: String,
    },
    /// The process ended before the call did.
    Lost,
    /// An error of an earlier process, as recorded.
    Recorded {
        /// The recorded text of the error.
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
            Self::EqualItems { first, second } => {
                write!(
                    out,
                    "has equal items, {first} and {second}, which are its keys"
                )
            }
            Self::Cancelled => out.write_str("was cancelled"),
            Self::DeadlineExceeded => out.write_str("exceeded its deadline"),
            Self::ParentRolledBack { text } => write!(out, "was rolled back: {text}"),
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
            Self::EqualItems { first, second } => Cause::EqualItems { first, second },
            Self::Cancelled => Cause::Cancelled,
            Self::DeadlineExceeded => Cause::DeadlineExceeded,
            Self::Unrecordable { text } => Cause::Unrecordable { text },
            Self::ParentRolledBack { text } => Cause::ParentRolledBack { text },
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
            &Self::EqualItems { first, second } => Cause::EqualItems { first, second },
            Self::Cancelled => Cause::Cancelled,
            Self::DeadlineExceeded => Cause::DeadlineExceeded,
            Self::Unrecordable { text } => Cause::Unrecordable { text: text.clone() },
            Self::ParentRolledBack { text } => Cause::ParentRolledBack { text: text.clone() },
            Self::Lost => Cause::Lost,
            Self::Recorded { text } => Cause::Recorded { text: text.clone() },
        }
    }
}

impl Cause<Infallible> {
    /// The same cause, for a run whose errors have a type: a recorded cause has no error value.
    pub(crate) fn recorded<E>(&self) -> Cause<E> {
        self.as_ref().map(|never| match *never {})
    }
}

impl<E: fmt::Display> fmt::Display for Cause<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, |error, f| error.fmt(f))
    }
}
