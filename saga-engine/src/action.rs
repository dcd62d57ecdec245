//! What people do to a saga: cancel, resume, settle, abandon. Each is checked against the saga as it is, and on record with who and why.

use crate::{
    engine::{Engine, Inner},
    error::{EngineError, Unreadable},
    fold::Folded,
    plan::{self, Plan},
    record::{self, Kind, Record},
    run::{Entry, last},
    store::{Change, Commit, Hold, SagaId, State, StoreError, Stored, Time},
    task::Held,
};
use saga_core::{
    Cancel, Durable, End,
    kernel::{Command, Event, Settlement},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use tokio::sync::watch;

/// What somebody does to a saga.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Action {
    /// Asks it to go back.
    Cancel,
    /// Takes a parked saga up where it stopped: with what could not be undone, settled or finished, every budget new.
    Resume,
    /// Says where a step stands that the saga could not settle or undo by itself. Nothing runs by it in a parked saga until it is resumed.
    Settle {
        /// The step.
        step: String,
        /// Where it stands.
        settled: Settled,
    },
    /// Takes a parked saga into one's own hands for good: nothing of it runs any more.
    Abandon,
}

/// Where somebody says that a step stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Settled {
    /// It was in doubt: it happened, with this effect, as JSON.
    Applied(serde_json::Value),
    /// It was in doubt: it did not happen, and no longer can.
    NotApplied,
    /// It stood, or was in doubt: now it is undone, and can no longer happen.
    Undone,
}

impl Settled {
    /// It happened, with this effect.
    ///
    /// # Errors
    /// What the effect's `Serialize` says.
    pub fn applied(effect: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self::Applied(serde_json::to_value(effect)?))
    }
}

/// Who does something, and why: both are on record with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Who {
    /// This person, for this reason.
    pub fn new(by: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            by: Some(by.into()),
            why: Some(why.into()),
        }
    }
}

impl Engine {
    /// What would follow from an action, if every call then succeeded: the steps that would run, in order. Nothing is done.
    ///
    /// # Errors
    /// What [`act`](Self::act) would give.
    pub async fn plan<S: Durable>(&self, id: &str, action: &Action) -> Result<Plan, EngineError> {
        let inner = &self.inner;
        let entry = inner.entry::<S>()?;
        let stored = inner.stored(&SagaId::new(S::DEFINITION.name, id)).await?;
        let (plan, _) = inner.planned(&**entry, &stored, action).await?;
        Ok(plan)
    }

    /// Does something to a saga, and puts it on record with who did it and why. A call of the saga that runs is let end before, unless the action
    /// is [`Action::Cancel`].
    ///
    /// # Errors
    /// [`EngineError::Refused`] if it does not fit the saga as it is, [`EngineError::NoStep`], [`EngineError::NoEffect`], [`EngineError::Unreadable`],
    /// [`EngineError::NotRegistered`], [`EngineError::NotFound`], [`EngineError::Stopped`], [`EngineError::Store`].
    pub async fn act<S: Durable>(
        &self,
        id: &str,
        action: Action,
        who: Who,
    ) -> Result<(), EngineError> {
        self.inner.entry::<S>()?;
        let saga = SagaId::new(S::DEFINITION.name, id);
        self.inner.act(&saga, action, who).await
    }

    /// Takes a parked saga up where it stopped: [`Action::Resume`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn resume<S: Durable>(&self, id: &str, who: Who) -> Result<(), EngineError> {
        self.act::<S>(id, Action::Resume, who).await
    }

    /// Says where a step stands: [`Action::Settle`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn settle<S: Durable>(
        &self,
        id: &str,
        step: &str,
        settled: Settled,
        who: Who,
    ) -> Result<(), EngineError> {
        let step = step.to_owned();
        self.act::<S>(id, Action::Settle { step, settled }, who)
            .await
    }

    /// Takes a parked saga into one's own hands for good: [`Action::Abandon`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn abandon<S: Durable>(&self, id: &str, who: Who) -> Result<(), EngineError> {
        self.act::<S>(id, Action::Abandon, who).await
    }
}

/// What an action puts on record.
struct Deed {
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
        let entry = entry.ok_or_else(|| self.unread(saga, Unreadable::Unknown))?;
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
        let held = self.take_away(saga, entry.definition()).await?;
        let done = self.do_it(&*entry, saga, &action, who).await;
        drop(held);
        match &done {
            Ok(Some(until)) => self.due(*until),
            Ok(None) => {}
            // It goes on as if nothing had been asked.
            Err(_) => self.take_up_claimed(saga).await?,
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
        self.forget_outcome(saga, action);
        Ok(match change.hold {
            Hold::Until(until) => Some(until),
            Hold::Keep | Hold::Rest => None,
        })
    }

    /// Whether the action fits the saga as it is, what would follow, and what it puts on record.
    async fn planned(
        &self,
        entry: &dyn Entry,
        stored: &Stored,
        action: &Action,
    ) -> Result<(Plan, Option<Deed>), EngineError> {
        let saga = &stored.row.saga;
        let reading = self.reading(entry, stored).await?;
        let definition = reading.map_err(|why| self.unread(saga, why))?.definition;
        let folded = Folded::of(definition, &stored.commits)
            .map_err(|error| self.unread(saga, Unreadable::Fold(error)))?;
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
        let parked = folded.kernel.next() == Command::End(End::Parked);
        let now = self.now();
        Ok(match action {
            Action::Cancel => (plan(&[Event::CancelRequested])?, None),
            Action::Resume => {
                let plan = plan(&[Event::Resumed])?;
                // All that is recorded can be read, and its effects, too.
                drop(
                    entry
                        .snapshot(definition, stored)
                        .map_err(|why| self.unread(saga, why))?,
                );
                let change = change(State::Running, Hold::Until(now));
                let record = Record::of(Event::Resumed, definition);
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
                let index = definition.steps.iter().position(|known| known.name == step);
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
                let mut record = Record::of(event, definition);
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
        definition: &'static saga_core::Definition,
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
                self.take_up(saga, None, std::time::Duration::ZERO);
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
                            if asked.map_err(|why| self.unread(saga, why))?.is_some() {
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

    /// The outcome that was told holds no longer.
    fn forget_outcome(self: &Arc<Self>, saga: &SagaId, action: &Action) {
        let tell = {
            let live = self.live();
            live.tells.get(saga).and_then(std::sync::Weak::upgrade)
        };
        let Some(tell) = tell else { return };
        if let Action::Resume | Action::Abandon = action {
            tell.told.send_replace(None);
        }
    }

    pub(crate) fn unread(&self, saga: &SagaId, why: Unreadable) -> EngineError {
        EngineError::Unreadable {
            saga: saga.clone(),
            why: Arc::new(why),
        }
    }

    /// A saga with its journal.
    pub(crate) async fn stored(&self, saga: &SagaId) -> Result<Stored, EngineError> {
        match self.store.load(saga.clone()).await {
            Ok(Some(stored)) => Ok(stored),
            Ok(None) => Err(EngineError::NotFound { saga: saga.clone() }),
            Err(error @ StoreError::Corrupt { .. }) => {
                Err(self.unread(saga, Unreadable::Damaged(error)))
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
pub(crate) async fn closed(mut begun: watch::Receiver<crate::engine::Begun>) {
    while begun.changed().await.is_ok() {}
}
