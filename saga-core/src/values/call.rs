//! Identifies one call of a step's code.

pub use crate::definition::CallKind;

/// Identifies a call: the step, which of the step's code, the attempt, and the round.
// In this order for the processor's sake: a step at the beginning is written as two bytes and read
// as four, and such a read waits until the write has reached the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct CallSite {
    /// Which code of the step is called.
    pub call: CallKind,
    /// Whether the key of the step is made as if `compensate none` said something else about reruns,
    /// as it did when the saga called the step under another version.
    pub keeps_key: bool,
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
            keeps_key: false,
            attempt: 1,
            round: 0,
        }
    }

    /// The first call of this step's compensation.
    #[inline]
    pub(crate) fn undoing(step: u16) -> Self {
        Self {
            call: CallKind::Compensate,
            ..Self::attempting(step)
        }
    }
}
