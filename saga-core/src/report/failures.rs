//! The failures of a run, by value: which one is reported, and the others beside it.

use crate::{
    basics::discard::discard,
    kernel::Direction,
    report::error::{Completeness, Error, Failure},
    values::call::CallKind,
};
use std::{convert::Infallible, mem};

/// The failures of a run, in order.
#[derive(Debug)]
pub(crate) struct Failures<E> {
    /// The one that is reported.
    pub(crate) first: Option<Failure<E>>,
    pub(crate) also: Vec<Failure<E>>,
    /// They are of before a resumption: the next failure takes their place.
    outdated: bool,
    /// A call reads the first one, which is away meanwhile.
    lent: bool,
}

impl<E> Default for Failures<E> {
    fn default() -> Self {
        Self {
            first: None,
            also: Vec::new(),
            outdated: false,
            lent: false,
        }
    }
}

impl<E> Failures<E> {
    pub(crate) fn push(&mut self, failure: Failure<E>) {
        // What a `resolve` does not know is no reason of its own.
        if self.outdated && matches!(failure.call(), CallKind::When | CallKind::Action) {
            self.clear();
        }
        match &self.first {
            None => self.first = Some(failure),
            Some(_) => self.also.push(failure),
        }
    }

    /// If a step is about to report a failure for which the saga rolls back already (`failing`), makes
    /// room for that failure before these: [`add`](Self::add) these after it.
    pub(crate) fn set_aside(&mut self, failing: bool) -> Self {
        if failing && !self.outdated {
            mem::take(self)
        } else {
            Self::default()
        }
    }

    pub(crate) fn add(&mut self, others: Self) {
        let others = others.first.into_iter().chain(others.also);
        others.for_each(|failure| self.push(failure));
    }

    /// # Panics
    /// If there are none: a saga goes back, or parks, for a failure.
    pub(crate) fn into_error(self, completeness: Completeness) -> Error<E> {
        let first = self
            .first
            .expect("a saga that did not complete has a failure");
        Error::new(first, self.also, completeness)
    }

    /// Whether the next failure is the one that is reported.
    pub(crate) fn is_open(&self) -> bool {
        !self.lent && (self.first.is_none() || self.outdated)
    }

    /// Lends the first one to a call, during which a request may be heard.
    pub(crate) fn lend(&mut self) -> Option<Failure<E>> {
        self.lent = self.first.is_some();
        self.first.take()
    }

    pub(crate) fn give_back(&mut self, lent: Option<Failure<E>>) {
        if self.lent {
            self.first = lent;
            self.lent = false;
        }
    }

    /// The saga is taken up again in the direction in which it failed: until it fails anew, why it
    /// parked is all there is to report.
    pub(crate) fn outdate(&mut self) {
        self.also.drain(..).for_each(discard);
        self.outdated = true;
    }

    /// Reports this one.
    pub(crate) fn report(&mut self, failure: Failure<E>) {
        if self.outdated {
            self.clear();
        }
        discard(self.first.replace(failure));
    }

    /// Its events could not be made: that is reported of a saga that has completed; of one that was
    /// compensated, beside why.
    pub(crate) fn emit_failed(&mut self, direction: Direction, failure: Failure<E>) {
        match direction {
            Direction::Forward => self.report(failure),
            Direction::Compensating => self.push(failure),
        }
    }

    /// Drops them, each for itself.
    pub(crate) fn clear(&mut self) {
        discard(self.first.take());
        self.also.drain(..).for_each(discard);
        *self = Self::default();
    }
}

impl Failures<Infallible> {
    /// The same, where errors have a type.
    pub(crate) fn recorded<E>(&self) -> Failures<E> {
        Failures {
            first: self.first.as_ref().map(Failure::recorded),
            also: self.also.iter().map(Failure::recorded).collect(),
            outdated: self.outdated,
            lent: self.lent,
        }
    }
}
