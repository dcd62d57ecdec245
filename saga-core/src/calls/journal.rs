//! The boundary to durability: a journal performs a call and records its outcome, and notes what
//! the kernel was told.
//!
//! The executor is written against [`Journal`] alone. [`Volatile`] keeps nothing and costs nothing;
//! a durable journal makes each note and each outcome outlast the process, *attempting* before the
//! call begins.

use crate::{
    calls::attempt::Limited,
    kernel::{Command, Event},
    report::place::Place,
    values::{call::CallSite, cause::Cause, codec::Encode},
};
use std::{future::Future, time::Duration};

/// Where a run is recorded.
///
/// All of it, the sagas and items that are part of it included: `place` says of what is told which
/// of these it is, and `None` is the run itself. Steps are indices into the definition at that
/// place.
///
/// A journal that cannot go on (its store is lost, or somebody else owns it) lets
/// [`perform`](Self::perform) wait for ever: a run has no outcome then, and whoever owns it drops
/// it.
pub trait Journal: Send + Sync {
    /// Whether what it is told outlasts the process; decides which defaults hold.
    const DURABLE: bool;

    /// Whether the defaults of a durable run hold: as [`DURABLE`](Self::DURABLE) says, unless a run
    /// in memory is told to a journal that is.
    fn is_durable(&self) -> bool {
        Self::DURABLE
    }

    /// Takes note of an event, in order; `words` says why, of a call that failed. What is noted
    /// before a call is on record before the call begins.
    fn note(&self, place: Option<&Place<'_>>, event: Event, words: impl FnOnce() -> Option<String>);

    /// Takes note of a wait, from now on; [`Event::Waited`], [`Event::LatePassed`] or
    /// [`Event::Turned`] end it, or whatever else is heard of the step.
    fn wait(&self, place: Option<&Place<'_>>, command: Command, wait: Duration);

    /// Why the effect that the step's action just gave cannot be recorded, if so. Asked once,
    /// before the effect is noted.
    fn unrecordable(&self, place: Option<&Place<'_>>, step: u16) -> Option<String>;

    /// Takes note of the inputs of a saga that is a step, as JSON, which belong to the attempt that
    /// was just noted, and of how long it may take.
    ///
    /// # Errors
    /// Why they cannot be recorded.
    fn enclose(
        &self,
        place: Option<&Place<'_>>,
        step: u16,
        input: Option<Result<String, String>>,
        limit: Option<Duration>,
    ) -> Result<(), String>;

    /// Keeps the items of a loop, as JSON, until the attempt that follows is noted, to which they
    /// belong.
    ///
    /// # Errors
    /// Why they cannot be recorded.
    fn itemize(
        &self,
        place: Option<&Place<'_>>,
        step: u16,
        items: Vec<String>,
    ) -> Result<(), String>;

    /// Keeps the effect that the step's action just gave until it is noted, as
    /// [`perform`](Self::perform) does: that of a saga that is a step, whose calls are performed
    /// by themselves.
    fn keep<T>(&self, place: Option<&Place<'_>>, at: CallSite, codec: &impl Encode<T>, value: &T);

    /// Performs one call and records its outcome. `attempt` does nothing before its first poll,
    /// which comes when all that was noted is on record.
    ///
    /// # Errors
    /// [`Failed`](Cause::Failed), [`TimedOut`](Cause::TimedOut) or [`Panicked`](Cause::Panicked), as
    /// `attempt` gives it; or [`Unrecordable`](Cause::Unrecordable), if it gave a value that cannot be
    /// recorded, except for an action: see [`unrecordable`](Self::unrecordable). Any other cause
    /// makes the run panic.
    fn perform<'a, T, E, F, C>(
        &'a self,
        place: Option<&'a Place<'a>>,
        at: CallSite,
        codec: C,
        attempt: F,
    ) -> impl Future<Output = Result<T, Cause<E>>> + Send + 'a
    where
        T: Send + 'a,
        E: Send + 'static,
        F: Limited<Output = Result<T, Cause<E>>> + Send + 'a,
        C: Encode<T> + 'a;
}

/// Keeps nothing: a run in memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Volatile;

impl Journal for Volatile {
    const DURABLE: bool = false;

    #[inline]
    fn note(&self, _: Option<&Place<'_>>, _: Event, _: impl FnOnce() -> Option<String>) {}

    #[inline]
    fn wait(&self, _: Option<&Place<'_>>, _: Command, _: Duration) {}

    #[inline]
    fn unrecordable(&self, _: Option<&Place<'_>>, _: u16) -> Option<String> {
        None
    }

    #[inline]
    fn enclose(
        &self,
        _: Option<&Place<'_>>,
        _: u16,
        _: Option<Result<String, String>>,
        _: Option<Duration>,
    ) -> Result<(), String> {
        Ok(())
    }

    #[inline]
    fn itemize(&self, _: Option<&Place<'_>>, _: u16, _: Vec<String>) -> Result<(), String> {
        Ok(())
    }

    #[inline]
    fn keep<T>(&self, _: Option<&Place<'_>>, _: CallSite, _: &impl Encode<T>, _: &T) {}

    #[inline]
    fn perform<'a, T, E, F, C>(
        &'a self,
        _: Option<&'a Place<'a>>,
        _: CallSite,
        _: C,
        attempt: F,
    ) -> impl Future<Output = Result<T, Cause<E>>> + Send + 'a
    where
        T: Send + 'a,
        E: Send + 'a,
        F: Limited<Output = Result<T, Cause<E>>> + Send + 'a,
        C: Encode<T> + 'a,
    {
        attempt
    }
}
