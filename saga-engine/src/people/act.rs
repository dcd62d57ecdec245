//! Performs the actions of operators: each is checked against the saga's state, and recorded.

use crate::{
    error::{EngineError, Unreadable},
    journal::action::{Action, Attribution},
    journal::plan,
    journal::request::{Answer, Request},
    people::planned::PlannedCommit,
    runtime::held::ActiveRun,
    runtime::inbox::Done,
    runtime::inner::{Else, Inner, SubmitStatus},
    runtime::run::AnySaga,
    runtime::tasks::Tasks,
    store::{
        Claim, Commit, EventChange, Mark, Message, SagaId, State, StoreError, Stored, Take, Time,
    },
};
use std::{future::Future, panic::resume_unwind, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinError, time::sleep};
use typed_saga_core::{Cancel, Definition};

impl Inner {
    /// Performs an action on a saga, whichever worker runs it. `message` is the number of the
    /// request in the inbox, if it came from there.
    pub(crate) async fn act(
        self: &Arc<Self>,
        saga: &SagaId,
        action: Action,
        who: Attribution,
        message: Option<u64>,
    ) -> Result<Done, EngineError> {
        if let Some((number, change)) = event_change(&action, &who) {
            let answer = message.map(|number| (number, Answer::Done.text()));
            let done = match message {
                Some(_) => Done::Answered,
                None => Done::Unanswered,
            };
            match self.decide(saga, number, change, answer).await {
                Ok(false) => {}
                Ok(true) | Err(EngineError::Store(StoreError::Answered { .. })) => return Ok(done),
                Err(error) => return Err(error),
            }
            return Err(EngineError::Refused {
                saga: saga.clone(),
                why: plan::Refused::NoEvent,
            });
        }
        loop {
            self.session().await?;
            let (action, who) = (action.clone(), who.clone());
            match self.try_to_act(saga, action, who, message).await {
                // Nothing was written, so try again under the next epoch.
                Err(EngineError::Store(StoreError::Fenced { .. })) if message.is_none() => {}
                done => return done,
            }
        }
    }

    async fn try_to_act(
        self: &Arc<Self>,
        saga: &SagaId,
        action: Action,
        who: Attribution,
        message: Option<u64>,
    ) -> Result<Done, EngineError> {
        let entry = self.entries.get(&saga.saga).cloned();
        let entry = entry.ok_or_else(|| EngineError::unreadable(saga, Unreadable::Unknown))?;
        // Check before the saga is released.
        let stored = self.stored(saga).await?;
        if !tries_again(&stored, &action) {
            match self.planned(&*entry, &stored, &action).await {
                // Let the running call end.
                Err(EngineError::Refused {
                    why: plan::Refused::Runs { .. },
                    ..
                }) => {}
                planned => drop(planned?),
            }
        }
        if let Action::Cancel = action {
            let (answer, done) = self.cancel_by(saga, who, message).await?;
            return match answer {
                Some(Cancel::Accepted) | None => Ok(done),
                Some(Cancel::TooLate) => Err(EngineError::Refused {
                    saga: saga.clone(),
                    why: plan::Refused::TooLate,
                }),
            };
        }
        let (inner, saga) = (Arc::clone(self), saga.clone());
        to_its_end(&self.tasks, async move {
            inner.away(&entry, &saga, action, who, message).await
        })
        .await
    }

