//! Translates an action into records, before anything is written.

use crate::{
    error::EngineError,
    journal::action::{Action, Attribution, Settled},
    journal::fold::Folded,
    journal::plan::{self, Checked, Heard, Plan, Refused},
    journal::record::{self, Record, RecordKind},
    journal::spot::Spot,
    runtime::inner::Inner,
    runtime::journal::raw,
    runtime::reading::{Continuation, Redefined},
    runtime::resumed::timeless,
    runtime::run::AnySaga,
    store::{Change, Claim, LockChange, State, Stored, Time},
};
use serde_json::value::RawValue;
use typed_saga_core::kernel::Event;

/// The commit that an action makes.
pub(crate) struct PlannedCommit {
    record: Record,
    pub(crate) change: Change,
    /// Set if the saga continues with another definition, under which the action was checked.
    pub(crate) redefined: Option<Redefined>,
}

impl PlannedCommit {
    /// The text of the commit, with the operator and the reason.
    pub(crate) fn records(&self, who: Attribution) -> String {
        let record = self.record.clone().asked(who.actor, who.reason);
        let first = self.redefined.as_ref().map(|it| &it.record);
        record::after(first, record::encode(&[record]))
    }
}

impl Inner {
    /// Checks whether the action fits the saga's current state. Returns what would follow, and the
    /// commit that records the action.
    pub(crate) async fn planned(
        &self,
        entry: &dyn AnySaga,
        stored: &Stored,
        action: &Action,
    ) -> Result<(Plan, Option<PlannedCommit>), EngineError> {
        let unreadable = |why| EngineError::unreadable(&stored.row.saga, why);
        let reading = self.reading(entry, stored).await?.map_err(unreadable)?;
        let limit = self.settings.effect_limit;
        planned(entry, *reading, stored, action, (self.now(), limit))
    }
}

/// Checks an action on an already decoded saga at the time `now`. `limit` is the maximum size of a
/// signal's JSON, in bytes.
pub(crate) fn planned(
    entry: &dyn AnySaga,
    reading: Continuation,
    stored: &Stored,
    action: &Action,
    (now, limit): (Time, usize),
) -> Result<(Plan, Option<PlannedCommit>), EngineError> {
    let saga = &stored.row.saga;
    let unreadable = |why| EngineError::unreadable(saga, why);
    let Continuation {
        definition,
        redefined,
        folded,
    } = reading;
    let checked = plan::check(&folded, &stored.row, action);
    let Checked { at, plan } = checked.map_err(|why| {
        let why = by_type(entry, &folded, action, why);
        EngineError::refused(saga, why)
    })?;
    let (record, state) = match action {
        Action::Cancel | Action::Redeliver { .. } | Action::Skip { .. } => return Ok((plan, None)),
        Action::Abandon if plan::gives_up_finally(&stored.row, action) => {
            let given_up = Record::new(RecordKind::Finished).error("it was given up".to_owned());
            (given_up, stored.row.state)
        }
        Action::Abandon => (Record::new(RecordKind::Abandoned), State::Abandoned),
        Action::Resume => {
            // This checks that all records can be read, including the effects.
            drop(entry.snapshot(&timeless(&folded)).map_err(unreadable)?);
            let record = Record::of(Event::Resumed, &definition);
            (record, State::Running)
        }
        Action::Signal { .. } | Action::Settle { .. } => {
            let at = at.expect("it is of a step");
            of_step(entry, &folded, action, at, limit)?
        }
    };
    let change = Change {
        state,
        claim: match state {
            State::Running => Claim::Until(now),
            // Its `finally` is due.
            State::Parked if stored.row.due.is_some() => Claim::Until(now),
            _ => Claim::Rest,
        },
        fingerprint: redefined.as_ref().map(|it| it.fingerprint),
        events: Vec::new(),
        delivers: false,
        locks: if state == State::Abandoned && definition.takes_locks() {
            vec![LockChange::Release]
        } else {
            Vec::new()
        },
    };
    let commit = PlannedCommit {
        record,
        change,
        redefined,
    };
    Ok((plan, Some(commit)))
}

/// The record of an action on a step, which is a signal or settles the step, and the state in which
/// the saga is then.
fn of_step(
    entry: &dyn AnySaga,
    folded: &Folded,
    action: &Action,
    (spot, heard): (Spot<'_>, Heard),
    limit: usize,
) -> Result<(Record, State), EngineError> {
    let wrong = |why| EngineError::NoEffect {
        step: spot.path.to_string(),
        why,
    };
    let value = value(action, limit).transpose().map_err(wrong)?;
    if let Some(value) = &value {
        let checked = entry.check(&heard.nodes, spot.step, value.get());
        checked.map_err(wrong)?;
    }
    let state = if folded.is_parked() {
        State::Parked
    } else {
        State::Running
    };
    let mut record = Record::told(heard.event, Some(spot.path));
    record.value = value;
    Ok((record, state))
}

/// Whether a signal that was accepted before had the same value is up to the type of the value.
fn by_type(entry: &dyn AnySaga, folded: &Folded, action: &Action, why: Refused) -> Refused {
    match (why, action) {
        (Refused::Duplicate { signal, same }, Action::Signal { value, .. }) => {
            let accepted = plan::accepted(folded, &signal);
            let equal = accepted
                .is_some_and(|(step, accepted)| entry.same_signal(step, accepted, value.get()));
            let same = same || equal;
            Refused::Duplicate { signal, same }
        }
        (why, _) => why,
    }
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
