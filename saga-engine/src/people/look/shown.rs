//! One saga, with everything recorded about it.

use super::{
    asked::{AskedLine, asked},
    event::EventLine,
    history::{HistoryLine, history},
    keys::{KeyLine, keys},
    locks::LockLine,
    reader::{Look, Reader},
    steps::{StepLine, steps},
    text::verbatim,
    tone::Tone,
};
use crate::store::{EventFilter, LockFilter, State, StoreError};
use serde::Serialize;
use serde_json::value::RawValue;

/// The number of events of a saga that are shown; these are the first ones.
const EVENTS: usize = 100;
/// The number of keys of a saga that are shown, the first ones.
const KEYS: usize = 100;

/// Everything recorded about a saga.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Its name.
    pub saga: String,
    /// Its id.
    pub id: String,
    /// Its state.
    pub state: State,
    /// The reason why its journal cannot be read.
    pub unreadable: Option<String>,
    /// Whether it is [quarantined](crate::store::Row::is_quarantined).
    pub quarantined: bool,
    /// Whether one of its calls fails again and again, or does not end.
    pub stuck: bool,
    /// One sentence about its state, and the reason for it.
    pub why: String,
    /// When it began.
    pub started: String,
    /// When it was last changed.
    pub since: String,
    /// The time at which a worker picks the saga up next, if none runs it now.
    pub due: Option<String>,
    /// The time at which it rolls back if it has not passed its pivot.
    pub deadline: Option<String>,
    /// The fingerprint of its definition.
    pub definition: String,
    /// Its life, which its keys are made of; none before it is claimed first, and where sagas have none.
    pub life: Option<String>,
    /// The place of the declaration.
    pub declared: Option<String>,
    /// The number of commits in its journal. If there are more by now, the saga has changed.
    pub commits: u64,
    /// Whether values are shown.
    pub values: bool,
    /// Its inputs; null if they are not shown.
    pub input: Option<Box<RawValue>>,
    /// Its steps; null if its journal cannot be read.
    pub steps: Option<Vec<StepLine>>,
    /// Its records, in order.
    pub history: Vec<HistoryLine>,
    /// The number of records before these.
    pub earlier: usize,
    /// The keys that its steps have sent, or would send next; none if its journal cannot be read.
    pub keys: Vec<KeyLine>,
    /// The requests that no engine has answered yet.
    pub inbox: Vec<AskedLine>,
    /// The keys that it has, or waits for: the first hundred.
    pub locks: Vec<LockLine>,
    /// Its events: the first hundred.
    pub events: Vec<EventLine>,
    /// The label for its state.
    #[serde(skip)]
    pub badge: (&'static str, Tone),
}

impl Reader {
    /// Everything recorded about a saga, with its values.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn show(&self, look: &Look) -> Result<Shown, StoreError> {
        let (row, folded) = (look.row(), look.folded.as_ref().ok());
        let messages = self.journal.messages().await?;
        let events = EventFilter {
            limit: Some(EVENTS),
            ..EventFilter::of(row.saga.clone())
        };
        let events = self.journal.events(events).await?;
        let locks = LockFilter {
            limit: Some(KEYS),
            ..LockFilter::of(row.saga.clone())
        };
        let locks = if look.may_have_keys() {
            self.journal.locks(locks).await?
        } else {
            Vec::new()
        };
        Ok(Shown {
            saga: row.saga.saga.to_string(),
            id: row.saga.id.to_string(),
            state: row.state,
            unreadable: look.unreadable(),
            quarantined: look.is_quarantined(),
            stuck: look.is_stuck(),
            why: look.why.clone(),
            started: row.created.to_string(),
            since: row.updated.to_string(),
            due: look.due().map(|due| due.to_string()),
            deadline: look.deadline().map(|deadline| deadline.to_string()),
            definition: format!("{:016x}", row.fingerprint),
            life: row.life.map(|life| life.to_string()),
            declared: folded.map(|folded| {
                let declaration = folded.declaration();
                format!("{}:{}", declaration.file, declaration.line)
            }),
            commits: row.commits,
            values: true,
            input: Some(verbatim(&row.input)),
            steps: folded.map(steps),
            history: history(&look.stored.commits),
            earlier: 0,
            keys: folded.map_or_else(Vec::new, |folded| keys(folded, row)),
            inbox: asked(&messages, &row.saga),
            locks: locks.iter().map(LockLine::of).collect(),
            events: events.iter().map(EventLine::of).collect(),
            badge: look.state(),
        })
    }
}
