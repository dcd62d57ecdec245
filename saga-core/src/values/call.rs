//! One call of a step's code: which code it is, whose, and how it ended.

use crate::basics::panic::Panic;

pub use crate::definition::CallKind;

/// Where a call belongs: the step, which of its code, which attempt and which round.
// In this order for the processor's sake: a step at the beginning is written as two bytes and read
// as four, and such a read waits until the write has reached the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct CallSite {
    /// Which of its code.
    pub call: CallKind,
    /// The step's index in the definition.
    pub step: u16,
    /// The action's latest attempt, counted from 1.
    pub attempt: u32,
    /// The step's round, counted from 0.
    pub round: u32,
}

impl CallSite {
    /// The first attempt of the first step.
    pub(crate) fn first() -> Self {
        Self {
            step: 0,
            call: CallKind::Action,
            attempt: 1,
            round: 0,
        }
    }

    /// The compensation of this step, called for the first time.
    #[inline]
    pub(crate) fn undoing(step: u16) -> Self {
        Self {
            step,
            call: CallKind::Compensate,
            ..Self::first()
        }
    }
}

/// How one call ended.
#[derive(Debug)]
pub enum Attempt<T, E> {
    /// It returned `Ok`.
    Ok(T),
    /// It returned `Err`.
    Err(E),
    /// It took longer than its timeout.
    TimedOut,
    /// It panicked.
    Panicked(Box<Panic>),
    /// It returned `Ok`, but the value cannot be recorded, for this reason. An action never ends
    /// this way: see [`Journal::unrecordable`](crate::Journal::unrecordable).
    Unrecordable(String),
}
