//! One call of a step's code: which code it is, and whose.

use crate::definition::{Call, Step, Timing};
use std::fmt;

/// Which code of a step is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// Its `when`.
    When,
    /// Its action.
    Action,
    /// `resolve`.
    Resolve,
    /// `compensate`.
    Compensate,
    /// `fallback`.
    Fallback,
}

impl CallKind {
    /// How long a call of this code of a step may take, if that is limited.
    #[must_use]
    pub fn limit(self, step: &Step) -> Option<&Timing> {
        fn of_clause(call: Option<&Call>) -> Option<&Timing> {
            call?.timeout.as_ref()
        }
        match self {
            Self::When => None,
            Self::Action => step.timeout.as_ref(),
            Self::Resolve => of_clause(step.resolve.as_ref()),
            Self::Compensate => of_clause(step.compensation.declared().map(|(_, call)| call)),
            Self::Fallback => of_clause(step.fallback.as_ref()),
        }
    }
}

impl fmt::Display for CallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::When => "`when`",
            Self::Action => "action",
            Self::Resolve => "`resolve`",
            Self::Compensate => "compensation",
            Self::Fallback => "fallback",
        })
    }
}

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
