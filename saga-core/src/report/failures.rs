//! The failures of a run, by value: the one that is reported, and the others.

use crate::{
    basics::{discard::discard, source::Source},
    definition::Text,
    kernel::Direction,
    report::{
        completeness::Completeness,
        error::{Error, Failure},
        raised::{Lent, Raised},
        standing::EMIT,
        why::Why,
    },
    values::{call::CallKind, cause::Cause, parent_failure::ParentFailure, written::Written},
};
use std::{convert::Infallible, mem};

/// The failures of a run, in order.
#[derive(Debug)]
pub(crate) struct Failures<E = Raised> {
    /// The failure that is reported.
    pub(crate) first: Option<Failure<E>>,
    pub(crate) also: Vec<Failure<E>>,
    /// The failures are from before a resumption: the next failure of an action replaces them.
    outdated: bool,
    /// A call has borrowed the first failure, and will return it.
    lent: bool,
    /// Why the saga's parent rolls back, if it does.
    pub(crate) parent: Option<Box<ParentFailure>>,
}

impl<E> Default for Failures<E> {
    fn default() -> Self {
        Self {
            first: None,
            also: Vec::new(),
            outdated: false,
            lent: false,
            parent: None,
        }
    }
}

impl Clone for Failures<Written> {
    fn clone(&self) -> Self {
        self.map_ref(Written::copied)
    }
}

impl Failures {
    /// Takes out the failures by the type of the saga's errors, for the saga's caller. `plain` is
    /// [`Lent::plain`] for that type.
    ///
    /// # Panics
    /// If there are no failures: a saga rolls back, or parks, because of one.
    pub(crate) fn take_error<E: 'static>(
        &mut self,
        plain: fn(Failure<Infallible>) -> Lent,
        completeness: Completeness,
        below: fn(&E) -> Source<'_>,
    ) -> Error<E> {
        let (first, also) = self.lend_all(plain);
        let also = also.into_iter().map(Lent::typed).collect();
        Error::new(first.typed(), also, completeness, below)
    }

    /// Takes out the failures, each in the box of its type. Compiled once for all types.
    #[inline(never)]
    fn lend_all(&mut self, plain: fn(Failure<Infallible>) -> Lent) -> (Lent, Vec<Lent>) {
        let Self { first, also, .. } = mem::take(self);
        let first = first.expect("a saga that did not complete has a failure");
        let also = also.into_iter().map(|failure| failure.lend(plain));
        (first.lend(plain), also.collect())
    }

    /// Lends the first failure to a call, during which a request may arrive. `plain` is
    /// [`Lent::plain`] for the type of the saga's errors.
    pub(crate) fn lend(&mut self, plain: fn(Failure<Infallible>) -> Lent) -> Option<Lent> {
        self.lent = self.first.is_some();
        Some(self.first.take()?.lend(plain))
    }

    /// Takes out all failures, in order, which [`put_all`](Self::put_all) puts back.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Failure<Raised>> {
        let also = mem::take(&mut self.also);
        self.first.take().into_iter().chain(also)
    }

    pub(crate) fn put_all(&mut self, mut failures: impl Iterator<Item = Failure<Raised>>) {
        self.first = failures.next();
        self.also = failures.collect();
    }

    pub(crate) fn give_back(&mut self, lent: Option<Lent>) {
        if self.lent {
            self.first = lent.map(Failure::given_back);
            self.lent = false;
        }
    }
}

impl<E> Failures<E> {
    pub(crate) fn push(&mut self, failure: Failure<E>) {
        // A failed `resolve`, for example, is not a new reason.
        if self.outdated && matches!(failure.call(), CallKind::When | CallKind::Action) {
            self.clear();
        }
        match &self.first {
            None => self.first = Some(failure),
            Some(_) => self.also.push(failure),
        }
    }

    /// If a step is about to report the failure for which the saga already rolls back (`failing`),
    /// takes out the failures so far, so that that failure comes first. Put them back with
    /// [`add`](Self::add) afterwards.
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

    /// Whether the next failure becomes the one that is reported.
    pub(crate) fn is_open(&self) -> bool {
        !self.lent && (self.first.is_none() || self.outdated)
    }

    /// The saga is resumed. If that is the direction in which it failed, then the reason why it
    /// parked is all there is to report until it fails again.
    pub(crate) fn resumed(&mut self, direction: Direction) {
        if direction == Direction::Forward {
            self.also.drain(..).for_each(discard);
            self.outdated = true;
        }
    }

    /// Makes `failure` the one that is reported.
    pub(crate) fn report(&mut self, failure: Failure<E>) {
        if self.outdated {
            self.clear();
        }
        discard(self.first.replace(failure));
    }

    /// The saga's events could not be created. If the saga has completed, that is reported; if it
    /// was compensated, it is listed after the reason for that.
    pub(crate) fn emit_failed(&mut self, direction: Direction, cause: Cause<E>) {
        let failure = Failure::of_action(Text::Borrowed(EMIT), None, cause);
        match direction {
            Direction::Forward => self.report(failure),
            Direction::Compensating => self.push(failure),
        }
    }

    /// Why the run of `saga` rolls back, if it does: because of a part that has failed and still undoes
    /// itself (`failing`), or for the failure that it reports, whose error is copied by `error`.
    pub(crate) fn why(
        &self,
        saga: &Text,
        failing: Option<&Failure<Written>>,
        error: impl FnOnce(&E) -> Cause<Written>,
    ) -> Option<Why> {
        let saga = saga.clone();
        let first = || Some(self.first.as_ref()?.map_ref(error));
        match failing.cloned().or_else(first) {
            Some(failure) => Some(Why { saga, failure }),
            None => Some(Why::of_parent(saga, self.parent.clone()?)),
        }
    }

    /// A copy of recorded failures, whose errors are made by `error`.
    pub(crate) fn map_ref<F>(&self, error: impl Fn(&E) -> Cause<F>) -> Failures<F> {
        let copy = |failure: &Failure<E>| failure.map_ref(&error);
        Failures {
            first: self.first.as_ref().map(copy),
            also: self.also.iter().map(copy).collect(),
            outdated: self.outdated,
            lent: self.lent,
            parent: self.parent.clone(),
        }
    }

    /// Drops all failures, each on its own, since a `drop` may panic.
    pub(crate) fn clear(&mut self) {
        discard(self.first.take());
        self.also.drain(..).for_each(discard);
        *self = Self::default();
    }
}
