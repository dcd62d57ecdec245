//! The boundary to a database: what an [`Engine`](crate::Engine) asks of it. A store knows rows and texts, nothing of sagas.
//!
//! ```text
//!  saga    one row each: name, id, input, definition, state, when it is due, who claimed it
//!  commit  its journal: texts in order, each appended whole or not at all
//!  inbox   what people ask of it, and the answers
//! ```
//!
//! [`conformance`](crate::store::conformance) says all of this as tests that any store can run.

pub mod conformance;
mod error;
pub(crate) mod memory;

pub use crate::time::Time;
pub use error::StoreError;

use std::{fmt, future::Future, pin::Pin, sync::Arc};

/// What a store's method gives: a future on the heap, so that stores can be chosen at run time.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// What anybody may ask of a store without owning any of it: to read, and to leave messages for whoever
/// runs a saga. The command, a console, and an engine's own inspection need no more.
///
/// Messages are here, although they are written, because leaving one takes no ownership: who asks for
/// something does not run the saga, and need not know who does.
///
/// **Order.** A read sees every write whose future gave `Ok` before it began.
pub trait ReadStore: Send + Sync + 'static {
    /// The definition kept under this name and fingerprint.
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>>;

    /// A saga with its whole journal, in order.
    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>>;

    /// Rows that fit, by name and id (compared byte by byte), at most `filter.limit`.
    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>>;

    /// How many sagas are in each state that there are any in: by name, then by state in the order of
    /// [`State::ALL`].
    fn stats(&self) -> StoreFuture<'_, Vec<Stat>>;

    /// All messages that have no answer yet, oldest first.
    fn messages(&self) -> StoreFuture<'_, Vec<Message>>;

    /// Leaves a message for whoever runs the saga, whether or not there is such a saga; gives its number,
    /// which is larger than all before.
    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64>;

    /// The answer to a message; `None` if there is none yet, or no such message: it may have been purged
    /// with its saga.
    fn answer_to(&self, number: u64) -> StoreFuture<'_, Option<String>>;

    /// The workers that are alive, in words. If there are none, a message is answered by the next one.
    fn workers(&self) -> StoreFuture<'_, Vec<String>>;
}

/// Where an engine keeps its sagas.
///
/// **Ownership.** [`open`](Self::open) gives a new [`Epoch`] and ends all earlier ones: whoever writes under an earlier one is
/// [`Fenced`](StoreError::Fenced) and has changed nothing; whoever writes under one that was never given, too. **Durability.** When a future of a method that writes gives `Ok`, what was written
/// outlasts the process; if it gives an error or is dropped, it is not known whether it was written. **Order.** A read sees every write whose
/// future gave `Ok` before it began.
pub trait Store: ReadStore {
    /// The same store for tasks whose threads may be blocked, by tokio's `block_in_place`: a write can then be done by the thread that polls its future,
    /// without another one being woken for it. `None`: blocking them is of no use.
    ///
    /// Its futures are polled by nothing but tasks that were spawned on a runtime of several threads, where that does not panic.
    fn in_place(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// Takes the store over.
    ///
    /// # Errors
    /// [`StoreError::Owned`] if another owner is alive and this store does not take over from a living one.
    fn open(&self) -> StoreFuture<'_, Epoch>;

    /// Keeps a definition, as JSON, under the name of its saga and its fingerprint; one that is there already stays.
    fn define(&self, epoch: Epoch, definition: DefinitionRow) -> StoreFuture<'_, ()>;

    /// Begins a saga, with its first commit, as [`State::Running`]. One that is there already, under the same name and id, stays as it is and is
    /// given back.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the saga is new and the number of `first` is not 0.
    fn create(&self, epoch: Epoch, saga: NewSaga, first: Commit) -> StoreFuture<'_, Created>;

    /// Appends a commit to a saga's journal and changes its row, both or neither.
    ///
    /// It is conditional: `commit.seq` must be the number of commits that are there. If the commit with this number is there already and has the
    /// same text, nothing is written (not the change, either: it was written with the commit) and that is `Ok`: an append whose outcome was not
    /// known can be asked for again.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is another commit with that number, or none with the one before it, or no such saga.
    fn append(
        &self,
        epoch: Epoch,
        saga: SagaId,
        commit: Commit,
        change: Option<Change>,
    ) -> StoreFuture<'_, ()>;

    /// Sagas that are due at `now` and not claimed under this epoch, the one due first first, at most `limit`. They are claimed by that, until a
    /// [`Change`] lets them go, or the epoch ends.
    fn claim(&self, epoch: Epoch, now: Time, limit: usize) -> StoreFuture<'_, Vec<SagaId>>;

    /// When the next saga is due that is not claimed under this epoch.
    fn next_due(&self, epoch: Epoch) -> StoreFuture<'_, Option<Time>>;

    /// Deletes sagas that fit, with their journals and answered messages, if they are at rest ([`Row::is_at_rest`]) and were last changed before
    /// `before`; says how many. `filter.limit` counts those that are deleted.
    fn purge(&self, epoch: Epoch, filter: Filter, before: Time) -> StoreFuture<'_, u64>;

    /// Answers a message; an answered one stays as it is, and so does a number that no message has.
    fn answer(&self, epoch: Epoch, number: u64, answer: String, at: Time) -> StoreFuture<'_, ()>;
}

/// How many times a store has been opened: every owner has a larger one than those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// Which saga: its name and its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SagaId {
    /// The name of its definition.
    pub saga: Arc<str>,
    /// The id that it was submitted under.
    pub id: Arc<str>,
}

