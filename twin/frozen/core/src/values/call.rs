//! Identifies one call of a step's code.

pub use crate::definition::CallKind;
use crate::definition::Step;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

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
pub struct Keyed(u8);

impl Keyed {
    /// As the declaration says.
    pub const AS_DECLARED: Self = Self(0);
    /// As if `compensate none` said something else about reruns.
    const OTHER_RERUN: u8 = 1;
    /// With a `_` before the step's name.
    const UNDERSCORED: u8 = 2;

    /// How the key of this step is made. `is_part`: its saga is part of another one.
    pub(crate) fn of(step: &Step, is_part: bool) -> Self {
        let other_rerun = is_part && step.keeps_key();
        let bit = |is_set, bit| if is_set { bit } else { 0 };
        Self(bit(other_rerun, Self::OTHER_RERUN) | bit(step.underscored, Self::UNDERSCORED))
    }

    /// Whether it is made as if `compensate none` said something else about reruns.
    #[inline]
    pub(crate) const fn is_of_other_rerun(self) -> bool {
        self.0 & Self::OTHER_RERUN != 0
    }

    /// The name of the step in its key.
    #[inline]
    pub(crate) fn name(self, step: &'static str) -> &'static str {
        if self.0 & Self::UNDERSCORED == 0 {
            step
        } else {
            underscored(step)
        }
    }
}

/// The name with a `_` before it; each is made once, for the whole program.
#[cold]
fn underscored(step: &'static str) -> &'static str {
    static KNOWN: Mutex<Option<HashMap<&'static str, &'static str>>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    known
        .entry(step)
        .or_insert_with(|| Box::leak(format!("_{step}").into_boxed_str()))
}

#[cfg(test)]
mod tests {
    use super::Keyed;
    use crate::definition::{Compensation, Rerun, Step};

    #[test]
    fn a_key_is_made_as_when_the_step_was_called() {
        let keyed = |underscored, said| {
            let compensation = Compensation::None(Rerun::Again);
            let step = Step {
                underscored,
                said,
                compensation,
                ..Step::PLAIN
            };
            [true, false].map(|is_part| {
                let keyed = Keyed::of(&step, is_part);
                (keyed.name("room"), keyed.is_of_other_rerun())
            })
        };
        assert_eq!(keyed(false, None), [("room", false); 2]);
        assert_eq!(keyed(true, None), [("_room", false); 2]);
        let once = Some(Rerun::Once);
        assert_eq!(keyed(true, once), [("_room", true), ("_room", false)]);
        let twice = [(); 2].map(|()| keyed(true, None)[0].0.as_ptr());
        assert_eq!(twice[0], twice[1], "it is made once");
    }
}
