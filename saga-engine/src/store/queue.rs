//! Locks, as a store keeps them: which saga has which key, and which sagas wait for it.
//!
//! An operator takes a key only from a saga that no engine can read
//! ([`ReadStore::free`](super::ReadStore::free)). All others can be resumed or abandoned, which
//! their journals record. A saga that has not taken its key yet loses all places of that request,
//! and is due: the worker that can read it finds no place, and requests all keys again, in one
//! commit, so that any two sagas have the same order in all queues.

use super::{LockKey, SagaId, Time};
use std::sync::Arc;

/// The place of a saga in the queue of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockRow {
    /// The key.
    pub key: LockKey,
    /// The saga.
    pub saga: SagaId,
    /// Its place: smaller numbers come first.
    pub place: u64,
    /// Whether it has the key.
    pub state: LockState,
    /// When it entered the queue; once it has the key, when it got the key.
    pub since: Time,
}

/// Whether a saga has a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LockState {
    /// It waits for this key, or for another one that it has requested with it.
    Waiting,
    /// It has all keys that it requested together, but has not taken them yet. A worker with a free
    /// slot claims it.
    Granted,
    /// It has the key, and knows that it does.
    Taken,
}

impl LockState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Granted, Self::Taken];

    /// The state as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Granted => "granted",
            Self::Taken => "taken",
        }
    }

    /// The state that is written this way.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Whether all keys that a saga has requested, and not yet taken, were granted to it.
pub(crate) fn are_granted(rows: &[LockRow]) -> bool {
    let has = |state| rows.iter().any(|row| row.state == state);
    has(LockState::Granted) && !has(LockState::Waiting)
}

/// The result of [`ReadStore::free`](super::ReadStore::free).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freed {
    /// The saga has lost its place, and the key is passed on. The number of the message that says who
    /// asked for it.
    Done(u64),
    /// The saga is not the first one in the queue of the key.
    NotFirst,
    /// A worker has claimed the saga, or its row does not say that it is unreadable.
    Readable,
    /// A living worker may be able to read the saga: it has not tried yet.
    Untried,
}

/// Selects places: every field that is set must match.
#[derive(Clone, Debug, Default)]
pub struct LockFilter {
    /// The name of the key.
    pub name: Option<Arc<str>>,
    /// The key.
    pub key: Option<Arc<str>>,
    /// The saga.
    pub saga: Option<SagaId>,
    /// At most this many; `None`: all.
    pub limit: Option<usize>,
}

impl LockFilter {
    /// The places of this saga.
    #[must_use]
    pub fn of(saga: SagaId) -> Self {
        Self {
            saga: Some(saga),
            ..Self::default()
        }
    }

    /// The queue of this key.
    #[must_use]
    pub fn queue(key: LockKey) -> Self {
        Self {
            name: Some(key.name),
            key: Some(key.key),
            ..Self::default()
        }
    }

    /// Whether a place matches; does not look at `limit`.
    #[must_use]
    pub fn fits(&self, key: &LockKey, saga: &SagaId) -> bool {
        let fits = |wanted: &Option<Arc<str>>, is| wanted.as_ref().is_none_or(|name| name == is);
        fits(&self.name, &key.name)
            && fits(&self.key, &key.key)
            && self.saga.as_ref().is_none_or(|wanted| wanted == saga)
    }
}
