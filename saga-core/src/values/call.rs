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
}
