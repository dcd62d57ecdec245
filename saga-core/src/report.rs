//! What the machine reports of a call, once the call's value is in its slot.

use crate::{
    call::{Attempt, CallKind, CallSite},
    panic::Panic,
};

/// How a call went, once its value is in its slot.
#[derive(Debug)]
pub enum Report<E> {
    /// The call gave `Ok`.
    Done,
    /// `when` said this.
    Decided(bool),
    /// `resolve` said whether it happened.
    Resolved(bool),
    /// The call gave `Err`.
    Failed(E),
    /// It took too long.
    TimedOut,
    /// It panicked.
    Panicked(Box<Panic>),
    /// Its value cannot be recorded.
    Unrecordable(String),
}

impl<E> Report<E> {
    /// Puts the value of an attempt into its slot and says how the attempt went.
    #[inline]
    pub fn of<T>(attempt: Attempt<T, E>, store: impl FnOnce(T)) -> Self {
        match attempt.value() {
            Ok(value) => {
                store(value);
                Self::Done
            }
            Err(report) => report,
        }
    }

    /// The same for `resolve`, whose `None` says that nothing happened.
    #[inline]
    pub fn answer<T>(attempt: Attempt<Option<T>, E>, store: impl FnOnce(T)) -> Self {
        match attempt.value() {
            Ok(Some(value)) => {
                store(value);
                Self::Resolved(true)
            }
            Ok(None) => Self::Resolved(false),
            Err(report) => report,
        }
    }
}

impl<T, E> Attempt<T, E> {
    /// Its value.
    ///
    /// # Errors
    /// How it went, if it gave none.
    #[inline]
    pub fn value(self) -> Result<T, Report<E>> {
        match self {
            Self::Ok(value) => Ok(value),
            Self::Err(error) => Err(Report::Failed(error)),
            Self::TimedOut => Err(Report::TimedOut),
            Self::Panicked(panic) => Err(Report::Panicked(panic)),
            Self::Unrecordable(why) => Err(Report::Unrecordable(why)),
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
