//! Doing what people ask: each action is checked against the saga as it is, and put on record.

use crate::{
    error::{EngineError, Unreadable},
    journal::action::{Action, Settled, Who},
    journal::plan::{self, Plan},
    journal::record::{self, Kind, Record},
    runtime::engine::{Begun, Inner},
    runtime::held::Held,
    runtime::run::{Entry, last},
    store::{Change, Commit, Hold, SagaId, State, StoreError, Stored, Time},
};
use saga_core::{
    Cancel, Definition, End,
    kernel::{Command, Event, Settlement},
};
use serde_json::value::RawValue;
use std::{panic::resume_unwind, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinError};

/// What an action puts on record.
pub(crate) struct Deed {
    record: Record,
    change: Change,
}

impl Inner {
    pub(crate) async fn act(
        self: &Arc<Self>,
        saga: &SagaId,
        action: Action,
        who: Who,
    ) -> Result<(), EngineError> {
        self.check()?;
        let entry = self.entries.get(&saga.saga).cloned();
        let entry = entry.ok_or_else(|| EngineError::unreadable(saga, Unreadable::Unknown))?;
        // Checked before anything is let go.
        let stored = self.stored(saga).await?;
        match self.planned(&*entry, &stored, &action).await {
            // The call is let end.
            Err(EngineError::Refused {
                why: plan::Refused::Runs { .. },
                ..
            }) => {}
            planned => drop(planned?),
        }
        if let Action::Cancel = action {
            return match self.cancel_by(saga, who).await? {
                Cancel::Accepted => Ok(()),
                Cancel::TooLate => Err(EngineError::Refused {
                    saga: saga.clone(),
                    why: plan::Refused::TooLate,
                }),
            };
        }
        let (inner, saga) = (Arc::clone(self), saga.clone());
        // In a task of its own: a saga that was let go for this goes on, though who asked may not wait for the answer.
        let acting = tokio::spawn(async move { inner.away(&*entry, &saga, &action, who).await });
        match acting.await.map_err(JoinError::try_into_panic) {
            Ok(done) => done,
            Err(Ok(panic)) => resume_unwind(panic),
            Err(Err(_)) => Err(EngineError::Stopped { reason: None }),
        }
    }

    /// Does it while nobody has the saga, which goes on then.
    async fn away(
        self: &Arc<Self>,
        entry: &dyn Entry,
        saga: &SagaId,
        action: &Action,
        who: Who,
    ) -> Result<(), EngineError> {
        let held = self.take_away(saga, entry.definition()).await?;
        let done = self.do_it(entry, saga, action, who).await;
        drop(held);
        match &done {
            Ok(Some(until)) => self.due(*until),
            Ok(None) => {}
            // It goes on as if nothing had been asked.
            Err(_) => self.take_up(saga, None, Duration::ZERO),
        }
        done.map(drop)
    }

    /// Puts an action on record; says when the saga is due then.
    async fn do_it(
        self: &Arc<Self>,
        entry: &dyn Entry,
        saga: &SagaId,
        action: &Action,
        who: Who,
    ) -> Result<Option<Time>, EngineError> {
        let stored = self.stored(saga).await?;
        let (_, deed) = self.planned(entry, &stored, action).await?;
        let Some(Deed { mut record, change }) = deed else {
            return Ok(None);
        };
        record = record.asked(who.by, who.why);
        let commit = Commit {
            seq: stored.row.commits,
            at: self.now(),
            records: record::encode(&[record]),
        };
        let written = self
            .store
            .append(self.epoch, saga.clone(), commit, Some(change));
        written.await.map_err(|error| self.lost(error))?;
        if let Action::Resume | Action::Abandon = action {
            // The outcome that was told holds no longer.
            let tell = self.live().tell(saga);
            tell.inspect(|tell| drop(tell.told.send_replace(None)));
        }
        Ok(match change.hold {
            Hold::Until(until) => Some(until),
            Hold::Keep | Hold::Rest => None,
        })
    }

