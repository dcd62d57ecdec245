//! What an action would do to a saga as it is, before it is done.

use crate::{
    error::EngineError,
    journal::action::{Action, Settled},
    journal::plan::{self, Heard, Plan},
    journal::record::{Record, RecordKind},
    journal::settle,
    journal::signal::signalled,
    runtime::inner::Inner,
    runtime::journal::raw,
    runtime::reading::Reading,
    runtime::run::Entry,
    store::{Change, Claim, State, Stored, Time},
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
        let unreadable = |why| EngineError::unreadable(&stored.row.saga, why);
        let reading = self.reading(entry, stored).await?.map_err(unreadable)?;
        let limit = self.settings.effect_limit;
        planned(entry, &reading, stored, action, (self.now(), limit))
    }
}

/// The same of a saga that is read so, at this time; a signal may have so many bytes of JSON.
pub(crate) fn planned(
    entry: &dyn Entry,
    reading: &Reading,
    stored: &Stored,
    action: &Action,
    (now, limit): (Time, usize),
) -> Result<(Plan, Option<PlannedCommit>), EngineError> {
    let saga = &stored.row.saga;
    let unreadable = |why| EngineError::unreadable(saga, why);
    let folded = reading.folded(stored).map_err(unreadable)?;
    let definition = &reading.definition;
    let refused = |why| EngineError::Refused {
        saga: saga.clone(),
        why,
    };
    if let Action::Signal { signal, value } = action {
        let event = signalled(&folded, signal, value.get()).map_err(refused)?;
        let plan = plan::plan(&folded, &[event.into()]).map_err(refused)?;
        let step = event.step().unwrap_or_default();
        let wrong = |why| wrong(signal, why);
        entry.check(&[], step, value.get()).map_err(wrong)?;
        let value = raw(value.get().to_owned(), limit).map_err(wrong)?;
        let mut record = Record::of(event, definition);
        record.value = Some(value);
        let change = if folded.run.kernel.next() == Command::End(End::Parked) {
            Change {
                state: State::Parked,
                claim: Claim::Rest,
                fingerprint: None,
                events: Vec::new(),
            }
        } else {
            Change {
                state: State::Running,
                claim: Claim::Until(now),
                fingerprint: None,
                events: Vec::new(),
            }
        };
        return Ok((plan, Some(PlannedCommit { record, change })));
    }
    if folded.abandoned.is_some() {
        return Err(refused(plan::Refused::TooLate));
    }
    let plan = |heard: &[Heard]| plan::plan(&folded, heard).map_err(refused);
    let change = |state, claim| Change {
        state,
        claim,
        fingerprint: None,
        events: Vec::new(),
    };
    let parked = folded.run.kernel.next() == Command::End(End::Parked);
    Ok(match action {
        Action::Signal { .. } => unreachable!("planned above"),
        Action::Redeliver { .. } => (plan(&[])?, None),
        Action::Cancel => (plan(&[Event::CancelRequested.into()])?, None),
        Action::Resume => {
            let plan = plan(&[Event::Resumed.into()])?;
            // All that is recorded can be read, and its effects, too.
            drop(entry.snapshot(&folded).map_err(unreadable)?);
            let change = change(State::Running, Claim::Until(now));
            let record = Record::of(Event::Resumed, definition);
            (plan, Some(PlannedCommit { record, change }))
        }
        Action::Abandon => {
            let plan = plan::abandoned(&folded).map_err(refused)?;
            let (record, change) = (
                Record::new(RecordKind::Abandoned),
                change(State::Abandoned, Claim::Rest),
            );
            (plan, Some(PlannedCommit { record, change }))
        }
        Action::Settle { step, settled } => {
            let (settlement, value) = said(step, settled)?;
            let heard = settle::settled(&folded, step, settlement);
            let (spot, heard) = heard.map_err(|why| match why {
                plan::Refused::NoStep { .. } => EngineError::NoStep {
                    saga: saga.clone(),
                    step: step.clone(),
                },
                why => refused(why),
            })?;
            if let Some(value) = &value {
                let checked = entry.check(&heard.nodes, spot.step, value.get());
                checked.map_err(|why| wrong(step, why))?;
            }
            let mut record = Record::of(heard.event, spot.kernel().definition());
            record.step = Some(spot.path);
            record.value = value;
            let resumed = [heard, Event::Resumed.into()];
            let plan = plan(if parked { &resumed } else { &resumed[..1] })?;
            let change = if parked {
                change(State::Parked, Claim::Rest)
            } else {
                change(State::Running, Claim::Until(now))
            };
            (plan, Some(PlannedCommit { record, change }))
        }
    })
}

/// What somebody says of a step, as the kernel hears it, and the effect.
fn said(step: &str, settled: &Settled) -> Result<(Settlement, Option<Box<RawValue>>), EngineError> {
    Ok(match settled {
        Settled::NotApplied => (Settlement::NotApplied, None),
        Settled::Undone => (Settlement::Undone, None),
        Settled::Applied(value) => {
            let value = RawValue::from_string(value.to_string());
            let value = value.map_err(|error| wrong(step, error.to_string()))?;
            (Settlement::Applied, Some(value))
        }
    })
}

fn wrong(step: &str, why: String) -> EngineError {
    EngineError::NoEffect {
        step: step.to_owned(),
        why,
    }
}