    /// Performs the action while no worker runs the saga; afterwards the saga continues.
    async fn away(
        self: &Arc<Self>,
        entry: &Arc<dyn AnySaga>,
        saga: &SagaId,
        action: Action,
        who: Attribution,
        message: Option<u64>,
    ) -> Result<Done, EngineError> {
        // Each outcome has its `finally`: one that a crash or a shutdown has cut off comes first.
        let resumes = matches!(action, Action::Resume);
        let held = loop {
            let held = self.take_away(saga, entry.definition()).await?;
            if let Take::Theirs = self.take(&held).await? {
                drop(held);
                return self.ask(saga, action, who, message).await;
            }
            if !resumes || !self.owes_finally(saga).await {
                break held;
            }
            // It is run without a slot, until it is released.
            let begun = held.begun.as_ref().map(watch::Sender::subscribe);
            held.shared.want();
            self.resume(held, Arc::clone(entry), Duration::ZERO);
            if let Some(begun) = begun {
                closed(begun).await;
            }
        };
        let done = self.do_it(&held, &**entry, &action, who, message).await;
        drop(held);
        match done {
            Ok((until, done)) => {
                if let Some(until) = until {
                    self.due(until);
                }
                Ok(done)
            }
            Err(error) => {
                // The saga continues as if there had been no request.
                self.settle(saga).await;
                match error {
                    // Somebody else has carried it out.
                    EngineError::Store(StoreError::Answered { .. }) => Ok(Done::Answered),
                    error => Err(error),
                }
            }
        }
    }

    /// Whether the `finally` of a parked saga is due, and can run. What cannot be read now, the action
    /// itself reports.
    async fn owes_finally(&self, saga: &SagaId) -> bool {
        if self.live().unreadable.contains_key(saga) {
            return false;
        }
        let row = self.stored(saga).await.map(|stored| stored.row);
        row.is_ok_and(|row| row.state == State::Parked && row.due.is_some())
    }

    /// Claims a saga that exists for this hold.
    pub(super) async fn take(&self, held: &ActiveRun) -> Result<Take, EngineError> {
        let taken = self.claim_for(held).await;
        match taken.map_err(|error| self.lost(error))? {
            Take::Missing => Err(EngineError::NotFound {
                saga: held.saga.clone(),
            }),
            taken => Ok(taken),
        }
    }

    /// Sends a request to the worker that runs the saga, and waits for its answer. A request from
    /// the inbox is left to that worker, which finds the message itself.
    pub(super) async fn ask(
        &self,
        saga: &SagaId,
        action: Action,
        who: Attribution,
        message: Option<u64>,
    ) -> Result<Done, EngineError> {
        let saga = saga.clone();
        if message.is_some() {
            return Err(StoreError::NotHeld { saga }.into());
        }
        let request = serde_json::to_string(&Request { action, who });
        let request = request.map_err(|error| EngineError::Input {
            why: error.to_string(),
        })?;
        let number = self.store.send(saga.clone(), request, self.now()).await?;
        loop {
            sleep(self.settings.inbox_interval).await;
            self.check()?;
            let answer = match self.store.message(number).await {
                Ok(Some(Message {
                    answer: Some(answer),
                    ..
                })) => answer,
                // The request is recorded, whether or not the store can be read now.
                Ok(Some(_)) | Err(StoreError::Unavailable { .. }) => continue,
                Ok(None) => return Err(EngineError::AnswerGone { saga }),
                Err(error) => return Err(error.into()),
            };
            let answer = match serde_json::from_str(&answer) {
                Ok(Answer::Done) => return Ok(Done::Answered),
                Ok(Answer::Refused(why)) => why,
                Ok(answer @ (Answer::Duplicate { .. } | Answer::NotHeard { .. })) => {
                    match answer.why() {
                        Some(why) => return Err(EngineError::Refused { saga, why }),
                        None => answer.text(),
                    }
                }
                Err(_) => answer,
            };
            return Err(EngineError::RefusedElsewhere { saga, answer });
        }
    }

