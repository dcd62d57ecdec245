//! The terms that the time of a step is a sum of.

use saga_definition::{CallKind, Limit};

use crate::bound::{Bound, Of};

/// A term of the time that a step takes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// What the time is spent on.
    pub part: Part,
    /// How long it takes at most.
    pub time: Bound,
}

/// What time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// So many calls.
    Calls(CallKind, Limit),
    /// The waits between so many calls.
    Waits(CallKind, Limit),
    /// `#[late]`, before an operation is asked for.
    Late,
    /// Doubt that is settled as "did not happen", so many times.
    Again(Limit),
    /// The wait of a signal or a sleep, or all that a saga or a loop does.
    Whole,
}

impl Part {
    pub(crate) const fn takes(self, time: Bound) -> Term {
        Term { part: self, time }
    }
}

/// All of them.
pub(crate) fn total(terms: &[Term]) -> Bound {
    terms.iter().map(|term| term.time).sum()
}

impl Of {
    /// So many calls of this length, one after the other.
    pub(crate) fn row(self, length: Bound, times: Limit) -> Term {
        Part::Calls(self.call, times).takes(self.calls(length, times))
    }
}
