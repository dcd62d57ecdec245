//! One call of a step's code: which code it is, and whose.

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
    /// The first attempt of this step.
    #[inline]
    pub(crate) fn attempting(step: u16) -> Self {
        Self {
            step,
            call: CallKind::Action,
            attempt: 1,
            round: 0,
        }
    }

    /// The compensation of this step, called for the first time.
    #[inline]
    pub(crate) fn undoing(step: u16) -> Self {
        Self {
            call: CallKind::Compensate,
            ..Self::attempting(step)
        }
    }
}
