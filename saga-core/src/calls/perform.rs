//! The input of the machine when it performs calls: one call, a batch of calls, and the data that
//! all calls share.

use crate::{
    basics::panic::Panic,
    calls::{
        attached::{Attached, Inputs},
        attempt::{Limited, untimed, valued},
        journal::{Journal, limited},
        link::Link,
        loops::Looped,
        report::Report,
        tray::Tray,
    },
    kernel::{Direction, Event},
    report::{
        context::Context,
        error::Failure,
        place::Place,
        raised::{AnyFailure, Lent},
    },
    values::{
        call::CallSite,
        cause::Cause,
        codec::{Codec, Encode, Encoded, Unrecorded},
        id::LazyId,
    },
};
use std::{future::Future, sync::Arc, time::Duration};

/// A call that is to be performed, as the executor knows it.
pub struct AnyCall<'a> {
    /// The step, the code, the attempt and the round.
    pub(crate) at: CallSite,
    /// The value of `failure` in a `compensate`.
    pub(crate) failure: Option<&'a dyn AnyFailure>,
    /// The value of `failure` in a `fallback`. Shared, because a fallback may run in a block while
    /// the rest of the block continues.
    pub(crate) own: Option<Arc<Lent>>,
    /// The state with which a loop continues.
    pub(crate) looped: Option<Box<Looped>>,
}

impl<'a> AnyCall<'a> {
    /// A call that is passed nothing.
    #[inline]
    pub(crate) fn plain(at: CallSite) -> Self {
        Self {
            at,
            failure: None,
            own: None,
            looped: None,
        }
    }

    /// The call as the machine knows it, whose errors are of this type.
    #[inline]
    pub(crate) fn typed<E: 'static>(self) -> Call<'a, E> {
        Call {
            at: self.at,
            failure: self.failure.map(<dyn AnyFailure>::typed),
            own: self.own,
            looped: self.looped,
        }
    }
}

/// A call that a machine is to perform.
pub struct Call<'a, E> {
    /// The step, the code, the attempt and the round.
    pub at: CallSite,
    /// The value of `failure` in a `compensate`.
    pub failure: Option<&'a Failure<E>>,
    /// The value of `failure` in a `fallback`.
    pub(crate) own: Option<Arc<Lent>>,
    /// The state with which a loop continues.
    pub(crate) looped: Option<Box<Looped>>,
}

impl<E: 'static> Call<'_, E> {
    /// The failure that the compensation of an item reads: the failure of the saga, or the reason
    /// why the loop rolls back on its own account.
    #[must_use]
    pub fn reason(&self) -> &Failure<E> {
        reported(self.failure.or_else(|| self.lent()))
    }

    /// The failure that a fallback reads.
    ///
    /// # Panics
    /// If no attempt has failed: a fallback is called only after a failure.
    #[must_use]
    pub fn own(&self) -> &Failure<E> {
        self.lent().expect("a fallback runs after a failure only")
    }

    fn lent(&self) -> Option<&Failure<E>> {
        Some(self.own.as_deref()?.read().typed())
    }
}

/// A batch of attempts, each of which leads directly to the next: the current call, the limit of the
/// batch, and the report of the last call.
#[derive(Debug)]
pub struct Straight<E> {
    /// The current call; once the batch has stopped or panicked, the last one.
    pub at: CallSite,
    /// The first step that the batch must not reach.
    until: u16,
    /// The report of the last call.
    pub report: Report<E>,
}

impl<E> Straight<E> {
    #[inline]
    pub(crate) fn new(at: CallSite, until: u16) -> Self {
        Self {
            at,
            until,
            report: Report::Done,
        }
    }

    /// Continues with the action of step `next`, and returns `true`, if the batch may reach it.
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

    /// Whether all calls up to step `last`, one after the other, returned `Ok`.
    #[inline]
    #[must_use]
    pub fn reached(&self, last: u16) -> bool {
        self.at.step == last && matches!(self.report, Report::Done)
    }

    /// Returns the last step, and the report of its call; `panic` is the panic that ended the
    /// batch, if there was one.
    #[inline]
    pub(crate) fn ended(self, panic: Option<Box<Panic>>) -> (u16, Report<E>) {
        let report = panic.map_or(self.report, Report::panicked);
        (self.at.step, report)
    }

    /// Panics, because the machine has no such code: see [`CallSite::undeclared`].
    #[cold]
    pub fn undeclared(&self) {
        drop(self.at.undeclared::<E>());
    }
}

/// The failure that a compensation reads.
///
/// # Panics
/// If the saga does not roll back: such compensations are called only then.
#[must_use]
pub fn reported<E>(failure: Option<&Failure<E>>) -> &Failure<E> {
    failure.expect("a compensation that reads `failure` runs only when the saga rolls back")
}

