//! The end of a durable run.

use super::{
    durable_run::DurableRun,
    execute::{boxed_finally, completeness, output, summary},
};
use crate::executor::run_state::RunState;
use crate::{
    basics::{discard::discard, panic::Panic},
    calls::{events::Events, journal::Journal},
    generated::{
        machine::{EventOf, Machine, leave},
        object::children,
    },
    kernel::End,
    report::{error::Error, summary::Summary},
    values::id::{Key, event_key},
};
use std::{fmt, future::Future, mem, pin::Pin, sync::Arc};

/// A durable run that has ended.
pub struct Ended<M: Machine> {
    pub(super) machine: M,
    pub(super) slots: M::Slots,
    pub(super) durable: Box<DurableRun>,
    pub(super) end: End,
    pub(super) events: Vec<EndEvent<EventOf<M>>>,
}

/// An event of a run that has ended.
pub(super) struct EndEvent<T> {
    event: T,
    /// The event as JSON, if the saga is durable.
    json: Option<String>,
}

impl<T> EndEvent<T> {
    pub(super) fn of<M: Machine<Events: Events<Event = T>>>(
        journal: &impl Journal,
        event: T,
    ) -> Result<Self, String> {
        let (event, json) = journal.read_back(None, None, "an event", &M::event_codec(), event);
        match json.transpose() {
            Ok(json) => Ok(Self { event, json }),
            Err(why) => {
                discard(event);
                Err(why)
            }
        }
    }
}

/// Makes an attempt to deliver an event.
pub type HandOver = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>>>;

/// The result of a durable run.
pub enum Finished<M: Machine> {
    /// Every step is applied, skipped or replaced by its fallback.
    Completed(M::Output),
    /// Every step is applied, but the expression of the output panicked.
    OutputLost(Box<Panic>),
    /// The saga did not complete: it was compensated or is parked, according to the error's
    /// completeness.
    Failed(Error<M::Error>),
}

impl<M: Machine> Ended<M> {
    /// The outcome, without values.
    #[must_use]
    pub fn end(&self) -> End {
        self.end
    }

    /// The outcome as text, as `finally` reads it.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let DurableRun { id, run, .. } = &*self.durable;
        summary(run, &children::<M>(&self.slots), id, self.end)
    }

    /// Takes its events as JSON, in order. They must be written in the commit that records the end.
    /// If the end was already recorded, there are none: they were written with it.
    #[must_use]
    pub fn take_events(&mut self) -> Vec<String> {
        if !M::Events::EMITS {
            return Vec::new();
        }
        let events = mem::take(&mut self.events).into_iter();
        let json = events.filter_map(|EndEvent { event, json }| {
            discard(event);
            json
        });
        json.collect()
    }

    /// Takes its events in order, each with its key and a function that delivers it by `publish`,
    /// as a saga in memory does.
    #[must_use]
    pub fn hand_overs(&mut self) -> Vec<(Key, HandOver)> {
        let events = mem::take(&mut self.events);
        let Some(publisher) = self.machine.publisher() else {
            return Vec::new();
        };
        let (saga, id) = (&*M::DEFINITION.name, self.durable.id.get());
        let hand_over = |(number, told): (u64, EndEvent<EventOf<M>>)| {
            let key = event_key(saga, id, number);
            let (event, publisher) = (Arc::new(told.event), publisher.clone());
            let attempt: HandOver = Box::new(move || {
                let attempt = publisher.attempt(Arc::clone(&event), key);
                Box::pin(async move { attempt.await.map_err(|undelivered| undelivered.error) })
            });
            (key, attempt)
        };
        (0..).zip(events).map(hand_over).collect()
    }

    /// Drops the run, and returns its `finally`, if it has one.
    #[must_use]
    pub fn into_finally(self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        let finally = self.finally();
        let Self {
            machine, mut slots, ..
        } = self;
        leave(machine, &mut slots);
        finally
    }

    /// Returns its `finally`, if it has one. A panic of `finally` is reported only to the
    /// observers.
    #[must_use]
    pub fn finally(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        let finally = self.machine.finally(&|| self.summary())?;
        Some(boxed_finally(finally, self.durable.run.audience()))
    }

    /// Returns its output, or the reason why there is none.
    #[must_use]
    pub fn finish(self) -> Finished<M> {
        let Self {
            machine,
            mut slots,
            mut durable,
            end,
            ..
        } = self;
        match failure::<M>(&mut durable.run, &slots, end) {
            Some(error) => {
                leave(machine, &mut slots);
                Finished::Failed(error)
            }
            None => match output(machine, &mut slots) {
                Ok(output) => Finished::Completed(output),
                Err(panic) => Finished::OutputLost(panic),
            },
        }
    }
}

impl<M: Machine> fmt::Debug for Ended<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended")
            .field("saga", &M::DEFINITION.name)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// The error of a run that did not complete.
pub(super) fn failure<M: Machine>(
    run: &mut RunState,
    slots: &M::Slots,
    end: End,
) -> Option<Error<M::Error>> {
    let completeness = completeness(run, &children::<M>(slots), end)?;
    let plain = run.rules.plain;
    let error = run.failures.take_error(plain, completeness, M::below);
    Some(error)
}
