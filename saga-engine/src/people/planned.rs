//! What an action would do to a saga as it is, before it is done.

use crate::{
    error::EngineError,
    journal::action::{Action, Settled},
    journal::plan::{self, Plan},
    journal::record::{Kind, Record},
    journal::signal::signalled,
    runtime::inner::Inner,
    runtime::journal::raw,
    runtime::run::Entry,
    store::{Change, Claim, State, Stored},
};
use saga_core::{
    End,
    kernel::{Command, Event, Settlement},
};
use serde_json::value::RawValue;

/// What an action puts on record.
pub(crate) struct PlannedCommit {
    pub(crate) record: Record,
    pub(crate) change: Change,
}

impl Inner {
    /// Whether the action fits the saga as it is, what would follow, and what it puts on record.
    pub(crate) async fn planned(
        &self,
        entry: &dyn Entry,
        stored: &Stored,
        action: &Action,
    ) -> Result<(Plan, Option<PlannedCommit>), EngineError> {
        let saga = &stored.row.saga;
        let unreadable = |why| EngineError::unreadable(saga, why);
        let reading = self.reading(entry, stored).await?.map_err(unreadable)?;
        let folded = reading.folded(stored).map_err(unreadable)?;
        let definition = reading.definition;
        let refused = |why| EngineError::Refused {
            saga: saga.clone(),
            why,
        };
        if let Action::Signal { signal, value } = action {
            let event = signalled(&folded, signal, value.get()).map_err(refused)?;
            let plan = plan::plan(&folded, &[event]).map_err(refused)?;
            let step = event.step().unwrap_or_default();
            let wrong = |why| EngineError::NoEffect {
                step: signal.clone(),
                why,
            };
            entry.check(step, value.get()).map_err(wrong)?;
            let limit = self.settings.effect_limit;
            let value = raw(value.get().to_owned(), limit).map_err(wrong)?;
            let mut record = Record::of(event, &definition);
            record.value = Some(value);
            let change = if folded.run.kernel.next() == Command::End(End::Parked) {
                Change {
                    state: State::Parked,
                    claim: Claim::Rest,
                    fingerprint: None,
                }
            } else {
                Change {
                    state: State::Running,
                    claim: Claim::Until(self.now()),
                    fingerprint: None,
                }
            };
            return Ok((plan, Some(PlannedCommit { record, change })));
        }
        if folded.abandoned.is_some() {
            return Err(refused(plan::Refused::TooLate));
        }
        let plan = |events: &[Event]| plan::plan(&folded, events).map_err(refused);
        let change = |state, claim| Change {
            state,
            claim,
            fingerprint: None,
        };
        let parked = folded.run.kernel.next() == Command::End(End::Parked);
        let now = self.now();
        Ok(match action {
            Action::Signal { .. } => unreachable!("planned above"),
            Action::Cancel => (plan(&[Event::CancelRequested])?, None),
            Action::Resume => {
                let plan = plan(&[Event::Resumed])?;
                // All that is recorded can be read, and its effects, too.
                drop(entry.snapshot(&folded).map_err(unreadable)?);
                let change = change(State::Running, Claim::Until(now));
                let record = Record::of(Event::Resumed, &definition);
                (plan, Some(PlannedCommit { record, change }))
            }
            Action::Abandon => {
                let plan = plan::abandoned(&folded).map_err(refused)?;
                let (record, change) = (
                    Record::new(Kind::Abandoned),
                    change(State::Abandoned, Claim::Rest),
                );
                (plan, Some(PlannedCommit { record, change }))
            }
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
                    change(State::Parked, Claim::Rest)
                } else {
                    change(State::Running, Claim::Until(now))
                };
                (plan, Some(PlannedCommit { record, change }))
            }
        })
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