    /// Records an action, and returns the time at which the saga is due afterwards.
    async fn do_it(
        self: &Arc<Self>,
        held: &ActiveRun,
        entry: &dyn AnySaga,
        action: &Action,
        who: Attribution,
        message: Option<u64>,
    ) -> Result<(Option<Time>, Done), EngineError> {
        let saga = &held.saga;
        let stored = self.stored(saga).await?;
        let (epoch, ours) = (held.session.epoch, held.hold());
        let answers = message.map(|number| (number, Answer::Done.text()));
        let answers: Vec<_> = answers.into_iter().collect();
        let done = message.map_or(Done::Unanswered, |_| Done::Answered);
        if tries_again(&stored, action) {
            let due = Some(self.now());
            let released = self.store.release(epoch, ours, due, Mark::Cleared, answers);
            released.await.map_err(|error| self.lost(error))?;
            drop(self.live().unreadable.remove(saga));
            return Ok((due, done));
        }
        let (_, deed) = self.planned(entry, &stored, action).await?;
        let Some(deed) = deed else {
            return Ok((None, Done::Unanswered));
        };
        let commit = Commit {
            seq: stored.row.commits,
            at: self.now(),
            records: deed.records(who),
        };
        let PlannedCommit {
            change, redefined, ..
        } = deed;
        if let Some(define) = redefined.and_then(|it| it.to_store(&saga.saga)) {
            let defined = self.store.define(held.session.epoch, define).await;
            defined.map_err(|error| self.lost(error))?;
        }
        let claim = change.claim;
        let written = self
            .store
            .append(epoch, ours, commit, Some(change), answers);
        written.await.map_err(|error| self.lost(error))?;
        if let Action::Abandon = action {
            // Nothing is left that would have to be read.
            drop(self.live().unreadable.remove(saga));
        }
        let until = match claim {
            Claim::Until(until) => Some(until),
            Claim::Keep | Claim::Rest => None,
        };
        Ok((until, done))
    }

    /// Releases a saga. No task resumes it while the returned guard exists.
    async fn take_away(
        self: &Arc<Self>,
        saga: &SagaId,
        definition: &'static Definition,
    ) -> Result<ActiveRun, EngineError> {
        loop {
            let begun = {
                let live = self.live();
                live.at_hand.get(saga).map(|at_hand| {
                    at_hand.shared.release();
                    at_hand.begun.clone()
                })
            };
            if let Some(begun) = begun {
                closed(begun).await;
            }
            self.session().await?;
            if let Some(held) = self.hold_only(saga, definition, Else::Nothing) {
                return Ok(held);
            }
        }
    }

    /// A saga with its journal.
    pub(crate) async fn stored(&self, saga: &SagaId) -> Result<Stored, EngineError> {
        let stored = self.found(saga).await?;
        stored.ok_or_else(|| EngineError::NotFound { saga: saga.clone() })
    }

    /// A saga with its journal, if it exists.
    pub(crate) async fn found(&self, saga: &SagaId) -> Result<Option<Stored>, EngineError> {
        match self.store.load(saga.clone()).await {
            Err(error @ StoreError::Corrupt { .. }) => {
                Err(EngineError::unreadable(saga, Unreadable::Damaged(error)))
            }
            stored => Ok(stored?),
        }
    }
}

/// What an action decides about an event, if it does: of which number, and how.
fn event_change(action: &Action, who: &Attribution) -> Option<(Option<u64>, EventChange)> {
    match action {
        Action::Redeliver { number } => Some((*number, EventChange::Redeliver)),
        Action::Skip { number } => {
            let why = who.reason.clone().unwrap_or_default();
            let why = match &who.actor {
                Some(by) => format!("{why} (by {by})"),
                None => why,
            };
            Some((*number, EventChange::Skip { why }))
        }
        Action::Cancel
        | Action::Resume
        | Action::Settle { .. }
        | Action::Signal { .. }
        | Action::Abandon => None,
    }
}

/// Whether an action makes a quarantined saga be tried again, with its count of takeovers reset to
/// 0.
fn tries_again(stored: &Stored, action: &Action) -> bool {
    matches!(action, Action::Resume) && stored.row.is_quarantined()
}

/// Runs a future in a task of its own, so that it completes even if the caller stops waiting: a
/// saga that was claimed for it must be resumed or released.
pub(super) async fn to_its_end<T: Send + 'static>(
    tasks: &Tasks,
    what: impl Future<Output = Result<T, EngineError>> + Send + 'static,
) -> Result<T, EngineError> {
    match tasks.spawn(what).await.map_err(JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => resume_unwind(panic),
        Err(Err(_)) => Err(EngineError::Stopped { reason: None }),
    }
}

/// Waits until a saga is no longer in memory.
pub(super) async fn closed(mut begun: watch::Receiver<SubmitStatus>) {
    while begun.changed().await.is_ok() {}
}