/// A definition, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionRow {
    /// The name.
    pub saga: Arc<str>,
    /// What tells its versions apart.
    pub fingerprint: u64,
    /// The definition as JSON.
    pub json: String,
}

/// A saga that begins.
#[derive(Clone, Debug)]
pub struct NewSaga {
    /// Which one.
    pub saga: SagaId,
    /// Its inputs, as canonical JSON.
    pub input: String,
    /// The fingerprint of its definition.
    pub fingerprint: u64,
    /// When it is due, if nobody claims it now; `None`: whoever creates it claims it.
    pub due: Option<Time>,
}

/// What became of [`Store::create`].
#[derive(Clone, Debug)]
pub enum Created {
    /// It begins.
    New,
    /// It was there.
    Exists(Box<Row>),
}

/// One entry of a saga's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its place, from 0.
    pub seq: u64,
    /// When it was written.
    pub at: Time,
    /// Its records: a JSON array.
    pub records: String,
}

/// A change of a saga's row, along with a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is now.
    pub state: State,
    /// What is to be done with it from now on.
    pub hold: Hold,
    /// The fingerprint of the definition that it goes on with, if that is another one than before.
    pub fingerprint: Option<u64>,
}

/// Who has a saga after a [`Change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It is claimed under the epoch that the change is written under: who has it keeps it. If it was not due, it is so since this commit.
    Keep,
    /// It is let go, and due then.
    Until(Time),
    /// It is let go, and not due again by itself.
    Rest,
}

/// Where a saga is, as its row says; all else is in its journal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It runs, or waits for a slot.
    Running,
    /// It waits until it is due.
    Waiting,
    /// Every step is applied, skipped or fallen back.
    Completed,
    /// Nothing stands but what is listed as left.
    Compensated,
    /// Somebody must look after it.
    Parked,
    /// It was parked, and somebody took it into their own hands for good.
    Abandoned,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Waiting,
        Self::Completed,
        Self::Compensated,
        Self::Parked,
        Self::Abandoned,
    ];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Compensated => "compensated",
            Self::Parked => "parked",
            Self::Abandoned => "abandoned",
        }
    }

    /// The state that is written so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One saga, without its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which one.
    pub saga: SagaId,
    /// Its inputs, as canonical JSON.
    pub input: String,
    /// The fingerprint of its definition.
    pub fingerprint: u64,
    /// Where it is.
    pub state: State,
    /// When it is due; `None` if it is at rest. Of a claimed one: since when.
    pub due: Option<Time>,
    /// Under which epoch it was claimed last, unless it was let go.
    pub claimed: Option<Epoch>,
    /// When it began.
    pub created: Time,
    /// When it was changed last: the time of its last commit.
    pub updated: Time,
    /// How many commits its journal has.
    pub commits: u64,
}

impl Row {
    /// Whether nothing of it is left to do: it has ended, and is not parked.
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

/// Which sagas are meant; every part that is set must fit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The name.
    pub saga: Option<Arc<str>>,
    /// The id.
    pub id: Option<Arc<str>>,
    /// One of these states; all, if there are none.
    pub states: Vec<State>,
    /// Those behind this one, in the order of the list.
    pub after: Option<SagaId>,
    /// At most so many; `None`: all.
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

    /// Whether a saga fits; `limit` is for who counts them.
    #[must_use]
    pub fn fits(&self, row: &Row) -> bool {
        let fits = |wanted: &Option<Arc<str>>, is| wanted.as_ref().is_none_or(|name| name == is);
        fits(&self.saga, &row.saga.saga)
            && fits(&self.id, &row.saga.id)
            && (self.states.is_empty() || self.states.contains(&row.state))
            && self.after.as_ref().is_none_or(|after| row.saga > *after)
    }
}

/// How many sagas of a name are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The name.
    pub saga: Arc<str>,
    /// The state.
    pub state: State,
    /// How many.
    pub count: u64,
    /// When the one that has not changed for longest was changed last.
    pub oldest: Time,
}

/// What somebody asks of a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub number: u64,
    /// Of which saga.
    pub saga: SagaId,
    /// What is asked: JSON.
    pub text: String,
    /// When it was asked.
    pub at: Time,
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
