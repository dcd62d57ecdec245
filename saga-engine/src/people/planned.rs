//! Translates an action into records, before anything is written.

use crate::{
    error::EngineError,
    journal::action::{Action, Settled},
    journal::plan::{self, Checked, Plan},
    journal::record::{Record, RecordKind},
    runtime::inner::Inner,
    runtime::journal::raw,
    runtime::reading::Reading,
    runtime::run::Entry,
    store::{Change, Claim, LockChange, State, Stored, Time},
};
use saga_core::kernel::Event;
use serde_json::value::RawValue;

/// The commit that an action makes.
pub(crate) struct PlannedCommit {
    pub(crate) record: Record,
    pub(crate) change: Change,
}

impl Inner {
    /// Checks whether the action fits the saga's current state. Returns what would follow, and the
    /// commit that records the action.
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

/// Checks an action on an already decoded saga at the time `now`. `limit` is the maximum size of a
/// signal's JSON, in bytes.
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
    let checked = plan::check(&folded, action);
    let Checked { at, plan } = checked.map_err(|why| EngineError::refused(saga, why))?;
    let (record, state) = match action {
        Action::Cancel | Action::Redeliver { .. } => return Ok((plan, None)),
        Action::Abandon => (Record::new(RecordKind::Abandoned), State::Abandoned),
        Action::Resume => {
            // This checks that all records can be read, including the effects.
            drop(entry.snapshot(&folded).map_err(unreadable)?);
            let record = Record::of(Event::Resumed, &reading.definition);
            (record, State::Running)
        }
        Action::Signal { .. } | Action::Settle { .. } => {
            let (spot, heard) = at.expect("it is of a step");
            let wrong = |why| EngineError::NoEffect {
                step: spot.path.to_string(),
                why,
            };
            let value = value(action, limit).transpose().map_err(wrong)?;
            if let Some(value) = &value {
                let checked = entry.check(&heard.nodes, spot.step, value.get());
                checked.map_err(wrong)?;
            }
            let mut record = Record::told(heard.event, Some(spot.path));
            record.value = value;
            let parked = folded.is_parked();
            (
                record,
                if parked {
                    State::Parked
                } else {
                    State::Running
                },
            )
        }
    };
    let change = Change {
        state,
        claim: match state {
            State::Running => Claim::Until(now),
            _ => Claim::Rest,
        },
        fingerprint: None,
        events: Vec::new(),
        delivers: false,
        locks: if state == State::Abandoned && reading.definition.takes_locks() {
            vec![LockChange::Release]
        } else {
            Vec::new()
        },
    };
    Ok((plan, Some(PlannedCommit { record, change })))
}

/// The value that an action brings; for a signal, at most `limit` bytes of JSON.
fn value(action: &Action, limit: usize) -> Option<Result<Box<RawValue>, String>> {
    match action {
        Action::Signal { value, .. } => Some(raw(value.get().to_owned(), limit)),
        Action::Settle {
            settled: Settled::Applied(effect),
            ..
        } => Some(raw(effect.to_string(), usize::MAX)),
        _ => None,
    }
}
