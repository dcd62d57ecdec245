//! The data in a store, as an engine reads and writes it: sagas, their commits, definitions,
//! messages.

use super::{Epoch, LockChange, Time, Turn};
use std::{fmt, sync::Arc};
use typed_saga_core::{End, Life};

/// A saga, identified by its name and its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SagaId {
    /// The name of its definition.
    pub saga: Arc<str>,
    /// The id under which it was submitted.
    pub id: Arc<str>,
}

/// A definition, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionRow {
    /// The name.
    pub saga: Arc<str>,
    /// The fingerprint, which tells its versions apart.
    pub fingerprint: u64,
    /// The definition as JSON.
    pub json: String,
}

/// A saga to be created.
#[derive(Clone)]
pub struct NewSaga {
    /// The saga.
    pub saga: SagaId,
    /// Its inputs, as canonical JSON.
    pub input: String,
    /// The fingerprint of its definition.
    pub fingerprint: u64,
    /// The time at which it is due, if it is not claimed now; `None` if the worker that creates it
    /// has claimed it.
    pub due: Option<Time>,
    /// The life whose keys it has been begun with: that of the store, as its creator knows it. `None`: the
    /// store gives it its own when it is claimed first.
    pub life: Option<Life>,
}

/// One entry of a saga's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its position, from 0.
    pub seq: u64,
    /// When it was written.
    pub at: Time,
    /// Its records: a JSON array.
    pub records: String,
}

/// A change of a saga's row, which is written with a commit. Its JSON is a stored format:
/// `typed-saga-restate` keeps it in Restate's log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Change {
    /// The new state.
    pub state: State,
    /// What happens to the claim.
    #[serde(rename = "hold")]
    pub claim: Claim,
    /// The fingerprint of the definition with which it continues, if that has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<u64>,
    /// The events of the saga, if it has ended and has some. They follow the existing ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<NewEvent>,
    /// Whether the epoch under which the change is written claims the first of these events, to
    /// deliver it. It does not if an earlier event of the saga is undelivered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delivers: bool,
    /// The changes in the queues of keys, in order. Empty without a store.
    #[serde(skip)]
    pub locks: Vec<LockChange>,
}

/// An event as it is written with the end of its saga. `Debug` leaves out its content, since many
/// people read logs.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewEvent {
    /// The key by which a consumer recognises it.
    pub key: String,
    /// The content, as JSON.
    #[serde(with = "super::json")]
    pub payload: String,
}

/// The owner of a saga after a [`Change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// The epoch under which the change is written keeps it. If it was not due, or was due later
    /// than this commit, it has been due since this commit.
    Keep,
    /// It is released, and due at this time.
    Until(Time),
    /// It is released, and not due again by itself.
    Rest,
}

/// The state of a saga, according to its row; everything else is in its journal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It runs, or waits for a slot.
    Running,
    /// It waits until it is due.
    Waiting,
    /// Every step was applied, skipped, or replaced by its fallback.
    Completed,
    /// Nothing remains applied, except for the steps that are listed as left.
    Compensated,
    /// It is suspended for an operator.
    Parked,
    /// It was parked, quarantined or waiting, and an operator gave it up for good.
    Abandoned,
    /// Its row has no valid state, so the row is damaged. This state is never written.
    Damaged,
}

impl From<End> for State {
    fn from(end: End) -> Self {
        match end {
            End::Completed => Self::Completed,
            End::Compensated => Self::Compensated,
            End::Parked => Self::Parked,
        }
    }
}

impl State {
    /// All states that are written.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Waiting,
        Self::Completed,
        Self::Compensated,
        Self::Parked,
        Self::Abandoned,
    ];

    /// The state as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Compensated => "compensated",
            Self::Parked => "parked",
            Self::Abandoned => "abandoned",
            Self::Damaged => "damaged",
        }
    }

    /// The state that is written this way.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One saga, without its journal. `Debug` leaves out its inputs, since many people read logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The saga.
    pub saga: SagaId,
    /// Its inputs, as canonical JSON.
    pub input: String,
    /// The fingerprint of its definition.
    pub fingerprint: u64,
    /// The state.
    pub state: State,
    /// When it is due; `None` if it is at rest. If it is claimed, the time since which it has been
    /// due.
    pub due: Option<Time>,
    /// The epoch that last claimed it, unless it was released. In a store with one owner, that
    /// epoch may have ended.
    pub claimed: Option<Epoch>,
    /// The claim by which it was claimed last, if it ever was.
    pub turn: Option<Turn>,
    /// Its life, from its first claim on, if the store has lives.
    pub life: Option<Life>,
    /// When it began.
    pub created: Time,
    /// The time of its last commit; if it has none, the time when it began.
    pub updated: Time,
    /// The number of commits of its journal.
    pub commits: u64,
    /// The number of workers that have died in a row while they had claimed the saga, since its
    /// last commit.
    pub takeovers: u32,
    /// The reason why it cannot be read, if it cannot: either its row is damaged, or the worker
    /// that last [released](super::Store::release) it could not read it.
    pub unreadable: Option<Arc<str>>,
}

/// The number of workers that may die in a row with a saga, without a commit, before it is
/// quarantined: no worker runs it until an operator resumes it.
pub const TAKEOVERS: u32 = 10;

