//! What the machine is handed to perform calls: one call, a batch of them, and what all share.

use crate::{
    basics::panic::Panic,
    calls::{
        attempt::{Limited, untimed, valued},
        journal::Journal,
        link::Link,
        loops::Looped,
        report::Report,
    },
    definition::Step,
    kernel::{Direction, has_compensation},
    report::{context::Context, error::Failure, place::Place},
    values::{
        call::CallSite,
        cause::Cause,
        codec::{Codec, Encode},
        id::LazyId,
    },
};
use std::{future::Future, sync::Arc};

/// A call that a machine is to perform.
pub struct Call<'a, E> {
    /// Which one.
    pub at: CallSite,
    /// What a `compensate` reads as `failure`.
    pub failure: Option<&'a Failure<E>>,
    /// What a `fallback` reads as `failure`. It is shared because a fallback may run in a block,
    /// while the rest of the block goes on.
    pub own: Option<Arc<Failure<E>>>,
    /// What a loop goes on with.
    pub(crate) looped: Option<Box<Looped>>,
}

impl<E> Call<'_, E> {
    /// A call that is handed nothing.
    #[inline]
    pub(crate) fn plain(at: CallSite) -> Self {
        Self {
            at,
            failure: None,
            own: None,
            looped: None,
        }
    }

    /// The failure that the compensation of an item reads: the saga's, or why the loop goes back by
    /// itself.
    #[must_use]
    pub fn reason(&self) -> &Failure<E> {
        reported(self.failure.or(self.own.as_deref()))
    }

    /// The failure that a fallback reads.
    ///
    /// # Panics
    /// If no attempt failed: only then is a fallback called.
    #[must_use]
    pub fn own(&self) -> &Failure<E> {
        self.own
            .as_deref()
            .expect("a fallback runs after a failure only")
    }
}

/// A batch of calls that fall through from one to the next: where it is, how far it may go, and
/// how its last call went.
#[derive(Debug)]
pub struct Straight<'f, E> {
    /// The call at hand; once the batch has stopped, or has panicked, the last one.
    pub at: CallSite,
    /// On the way forward the first step that it must not reach, on the way back the last one
    /// that it may.
    until: u16,
    /// What a compensation reads as `failure`.
    pub failure: Option<&'f Failure<E>>,
    /// How the last call went.
    pub report: Report<E>,
}

impl<'f, E> Straight<'f, E> {
    #[inline]
    pub(crate) fn new(at: CallSite, until: u16, failure: Option<&'f Failure<E>>) -> Self {
        Self {
            at,
            until,
            failure,
            report: Report::Done,
        }
    }

    /// Goes on with the action of step `next`, if it may.
    #[inline]
    pub fn goes_on(&mut self, next: u16) -> bool {
        let goes = next < self.until;
        if goes {
            // Only the first call of a batch may be a repetition.
            self.at.step = next;
            self.at.attempt = 1;
            self.at.round = 0;
        }
        goes
    }

    /// Goes on with the compensation of the next of these steps that has one, if it may.
    #[inline]
    pub(crate) fn goes_back(&mut self, steps: &[Step]) -> Option<CallSite> {
        let undone = |step: &u16| has_compensation(&steps[usize::from(*step)]);
        let next = (self.until..self.at.step).rev().find(undone)?;
        self.at = CallSite::undoing(next);
        Some(self.at)
    }

    /// Whether all calls up to step `last`, one after the other, gave `Ok`.
    #[inline]
    #[must_use]
    pub fn reached(&self, last: u16) -> bool {
        self.at.step == last && matches!(self.report, Report::Done)
    }

    /// Which step was the last, and how its call went; `panic`: what the batch panicked with.
    #[inline]
    pub(crate) fn ended(self, panic: Option<Box<Panic>>) -> (u16, Report<E>) {
        let report = panic.map_or(self.report, Report::panicked);
        (self.at.step, report)
    }

    /// Where the machine has no such code: see [`CallSite::undeclared`].
    #[cold]
    pub fn undeclared(&self) {
        drop(self.at.undeclared::<E>());
    }
}

/// The failure that a compensation reads.
///
/// # Panics
/// If the saga is not on its way back: only then are such compensations called.
#[must_use]
pub fn reported<E>(failure: Option<&Failure<E>>) -> &Failure<E> {
    failure.expect("a compensation that reads `failure` runs only when the saga rolls back")
}

/// What all calls of a run share.
pub struct Scope<'a, J> {
    pub(crate) journal: &'a J,
    pub(crate) id: &'a LazyId,
    /// If the run is part of another: where.
    pub(crate) place: Option<&'a Place<'a>>,
    /// To the runs that are part of it, if it may have any.
    pub(crate) link: Option<&'a Link>,
}

impl<J> Scope<'_, J> {
    /// The run goes this way.
    pub(crate) fn tell(&self, direction: Direction) {
        if let Some(link) = self.link {
            link.tell(direction);
        }
    }

    /// Whether the run that this one is part of goes back.
    pub(crate) fn is_called_back(&self) -> bool {
        self.place.is_some_and(Place::is_called_back)
    }
}

impl<J> Scope<'_, J> {
    /// The same of what is part of the run.
    pub(crate) fn within<'p>(
        &'p self,
        place: &'p Place<'p>,
        link: Option<&'p Link>,
    ) -> Scope<'p, J> {
        Scope {
            journal: self.journal,
            id: self.id,
            place: Some(place),
            link,
        }
    }
}

impl<J: Journal> Scope<'_, J> {
    /// What a call reads as `ctx`.
    #[must_use]
    pub fn context(&self, at: CallSite, saga: &'static str, step: &'static str) -> Context<'_> {
        Context {
            saga,
            id: self.id.get(),
            step,
            attempt: at.attempt,
            round: at.round,
            within: None,
            item: None,
            place: self.place,
            stays: false,
        }
    }

    /// The same of a step that says `compensate none`: it is run again under its old key.
    #[must_use]
    pub fn lasting(&self, at: CallSite, saga: &'static str, step: &'static str) -> Context<'_> {
        Context {
            stays: true,
            ..self.context(at, saga, step)
        }
    }

    /// Performs and records one call.
    #[inline]
    pub fn perform<'a, T, E, F, C>(
        &'a self,
        at: CallSite,
        codec: C,
        attempt: F,
    ) -> impl Future<Output = Result<T, Cause<E>>> + Send + use<'a, T, E, F, C, J>
    where
        T: Send + 'a,
        E: Send + 'static,
        F: Limited<Output = Result<T, Cause<E>>> + Send + 'a,
        C: Encode<T> + 'a,
    {
        self.journal.perform(self.place, at, codec, attempt)
    }

    /// The same for what most calls are: no time limit, nothing to keep. One function for the
    /// layers around such a call, because layers in generated code take rustc twice as long.
    #[inline]
    pub fn call<'a, T, E, F>(
        &'a self,
        at: CallSite,
        call: F,
    ) -> impl Future<Output = Result<T, Report<E>>> + Send + use<'a, T, E, F, J>
    where
        T: Send + 'a,
        E: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'a,
    {
        valued(self.perform(at, Codec::none(), untimed(call)))
    }
}
