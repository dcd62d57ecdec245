//! What the machine reports of a call, once the call's value is in its slot.

use crate::{
    basics::panic::Panic,
    calls::{lock_table::Request, loops::LoopReport},
    kernel::ChildEnd,
    report::error::Failure,
    values::{
        call::{CallKind, CallSite},
        cause::Cause,
    },
};
use std::{mem, time::Duration};

/// How a call went, once its value is in its slot.
#[derive(Debug)]
pub enum Report<E> {
    /// The call gave `Ok`.
    Done,
    /// `when` said this.
    Decided(bool),
    /// It waits so long.
    Awaits(Duration),
    /// It is a lock, which asks for these keys.
    Requests(Box<Request>),
    /// The value that was sent is in its slot.
    Received,
    /// `resolve` said whether it happened.
    Resolved(bool),
    /// The call failed, or its value cannot be recorded.
    Failed(Cause<E>),
    /// It is a saga that completed, but the expression of its output panicked.
    OutputPanicked(Box<Panic>),
    /// The items of a loop are made, or it has ended.
    Looped(Box<LoopReport<E>>),
    /// It is a saga, which did not complete.
    Nested(Box<NestedEnd<E>>),
}

/// How a saga ended that is a step of another, if it did not complete.
#[derive(Debug)]
pub struct NestedEnd<E> {
    pub(crate) end: ChildEnd,
    /// Its failure, as one of its parent's, and what else went wrong.
    pub(crate) failure: Failure<E>,
    pub(crate) also: Vec<Failure<E>>,
}

impl<E> Report<E> {
    /// Whether it is [`Done`](Self::Done).
    ///
    /// # Errors
    /// What it is, if not.
    #[inline]
    pub(crate) fn done(self) -> Result<(), Self> {
        if let Self::Done = self {
            // Nothing is in it; to drop it takes a look at what it might be.
            mem::forget(self);
            return Ok(());
        }
        Err(self)
    }

    /// The call panicked.
    pub(crate) fn panicked(panic: Box<Panic>) -> Self {
        Self::Failed(Cause::Panicked(panic))
    }

    /// Puts the value of a call into its slot and says how the call went.
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

    /// The same for `resolve`, whose `None` says that nothing happened.
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
    /// Where the machine has no such code. The kernel asks for what the definition declares, so
    /// this is a defect of the library.
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
