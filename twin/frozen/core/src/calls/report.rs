//! The report of a call, which the machine returns after it has put the call's value into its slot.

use crate::{
    basics::panic::Panic,
    calls::{lock_table::Request, loops::LoopReport},
    kernel::ChildEnd,
    report::{error::Failure, raised::Raised},
    values::{
        call::{CallKind, CallSite},
        cause::Cause,
    },
};
use std::{mem, time::Duration};

/// The outcome of a call, whose value is already in its slot.
#[derive(Debug)]
pub enum Report<E> {
    /// The call returned `Ok`.
    Done,
    /// The value of `when`.
    Decided(bool),
    /// The step waits this long.
    Awaits(Duration),
    /// The step is a lock, which requests these keys.
    Requests(Box<Request>),
    /// The value of the signal is in its slot.
    Received,
    /// The answer of `resolve`: whether the step happened.
    Resolved(bool),
    /// The call failed, or its value cannot be recorded.
    Failed(Cause<E>),
    /// The child saga completed, but the expression of its output panicked.
    OutputPanicked(Box<Panic>),
    /// The items of a loop were created, or the loop has ended.
    Looped(Box<LoopReport>),
    /// The child saga did not complete.
    Nested(Box<NestedEnd>),
}

/// The end of a child saga that did not complete.
#[derive(Debug)]
pub struct NestedEnd {
    pub(crate) end: ChildEnd,
    /// Whether the child was aborted.
    pub(crate) aborted: bool,
    /// The failure of the child, as the parent reports it, and its other failures.
    pub(crate) failure: Failure<Raised>,
    pub(crate) also: Vec<Failure<Raised>>,
}

impl<E> Report<E> {
    /// Returns `Ok` if the report is [`Done`](Self::Done).
    ///
    /// # Errors
    /// Any other report.
    #[inline]
    pub(crate) fn done(self) -> Result<(), Self> {
        if let Self::Done = self {
            // `Done` contains nothing, so skip the drop, which would have to check the variant.
            mem::forget(self);
            return Ok(());
        }
        Err(self)
    }

    /// The report without the type of the saga's errors.
    #[inline]
    pub(crate) fn raised(self) -> Report<Raised>
    where
        E: Send + Sync + 'static,
    {
        match self {
            Self::Done => Report::Done,
            Self::Decided(taken) => Report::Decided(taken),
            Self::Awaits(wait) => Report::Awaits(wait),
            Self::Requests(request) => Report::Requests(request),
            Self::Received => Report::Received,
            Self::Resolved(happened) => Report::Resolved(happened),
            Self::Failed(cause) => Report::Failed(cause.raised()),
            Self::OutputPanicked(panic) => Report::OutputPanicked(panic),
            Self::Looped(looped) => Report::Looped(looped),
            Self::Nested(end) => Report::Nested(end),
        }
    }

    /// The call panicked.
    pub(crate) fn panicked(panic: Box<Panic>) -> Self {
        Self::Failed(Cause::Panicked(panic))
    }

    /// Puts the value of a call into its slot and returns the report.
    #[inline]
    pub fn of<T>(result: Result<T, Cause<E>>, store: impl FnOnce(T)) -> Self {
        match result {
            Ok(value) => {
                store(value);
                Self::Done
            }
            Err(cause) => Self::Failed(cause),
        }
    }

    /// Puts the answer of `resolve` into its slot and returns the report; `None` means that the
    /// step did not happen.
    #[inline]
    pub fn answer<T>(result: Result<Option<T>, Cause<E>>, store: impl FnOnce(T)) -> Self {
        match result {
            Ok(Some(value)) => {
                store(value);
                Self::Resolved(true)
            }
            Ok(None) => Self::Resolved(false),
            Err(cause) => Self::Failed(cause),
        }
    }
}

impl CallSite {
    /// Panics, because the machine has no such code. The kernel asks only for code that the
    /// definition declares, so this is a defect of the library.
    ///
    /// # Panics
    /// Always.
    #[cold]
    #[must_use]
    pub fn undeclared<E>(self) -> Report<E> {
        unreachable!(
            "step {} declares no {}",
            self.step,
            CallKind::to_string(&self.call)
        )
    }
}