/// The data that all calls of a run share.
pub struct Scope<'a, J> {
    pub(crate) journal: &'a J,
    pub(crate) id: &'a LazyId,
    /// The place of the run, if it is part of another.
    pub(crate) place: Option<&'a Place<'a>>,
    /// The link to the runs that are part of this one, if there can be any.
    pub(crate) link: Option<&'a Link>,
    /// Where a call leaves what is recorded of it, if anything is.
    pub(crate) tray: Option<&'a Tray>,
}

impl<J> Scope<'_, J> {
    /// Tells the runs that are part of this one in which direction it goes.
    pub(crate) fn tell(&self, direction: Direction) {
        if let Some(link) = self.link {
            link.tell(direction);
        }
    }
}

impl<J> Scope<'_, J> {
    /// The scope of a run that is part of this one.
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
            tray: self.tray,
        }
    }
}

impl<J: Journal> Scope<'_, J> {
    /// Returns the `ctx` of a call.
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
        }
    }

    /// Returns a value as it is read back from its record, and its JSON. `what` names it.
    pub(crate) fn read_back<T>(
        &self,
        step: Option<u16>,
        what: &str,
        codec: &Codec<T>,
        value: T,
    ) -> (T, Encoded) {
        self.journal.read_back(self.place, step, what, codec, value)
    }

    /// The maximum size of a recorded value's JSON, in bytes.
    pub(crate) fn value_limit(&self) -> usize {
        self.tray.map_or(usize::MAX, Tray::limit)
    }

    /// Notes an event, with what is recorded with it, and with the value that a call has left: the
    /// first event after that is its end. Behind the attempt of a child saga, it waits for the inputs,
    /// too.
    #[inline]
    pub(crate) fn note(&self, event: Event, with: Attached) {
        if J::DURABLE {
            match self.tray {
                Some(tray) if tray.holds() => tray.hold(event, with),
                tray => {
                    let value = tray.and_then(Tray::take);
                    let with = Attached { value, ..with };
                    self.journal.note(self.place, event, with);
                }
            }
        }
    }

    /// Whether the attempt of a child saga waits for its inputs: nothing is noted before it.
    #[inline]
    pub(crate) fn holds_back(&self) -> bool {
        J::DURABLE && self.tray.is_some_and(Tray::holds)
    }

    /// Notes the attempt of a child saga that waits for its inputs, with the inputs if there are any,
    /// and what was to be noted since. Returns whether there is such an attempt.
    #[inline]
    pub(crate) fn note_held(&self, mut inputs: Option<Inputs>) -> bool {
        let tray = self.tray.filter(|_| J::DURABLE);
        let held = tray.map_or_else(Vec::new, Tray::take_held);
        let waited = !held.is_empty();
        for (event, with) in held {
            let inputs = inputs.take();
            let with = Attached { inputs, ..with };
            self.journal.note(self.place, event, with);
        }
        waited
    }

    /// Notes the attempt of a child saga that begins, with its inputs and its time limit.
    ///
    /// # Errors
    /// The reason why they cannot be recorded.
    pub(crate) fn enclose(&self, input: Encoded, limit: Option<Duration>) -> Result<(), String> {
        if !J::DURABLE {
            return Ok(());
        }
        let within = |json| limited(json, self.value_limit());
        let json = input.map(|json| json.and_then(within)).transpose()?;
        if self.note_held(Some(Inputs { json, limit })) {
            Ok(())
        } else {
            Err("its attempt is recorded without them".to_owned())
        }
    }

    /// Leaves the effect of a child saga until it is noted, as [`perform`](Self::perform) does with
    /// the value of a call.
    pub(crate) fn leave(&self, effect: Encoded) {
        if let Some(tray) = self.tray {
            let within = |json| limited(json, tray.limit());
            tray.leave(effect.map(|json| json.and_then(within)));
        }
    }

    /// The reason why the effect that an action has returned cannot be recorded, if it cannot.
    #[inline]
    pub(crate) fn unrecordable(&self) -> Option<String> {
        // A run in memory does not even look.
        let tray = self.tray.filter(|_| J::DURABLE);
        tray.and_then(Tray::unrecordable)
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
        self.journal
            .perform(self.place, (at, self.tray), codec, attempt)
    }

    /// Performs and records a call of the most common kind: without a time limit, and with nothing
    /// to record. The layers around such a call are in this one function, because layers in
    /// generated code take rustc twice as long.
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
        valued(self.perform(at, Unrecorded, untimed(call)))
    }
}

#[cfg(test)]
pub(crate) mod tests;
