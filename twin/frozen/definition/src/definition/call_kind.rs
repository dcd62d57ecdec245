//! The kinds of code that a step has.

use std::fmt;

use super::{Call, Step};
use crate::policy::Timing;

/// The kind of code that a call runs.
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
    /// The time limit of a call of this code, if it has one.
    #[must_use]
    pub fn limit(self, step: &Step) -> Option<&Timing> {
        fn of_clause(call: Option<&Call>) -> Option<&Timing> {
            call?.timeout.as_ref()
        }
        match self {
            Self::When => None,
            Self::Action => step.timeout.as_ref(),
            Self::Resolve => of_clause(step.resolve.as_deref()),
            Self::Compensate => of_clause(step.compensation.declared().map(|(_, call)| call)),
            Self::Fallback => of_clause(step.fallback.as_deref()),
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
