//! Follows one run: polls it, and decides which of its notes are to be written.

use crate::{
    clock::{Clock, Moment},
    journal::record::{self, Record},
    runtime::end::End,
    runtime::journal::{Noted, Shared},
    runtime::reading::Redefined,
    runtime::run::Run,
    store::{Change, Claim, Commit, LockChange, NewEvent, Row, SagaId, State, Time},
};
use twin_core::{
    Id,
    run::{Control, discard, event_key},
};
use std::{mem, sync::Arc, task::Context, task::Poll, task::Waker, time::Duration};

/// A run, and its state.
pub(crate) struct Follow {
    pub(crate) saga: SagaId,
    pub(crate) clock: Clock,
    pub(crate) shared: Arc<Shared>,
    /// Where the callers of `cancel` wait for the answer of the run; `None` without such callers.
    pub(crate) control: Option<Arc<Control>>,
    /// The shortest sleep for which the saga is unloaded.
    pub(crate) unload_after: Duration,
    /// Whether it may have keys of locks.
    pub(crate) holds_keys: bool,
    /// When it rolls back if it has not passed its pivot.
    pub(crate) deadline: Option<Moment>,
    /// The number of its next commit.
    pub(crate) seq: u64,
    /// What goes with its next commit, if its row is out of date.
    pub(crate) opening: Option<Opening>,
    /// `None` once it has ended.
    pub(crate) run: Option<Run>,
    /// How it ended, once it has.
    pub(crate) end: Option<End>,
}

/// What goes with the first commit of a saga that continues: the saga is running, and may have
/// another definition.
pub(crate) struct Opening {
    /// The fingerprint of its definition, if that has changed.
    pub(crate) fingerprint: Option<u64>,
    /// The record that it has changed, which comes first. It is not a reason for a commit.
    pub(crate) redefined: Option<Record>,
}

impl Opening {
    /// `None` if the row is up to date.
    pub(crate) fn of(row: &Row, redefined: Option<Redefined>) -> Option<Self> {
        let changed = redefined.is_some() || row.state != State::Running;
        changed.then(|| Self {
            fingerprint: redefined.as_ref().map(|it| it.fingerprint),
            redefined: redefined.map(|it| it.record),
        })
    }
}

/// A commit that is to be written.
pub(crate) struct Draft {
    pub(crate) commit: Commit,
    pub(crate) change: Option<Change>,
    /// The answers that are recorded with it.
    pub(crate) answers: Vec<(u64, String)>,
    pub(crate) upto: u64,
    /// Whether no call is running meanwhile, which a blocked thread would hold up.
    pub(crate) idle: bool,
}

/// The driver's next action, after the notes of a run.
pub(crate) enum Next {
    Write(Draft),
    /// The run has ended, and that is recorded.
    Ended(End),
    /// It was released on request: none of its calls runs, and everything is recorded.
    Released,
    Wait,
}

impl Follow {
    /// Polls the run, if it has not ended.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) {
        if let Some(run) = &mut self.run {
            if let Poll::Ready((record, end)) = run.as_mut().poll(cx) {
                discard(self.run.take());
                self.shared.push(record);
                self.end = Some(end);
            }
        }
    }

    /// The next thing to do. `begins`: its first commit has not been written.
    pub(crate) fn next(&mut self, waker: &Waker, begins: bool) -> Next {
        let noted = self.shared.take(waker, begins);
        let releasing = self.shared.is_releasing();
        let sleeps_until = self.sleeps_until(&noted, begins).filter(|_| !releasing);
        if noted.records.is_empty() && noted.locks.is_empty() && sleeps_until.is_none() {
            return match self.end.take() {
                Some(end) => Next::Ended(end),
                None if releasing && noted.idle => Next::Released,
                None => Next::Wait,
            };
        }
        let opening = self.opening.take();
        let fingerprint = opening.as_ref().and_then(|opening| opening.fingerprint);
        let mut end = self.end.as_mut().filter(|_| !begins);
        let events = end.as_mut().map_or_else(Vec::new, |end| {
            keyed(&self.saga, mem::take(&mut end.events))
        });
        let mut locks = noted.locks;
        let is_over = |end: &&mut End| end.state != State::Parked;
        if self.holds_keys && end.as_ref().is_some_and(is_over) {
            locks.push(LockChange::Release);
        }
        let change = match (end, sleeps_until) {
            (Some(end), _) if end.finally.is_some() => Some((end.state, Claim::Keep)),
            (Some(end), _) => Some((end.state, Claim::Rest)),
            (None, Some(until)) => Some((State::Waiting, Claim::Until(until))),
            (None, None) => {
                let changed = opening.is_some() || !locks.is_empty();
                changed.then_some((State::Running, Claim::Keep))
            }
        };
        let change = change.map(|(state, claim)| Change {
            state,
            claim,
            fingerprint,
            events,
            delivers: false,
            locks,
        });
        let first = opening.and_then(|opening| opening.redefined);
        let records = record::after(first.as_ref(), noted.records);
        Next::Write(Draft {
            commit: Commit {
                seq: self.seq,
                at: self.clock.now(),
                records,
            },
            change,
            answers: noted.answers,
            upto: noted.upto,
            idle: noted.idle,
        })
    }

    /// The time until which the run only waits, if that is long enough to release it.
    fn sleeps_until(&self, noted: &Noted, begins: bool) -> Option<Time> {
        // A caller that waits for the outcome of the pivot would have it loaded again at once.
        let asked = self.control.as_ref().is_some_and(|it| it.awaits_answer());
        if !noted.idle || self.run.is_none() || begins || asked {
            return None;
        }
        let wakes = noted.wakes?;
        let deadline = self.deadline.filter(|_| !noted.late);
        let wakes = deadline.map_or(wakes, |deadline| wakes.min(deadline));
        let wakes = self.clock.at_moment(wakes);
        // A saga that waits for other sagas releases its slot immediately: it may be one of a
        // thousand that do.
        let is_long = noted.queued || self.clock.until(wakes) > self.unload_after;
        (is_long && !self.clock.is_near(wakes)).then_some(wakes)
    }
}

/// Events with their keys.
fn keyed(SagaId { saga, id }: &SagaId, events: Vec<String>) -> Vec<NewEvent> {
    let keyed = events.into_iter().zip(0..).map(|(payload, number)| {
        let key = event_key(saga, &Id::from(Arc::clone(id)), number);
        let key = key.to_string();
        NewEvent { key, payload }
    });
    keyed.collect()
}
