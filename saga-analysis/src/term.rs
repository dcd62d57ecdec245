//! The terms whose sum is the time of a step.

use saga_definition::{CallKind, Limit};

use crate::bound::{Bound, Of};

/// A term of the longest time that a step takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The calls or waits that take the time.
    pub part: Part,
    /// The longest time that they take.
    pub time: Bound,
}

/// The calls or waits that take time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// This number of calls.
    Calls(CallKind, Limit),
    /// The waits between this number of calls.
    Waits(CallKind, Limit),
    /// The wait of `#[late]`, before `resolve` is called.
    Late,
    /// Doubt that is settled as "did not happen", this number of times.
    Again(Limit),
    /// The wait of a signal or a sleep, or everything that a child saga or a loop does.
    Whole,
}

impl Part {
    pub(crate) const fn takes(self, time: Bound) -> Term {
        Term { part: self, time }
    }
}

/// The sum of all terms.
pub(crate) fn total(terms: &[Term]) -> Bound {
    terms.iter().map(|term| term.time).sum()
}

impl Of {
    /// The time of `times` calls of this length, one after the other.
    pub(crate) fn row(self, length: Bound, times: Limit) -> Term {
        Part::Calls(self.call, times).takes(self.calls(length, times))
    }
}
