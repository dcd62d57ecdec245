//! The boundary to durability: a journal performs a call and records its outcome, and notes the
//! events of the kernel.
//!
//! The executor uses only [`Journal`]. [`Volatile`] records nothing and costs nothing; with a
//! durable journal, each note and each outcome survives the process, and *attempting* is recorded
//! before the call begins.

use crate::{
    calls::{attached::Attached, attempt::Limited, tray::Tray},
    kernel::{Command, Event},
    report::place::Place,
    values::{
        call::CallSite,
        cause::Cause,
        codec::{Codec, Encode, Encoded},
    },
};
use std::{
    future::Future,
    task::{Context, Poll},
    time::Duration,
};

/// The records of a run.
///
/// A journal records the run and all child sagas and items in it: `place` identifies the one that
/// an event belongs to, and `None` is the run itself. Steps are indices into the definition at that
/// place.
///
/// In a journal that cannot continue (its store is lost, or has another owner),
/// [`perform`](Self::perform) waits forever: the run then has no outcome, and its owner drops it.
pub trait Journal: Send + Sync {
    /// Whether the records outlive the process; decides which defaults apply.
    const DURABLE: bool;

    /// Notes an event, in order, and what is recorded with it. Everything that is noted before a
    /// call is recorded before the call begins.
    fn note(&self, place: Option<&Place<'_>>, event: Event, with: Attached);

    /// Notes a wait that begins now. [`Event::Waited`], [`Event::LatePassed`], [`Event::Turned`] or
    /// any other event of the step ends it.
    fn wait(&self, place: Option<&Place<'_>>, command: Command, wait: Duration);

    /// Whether the run has the keys that it [requested](Attached::keys) for this step. If not, the
    /// task is woken once it has.
    fn poll_keys(&self, step: u16, cx: &Context<'_>) -> Poll<()>;

    /// Leaves the queues of the keys that the run requested for this step: it no longer waits for
    /// them.
    fn withdraw(&self, step: u16);

    /// Returns a value that is recorded as it is read back, and its JSON. `what` names the value:
    /// the input of a child saga, an item, an effect, a signal, an error, or an event, which belongs
    /// to no step. ([`perform`](Self::perform) reads back what a call returns.)
    fn read_back<T>(
        &self,
        _place: Option<&Place<'_>>,
        _step: Option<u16>,
        _what: &str,
        codec: &Codec<T>,
        value: T,
    ) -> (T, Encoded) {
        codec.read_back(value)
    }

    /// Performs one call, and returns its value as it is read back. `attempt` does nothing before
    /// its first poll, which comes once everything that was noted is recorded. What is recorded of
    /// the value is left in the tray, as the call ends.
    ///
    /// # Errors
    /// [`Failed`](Cause::Failed), [`TimedOut`](Cause::TimedOut) or [`Panicked`](Cause::Panicked),
    /// as `attempt` returns it; or [`Unrecordable`](Cause::Unrecordable), if it returned a value
    /// that cannot be recorded, except for an action that changes something: the reason is left in
    /// the tray then. Any other cause makes the run panic.
    fn perform<'a, T, E, F, C>(
        &'a self,
        place: Option<&'a Place<'a>>,
        call: (CallSite, Option<&'a Tray>),
        codec: C,
        attempt: F,
    ) -> impl Future<Output = Result<T, Cause<E>>> + Send + 'a
    where
        T: Send + 'a,
        E: Send + 'static,
        F: Limited<Output = Result<T, Cause<E>>> + Send + 'a,
        C: Encode<T> + 'a;
}

/// The journal of a run in memory: records nothing. In a durable saga, values are read back all the
/// same, so that the saga runs as it does on an engine. Such a run has its locks from a
/// [`LockTable`](crate::LockTable).
#[derive(Clone, Copy, Debug, Default)]
pub struct Volatile;

/// JSON, if it is not too large.
///
/// # Errors
/// The reason why it is not recorded.
pub fn limited(json: String, limit: usize) -> Result<String, String> {
    let bytes = json.len();
    if bytes > limit {
        return Err(format!(
            "it has {bytes} bytes of JSON, more than the `effect_limit` of {limit}"
        ));
    }
    Ok(json)
}

impl Journal for Volatile {
    const DURABLE: bool = false;

    #[inline]
    fn note(&self, _: Option<&Place<'_>>, _: Event, _: Attached) {}

    #[inline]
    fn wait(&self, _: Option<&Place<'_>>, _: Command, _: Duration) {}

    fn poll_keys(&self, _: u16, _: &Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn withdraw(&self, _: u16) {}

    #[inline]
    fn perform<'a, T, E, F, C>(
        &'a self,
        _: Option<&'a Place<'a>>,
        _: (CallSite, Option<&'a Tray>),
        codec: C,
        attempt: F,
    ) -> impl Future<Output = Result<T, Cause<E>>> + Send + 'a
    where
        T: Send + 'a,
        E: Send + 'a,
        F: Limited<Output = Result<T, Cause<E>>> + Send + 'a,
        C: Encode<T> + 'a,
    {
        codec.in_memory(attempt)
    }
}