    /// Whether the action fits the saga as it is, what would follow, and what it puts on record.
    pub(crate) async fn planned(
        &self,
        entry: &dyn Entry,
        stored: &Stored,
        action: &Action,
    ) -> Result<(Plan, Option<Deed>), EngineError> {
        let saga = &stored.row.saga;
        let unreadable = |why| EngineError::unreadable(saga, why);
        let reading = self.reading(entry, stored).await?.map_err(unreadable)?;
        let folded = reading.folded(stored).map_err(unreadable)?;
        let definition = reading.definition;
        let refused = |why| EngineError::Refused {
            saga: saga.clone(),
            why,
        };
        if folded.abandoned.is_some() {
            return Err(refused(plan::Refused::TooLate));
        }
        let plan = |events: &[Event]| plan::plan(&folded, events).map_err(refused);
        let change = |state, hold| Change {
            state,
            hold,
            fingerprint: None,
        };
        let parked = folded.run.kernel.next() == Command::End(End::Parked);
        let now = self.now();
        Ok(match action {
            Action::Cancel => (plan(&[Event::CancelRequested])?, None),
            Action::Resume => {
                let plan = plan(&[Event::Resumed])?;
                // All that is recorded can be read, and its effects, too.
                drop(entry.snapshot(&folded).map_err(unreadable)?);
                let change = change(State::Running, Hold::Until(now));
                let record = Record::of(Event::Resumed, &definition);
                (plan, Some(Deed { record, change }))
            }
            Action::Abandon if parked => {
                let plan = Plan {
                    calls: Vec::new(),
                    end: plan::Outlook::Ends(End::Parked),
                };
                let (record, change) = (
                    Record::new(Kind::Abandoned),
                    change(State::Abandoned, Hold::Rest),
                );
                (plan, Some(Deed { record, change }))
            }
            Action::Abandon => return Err(refused(plan::Refused::NotParked)),
            Action::Settle { step, settled } => {
                let index = definition
                    .steps
                    .iter()
                    .position(|known| known.name == *step);
                let index = index.and_then(|index| u16::try_from(index).ok());
                let Some(index) = index else {
                    return Err(EngineError::NoStep {
                        saga: saga.clone(),
                        step: step.clone(),
                    });
                };
                let (settlement, value) = effect(entry, index, step, settled)?;
                let event = Event::Settled {
                    step: index,
                    settlement,
                };
                let resumed = [event, Event::Resumed];
                let plan = plan(if parked { &resumed } else { &resumed[..1] })?;
                let mut record = Record::of(event, &definition);
                record.value = value;
                let change = if parked {
                    change(State::Parked, Hold::Rest)
                } else {
                    change(State::Running, Hold::Until(now))
                };
                (plan, Some(Deed { record, change }))
            }
        })
    }

    /// Lets a saga go, and keeps others from taking it up as long as what is given back is there.
    async fn take_away(
        self: &Arc<Self>,
        saga: &SagaId,
        definition: &'static Definition,
    ) -> Result<Held, EngineError> {
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
            self.check()?;
            if let Some(held) = self.hold_only(saga, definition) {
                return Ok(held);
            }
        }
    }

    pub(crate) async fn cancel(self: &Arc<Self>, saga: &SagaId) -> Result<Cancel, EngineError> {
        self.cancel_by(saga, Who::default()).await
    }

    /// Asks the run of a saga to cancel; has it taken up for that if it is not at hand.
    async fn cancel_by(self: &Arc<Self>, saga: &SagaId, who: Who) -> Result<Cancel, EngineError> {
        loop {
            self.check()?;
            let at_hand = {
                let live = self.live();
                if let Some(why) = live.unreadable.get(saga) {
                    return Err(EngineError::Unreadable {
                        saga: saga.clone(),
                        why: Arc::clone(why),
                    });
                }
                live.at_hand.get(saga).map(|at_hand| {
                    (
                        Arc::clone(&at_hand.control),
                        Arc::clone(&at_hand.shared),
                        at_hand.begun.clone(),
                    )
                })
            };
            let Some((control, shared, begun)) = at_hand else {
                let row = self.stored(saga).await?.row;
                if row.due.is_none() {
                    return Ok(Cancel::TooLate);
                }
                self.take_up(saga, None, Duration::ZERO);
                continue;
            };
            shared.asked(who.clone());
            tokio::select! {
                biased;
                accepted = control.cancel() => {
                    if !accepted {
                        return Ok(Cancel::TooLate);
                    }
                    // An answer counts once it is on record.
                    tokio::select! {
                        () = shared.settled() => return Ok(Cancel::Accepted),
                        () = closed(begun) => {
                            let stored = self.stored(saga).await?;
                            let asked = last(&stored, Kind::CancelRequested);
                            if asked.map_err(|why| EngineError::unreadable(saga, why))?.is_some() {
                                return Ok(Cancel::Accepted);
                            }
                        }
                    }
                }
                // It was let go meanwhile, or has ended: it is looked at again.
                () = closed(begun.clone()) => {}
            }
        }
    }

    /// A saga with its journal.
    pub(crate) async fn stored(&self, saga: &SagaId) -> Result<Stored, EngineError> {
        match self.store.load(saga.clone()).await {
            Ok(Some(stored)) => Ok(stored),
            Ok(None) => Err(EngineError::NotFound { saga: saga.clone() }),
            Err(error @ StoreError::Corrupt { .. }) => {
                Err(EngineError::unreadable(saga, Unreadable::Damaged(error)))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What somebody says, as the kernel hears it, and the effect, which must be one of the step.
fn effect(
    entry: &dyn Entry,
    index: u16,
    step: &str,
    settled: &Settled,
) -> Result<(Settlement, Option<Box<RawValue>>), EngineError> {
    let wrong = |why| EngineError::NoEffect {
        step: step.to_owned(),
        why,
    };
    Ok(match settled {
        Settled::NotApplied => (Settlement::NotApplied, None),
        Settled::Undone => (Settlement::Undone, None),
        Settled::Applied(value) => {
            let json = value.to_string();
            entry.check(index, &json).map_err(wrong)?;
            let value = RawValue::from_string(json).map_err(|error| wrong(error.to_string()))?;
            (Settlement::Applied, Some(value))
        }
    })
}

/// Waits until a saga is no longer at hand.
pub(crate) async fn closed(mut begun: watch::Receiver<Begun>) {
    while begun.changed().await.is_ok() {}
}
