//! The times of a step, and the terms that add up to them.

use typed_saga_definition::{CallKind, Limit};

use crate::{
    Analysis,
    bound::{Bound, Of},
    lanes::Lanes,
};

/// The longest times of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// `D`: from the start of the attempt that causes doubt until it is known that the operation
    /// happened.
    pub settled: Bound,
    /// `S`: until the step is applied, or replaced by its fallback.
    pub applied: Bound,
    /// `F`: until the step has failed for good, in doubt or not, or is replaced by its fallback.
    pub given_up: Bound,
    /// `B`: until the step is undone while the saga rolls back; no time for a step that is not
    /// undone.
    pub undone: Bound,
    /// How it ends, counted from its start, if the saga starts to roll back at any moment.
    pub(crate) cut: Lanes,
    /// The same if the saga rolls back because this step has failed.
    pub(crate) failed: Lanes,
    /// How it ends, counted from the moment at which the saga starts to roll back while it runs.
    pub(crate) halted: Lanes,
}

/// The terms whose sums are the [`Times`] of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are those of `Times`")]
pub struct Terms {
    pub settled: Vec<Term>,
    pub applied: Vec<Term>,
    pub given_up: Vec<Term>,
    pub undone: Vec<Term>,
}

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
    /// The wait of a signal, a sleep or a lock, or everything that a child saga or a loop does.
    Whole,
}

impl Part {
    pub(crate) const fn takes(self, time: Bound) -> Term {
        Term { part: self, time }
    }
}

impl Of {
    /// The time of `times` calls of this length, one after the other.
    pub(crate) fn row(self, length: Bound, times: Limit) -> Term {
        Part::Calls(self.call, times).takes(self.calls(length, times))
    }
}

impl Times {
    /// The times of a step that is left out.
    pub(crate) const NONE: Self = Self {
        settled: Bound::ZERO,
        applied: Bound::ZERO,
        given_up: Bound::ZERO,
        undone: Bound::ZERO,
        cut: Lanes::NONE,
        failed: Lanes::NONE,
        halted: Lanes::NONE,
    };

    /// An upper bound on what the step adds to one pass of a saga that then rolls back.
    pub(crate) fn most(&self) -> Bound {
        let Self {
            settled,
            applied,
            given_up,
            undone,
            cut,
            failed,
            halted,
        } = *self;
        let lanes = [cut, failed, halted].map(|lanes| lanes.takes() + lanes.undoes());
        let forward = settled.max(applied).max(given_up) + undone;
        lanes.into_iter().fold(forward, Bound::max)
    }

    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut Bound> {
        let Self {
            settled,
            applied,
            given_up,
            undone,
            cut,
            failed,
            halted,
        } = self;
        let own = [settled, applied, given_up, undone];
        let lanes = [cut, failed, halted].map(Lanes::bounds);
        own.into_iter().chain(lanes.into_iter().flatten())
    }
}

pub(crate) fn total(terms: &[Term]) -> Bound {
    terms.iter().map(|term| term.time).sum()
}

impl Analysis<'_> {
    /// The longest times of a step.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn times(&self, step: u16) -> Times {
        if let Some(nested) = self.nested(step) {
            return nested;
        }
        let Terms {
            settled,
            applied,
            given_up,
            undone,
        } = self.own_terms(step);
        self.with_lanes(
            step,
            &Times {
                settled: total(&settled),
                applied: total(&applied),
                given_up: total(&given_up),
                undone: total(&undone),
                ..Times::NONE
            },
        )
    }

    /// The times of each step, by index.
    pub(crate) fn all_times(&self) -> Vec<Times> {
        self.steps().map(|step| self.times(step)).collect()
    }
}
