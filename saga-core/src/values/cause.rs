//! What went wrong with a call, or with a saga.

use crate::basics::panic::Panic;
use std::{convert::Infallible, fmt};

/// What went wrong with a call, or with the saga.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause<E> {
    /// The step's own error.
    Failed(E),
    /// It took longer than its timeout.
    TimedOut,
    /// It panicked.
    Panicked(Box<Panic>),
    /// A loop has more items than the limit allows.
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
    /// It returned `Ok`, but what it returned cannot be recorded.
    Unrecordable {
        /// Why.
        text: String,
    },
    /// The parent of this child saga rolls back.
    ParentRolledBack {
        /// Which one.
        text: String,
    },
    /// The process that made the call ended before it.
    Lost,
    /// An error of an earlier process, as it was recorded.
    Recorded {
        /// What was recorded of it.
        text: String,
    },
}

impl<E> Cause<E> {
    /// As a predicate, with the error in words of the caller's.
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
    /// The same, except for a step's own error, of which this makes a cause.
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

    /// A copy that borrows a step's own error. That of a panic has its message alone.
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
    /// The same, where errors have a type: what is on record has none.
    pub(crate) fn recorded<E>(&self) -> Cause<E> {
        self.as_ref().map(|never| match *never {})
    }
}

impl<E: fmt::Display> fmt::Display for Cause<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, |error, f| error.fmt(f))
    }
}
