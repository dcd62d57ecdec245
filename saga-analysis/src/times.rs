//! The times of each step of a saga, computed once for all results that depend on them.

use crate::{Analysis, bound::Bound};

/// The times of one step, by the rules for one step.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) applied: Bound,
    pub(crate) given_up: Bound,
    pub(crate) settled: Bound,
    pub(crate) undone: Bound,
    pub(crate) undone_once: Bound,
}

impl Times {
    /// The times of a step that is left out.
    pub(crate) const NONE: Self = Self {
        applied: Bound::ZERO,
        given_up: Bound::ZERO,
        settled: Bound::ZERO,
        undone: Bound::ZERO,
        undone_once: Bound::ZERO,
    };

    pub(crate) fn all(&mut self) -> [&mut Bound; 5] {
        let Self {
            applied,
            given_up,
            settled,
            undone,
            undone_once,
        } = self;
        [applied, given_up, settled, undone, undone_once]
    }
}

impl Analysis<'_> {
    /// The times of each step, by index.
    pub(crate) fn times(&self) -> Vec<Times> {
        let times = self.steps().map(|step| Times {
            applied: self.applied_within(step),
            given_up: self.given_up_within(step),
            settled: self.settled_within(step),
            undone: self.undone_within(step),
            undone_once: self.undone_once(step),
        });
        times.collect()
    }
}
