//! The observers of one run, and their notification.

use super::{
    event::{Interest, Observer, RunEvent},
    everywhere::{EVERYWHERE, interest},
};
use crate::{
    basics::discard::quietly,
    definition::Definition,
    kernel::{CallChange, Event},
    report::context::Context,
    values::{
        call::{CallKind, CallSite},
        id::{Id, Key},
    },
};
use std::{sync::Arc, task::Poll};

/// The observers of one run.
pub(crate) struct Audience {
    saga: &'static str,
    id: Id,
    /// The path of the run, if it is part of another one.
    within: Option<String>,
    observers: Vec<Arc<dyn Observer>>,
    /// Whether one of them needs more than [`Interest::Failures`].
    needs_all: bool,
}

impl Audience {
    /// Gathers those of this run's observers and the observer of all runs that need anything;
    /// `None` if there are none.
    pub(crate) fn gather(
        saga: &'static str,
        id: impl FnOnce() -> Id,
        mut observers: Vec<Arc<dyn Observer>>,
    ) -> Option<Arc<Self>> {
        observers.extend(EVERYWHERE.get().cloned());
        let mut needs_all = false;
        observers.retain(|observer| {
            let interest = interest(&**observer);
            needs_all |= interest == Interest::All;
            interest != Interest::Nothing
        });
        if observers.is_empty() {
            return None;
        }
        Some(Arc::new(Self {
            saga,
            id: id(),
            within: None,
            observers,
            needs_all,
        }))
    }

    /// Returns the same observers for a run that is part of this one.
    pub(crate) fn within(&self, path: String) -> Arc<Self> {
        Arc::new(Self {
            saga: self.saga,
            id: self.id.clone(),
            within: Some(path),
            observers: self.observers.clone(),
            needs_all: self.needs_all,
        })
    }

    /// Whether an observer needs everything.
    pub(crate) fn needs_all(&self) -> bool {
        self.needs_all
    }

    /// Whether an observer needs this event. A `resolve` or a compensation that succeeds may abort
    /// the saga, because the doubt is settled.
    #[inline]
    pub(crate) fn needs(&self, event: Event) -> bool {
        use CallChange::{Starts, Succeeds};
        use CallKind::{Action, Fallback, When};
        let goes_well = || matches!(event.call(), Starts(_) | Succeeds(When | Action | Fallback));
        self.needs_all || !goes_well()
    }

    /// Notifies the observers of an event of the whole saga.
    pub(crate) fn tell(&self, what: &RunEvent<'_>) {
        self.tell_of(&self.context("", 0, 0), what);
    }

    pub(crate) fn tell_of(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        for observer in &self.observers {
            // A panic of an observer does not affect the run.
            quietly(|| observer.on_event(at, what));
        }
    }

    pub(crate) fn context(&self, step: &'static str, attempt: u32, round: u32) -> Context<'_> {
        Context {
            saga: self.saga,
            id: &self.id,
            step,
            attempt,
            round,
            within: self.within.as_deref(),
            item: None,
            place: None,
        }
    }

    /// Polls inside [`Observer::around`] of all observers.
    pub(crate) fn around<T>(&self, at: &Context<'_>, poll: &mut dyn FnMut() -> Poll<T>) -> Poll<T> {
        let mut polled = None;
        quietly(|| {
            nest(&self.observers, at, &mut || {
                // Polls only once, even if an observer calls `poll` several times.
                if polled.is_none() {
                    polled = Some(poll());
                }
            });
        });
        polled.unwrap_or_else(poll)
    }
}

/// Notifies the observers of a run, from outside the run, that one of its calls is stuck: the run
/// itself cannot if the call blocks its thread.
pub fn report_stuck(
    definition: &'static Definition,
    id: impl FnOnce() -> Id,
    observers: &[Arc<dyn Observer>],
    (within, declared, at): (Option<&str>, &'static Definition, CallSite),
) {
    if let Some(audience) = Audience::gather(&definition.name, id, observers.to_vec()) {
        let step = &declared.steps[usize::from(at.step)].name;
        let context = Context {
            within,
            ..audience.context(step, at.attempt, at.round)
        };
        audience.tell_of(&context, &RunEvent::Stuck);
    }
}

/// Notifies the observers of a saga that has ended that one of its events cannot be delivered: the
/// number of the event, its key, and the error.
pub fn report_undelivered(
    definition: &'static Definition,
    id: Id,
    observers: &[Arc<dyn Observer>],
    (number, key, error): (u64, &Key, &str),
) {
    if let Some(audience) = Audience::gather(&definition.name, || id, observers.to_vec()) {
        audience.tell(&RunEvent::Undelivered { number, key, error });
    }
}

fn nest(observers: &[Arc<dyn Observer>], at: &Context<'_>, poll: &mut dyn FnMut()) {
    match observers {
        [] => poll(),
        [outer, inner @ ..] => outer.around(at, &mut || nest(inner, at, poll)),
    }
}