/// What happens to a saga's marks when it is released without a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The marks stay as they are; the count of takeovers starts over.
    Kept,
    /// The mark of the releasing worker's fingerprint is removed, and the row no longer says that
    /// the saga is unreadable: this worker can read it. Other marks and the count of takeovers
    /// stay.
    Readable,
    /// All marks are removed, and the count of takeovers starts over: an operator wants another
    /// try.
    Cleared,
    /// One more mark is added; the count of takeovers stays.
    Unfit(Unfit),
}

/// The mark of a worker that cannot read a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// The fingerprint under which the worker would read it
    /// ([`Worker::fingerprint_of`](super::Worker)).
    pub fingerprint: u64,
    /// The reason, in words for operators.
    pub why: Arc<str>,
}

impl Row {
    /// Whether it is quarantined: [`TAKEOVERS`] workers in a row have died with it, so no other
    /// worker claims it until an operator resumes it.
    #[must_use]
    pub fn is_quarantined(&self) -> bool {
        self.takeovers >= TAKEOVERS && self.unreadable.is_some()
    }

    /// Whether it may have events: it has ended, and was not abandoned.
    #[must_use]
    pub fn tells(&self) -> bool {
        matches!(self.state, State::Completed | State::Compensated)
    }

    /// Whether nothing is left to do: it has ended, and is not parked.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.due.is_none()
            && matches!(
                self.state,
                State::Completed | State::Compensated | State::Abandoned
            )
    }
}

/// A saga with its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its row.
    pub row: Row,
    /// Its journal, in order.
    pub commits: Vec<Commit>,
}

/// Selects sagas: every field that is set must match.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The name.
    pub saga: Option<Arc<str>>,
    /// The id.
    pub id: Option<Arc<str>>,
    /// The beginning of the id.
    pub prefix: Option<Arc<str>>,
    /// Only sagas that were [last changed](Row::updated) at this time or later.
    pub since: Option<Time>,
    /// Only sagas that were last changed before this time.
    pub before: Option<Time>,
    /// Only sagas in one of these states; if there are none, sagas in any state.
    pub states: Vec<State>,
    /// Only sagas whose [row](Row::unreadable) says that they are unreadable, as far as that is
    /// known without reading each journal: marked ones, and those without a valid state.
    pub unreadable: bool,
    /// Only sagas whose [row](Row::claimed) says that this epoch has claimed them.
    pub claimed: Option<Epoch>,
    /// Only sagas after this one, in the order of the list.
    pub after: Option<SagaId>,
    /// At most this many; `None`: all.
    pub limit: Option<usize>,
}

impl Filter {
    /// Exactly this saga.
    #[must_use]
    pub fn of(saga: SagaId) -> Self {
        Self {
            saga: Some(saga.saga),
            id: Some(saga.id),
            ..Self::default()
        }
    }

    /// Whether a saga may match by its name and its id.
    #[must_use]
    pub fn names(&self, saga: &SagaId) -> bool {
        let fits = |wanted: &Option<Arc<str>>, is| wanted.as_ref().is_none_or(|name| name == is);
        let begins = |prefix: &Arc<str>| saga.id.starts_with(&**prefix);
        fits(&self.saga, &saga.saga)
            && fits(&self.id, &saga.id)
            && self.prefix.as_ref().is_none_or(begins)
    }

    /// Whether a saga matches; does not look at `limit`.
    #[must_use]
    pub fn fits(&self, row: &Row) -> bool {
        self.names(&row.saga)
            && self.since.is_none_or(|since| row.updated >= since)
            && self.before.is_none_or(|before| row.updated < before)
            && (self.states.is_empty() || self.states.contains(&row.state))
            && (!self.unreadable || row.unreadable.is_some())
            && (self.claimed.is_none() || self.claimed == row.claimed)
            && self.after.as_ref().is_none_or(|after| row.saga > *after)
    }
}

/// The number of sagas of a name in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The name.
    pub saga: Arc<str>,
    /// The state.
    pub state: State,
    /// The number of sagas.
    pub count: u64,
    /// The time of the last change of the saga that has not changed for the longest time.
    pub oldest: Time,
}

impl fmt::Debug for NewSaga {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSaga")
            .field("saga", &self.saga)
            .field("fingerprint", &self.fingerprint)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEvent")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            saga,
            input: _,
            fingerprint,
            state,
            due,
            claimed,
            turn,
            life,
            created,
            updated,
            commits,
            takeovers,
            unreadable,
        } = self;
        f.debug_struct("Row")
            .field("saga", saga)
            .field("fingerprint", fingerprint)
            .field("state", state)
            .field("due", due)
            .field("claimed", claimed)
            .field("turn", turn)
            .field("life", life)
            .field("created", created)
            .field("updated", updated)
            .field("commits", commits)
            .field("takeovers", takeovers)
            .field("unreadable", unreadable)
            .finish_non_exhaustive()
    }
}

impl SagaId {
    /// The saga of this name with this id.
    #[must_use]
    pub fn new(saga: impl Into<Arc<str>>, id: impl Into<Arc<str>>) -> Self {
        Self {
            saga: saga.into(),
            id: id.into(),
        }
    }
}

impl fmt::Display for SagaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.saga, self.id)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
