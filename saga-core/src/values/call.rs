//! Identifies one call of a step's code.

pub use crate::definition::CallKind;
use crate::definition::Step;

/// Identifies a call: the step, which of the step's code, the attempt, and the round.
// In this order for the processor's sake: a step at the beginning is written as two bytes and read
// as four, and such a read waits until the write has reached the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct CallSite {
    /// Which code of the step is called.
    pub call: CallKind,
    /// How the key of the step is made.
    pub keyed: Keyed,
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
            keyed: Keyed::AS_DECLARED,
            attempt: 1,
            round: 0,
        }
    }
}

/// How the key of a step is made: as its declaration says, or as it was made when the saga called the
/// step under another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// As if `compensate none` said something else about reruns.
    other_rerun: bool,
}

impl Keyed {
    /// As the declaration says.
    pub const AS_DECLARED: Self = Self { other_rerun: false };

    /// How the key of this step is made. `is_part`: its saga is part of another one.
    pub(crate) fn of(step: &Step, is_part: bool) -> Self {
        Self {
            other_rerun: is_part && step.keeps_key(),
        }
    }

    /// Whether it is made as if `compensate none` said something else about reruns.
    #[inline]
    pub(crate) const fn is_of_other_rerun(self) -> bool {
        self.other_rerun
    }
}

#[cfg(test)]
mod tests {
    use super::Keyed;
    use crate::definition::{Compensation, Rerun, Step};

    #[test]
    fn a_key_is_made_as_when_the_step_was_called() {
        let keyed = |said| {
            let compensation = Compensation::None(Rerun::Again);
            let step = Step {
                said,
                compensation,
                ..Step::PLAIN
            };
            [true, false].map(|is_part| Keyed::of(&step, is_part).is_of_other_rerun())
        };
        assert_eq!(keyed(None), [false; 2]);
        assert_eq!(keyed(Some(Rerun::Once)), [true, false]);
    }
}
