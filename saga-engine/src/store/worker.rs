//! Who works on a store: workers, their epochs, and whose a saga is.

use super::Time;
use saga_core::run::random;
use std::{sync::Arc, time::Duration};

/// Under which a worker writes, from when it opens a store until it ends: 63 random bits.
///
/// Epochs are equal or not, and in no order: a database that fails over to a copy may lose what it
/// counted last, and would give a number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// One that was never given before.
    #[must_use]
    pub fn random() -> Self {
        Self(random() >> 1)
    }
}

/// A worker that opens a store.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Who, in words for people.
    pub name: Arc<str>,
    /// How long it asks to live without being renewed. A store with one owner does not care.
    pub lease: Duration,
    /// What it can run: names of sagas, and the fingerprints of their definitions.
    pub runs: Vec<(Arc<str>, u64)>,
    /// The epoch that it had before, if it opens anew by itself: because it was fenced, or its
    /// lease has ended. Nobody else is fenced by that.
    pub after: Option<Epoch>,
}

impl Worker {
    /// The fingerprint by which it would read a saga of this name: that of its own definition, or 0
    /// if it has none.
    #[must_use]
    pub fn fingerprint_of(&self, saga: &str) -> u64 {
        let own = self.runs.iter().find(|(name, _)| **name == *saga);
        own.map_or(0, |(_, fingerprint)| *fingerprint)
    }
}

/// A worker as the others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Under which it writes.
    pub epoch: Epoch,
    /// What it can run, by name: [`Worker::runs`].
    pub runs: Vec<(Arc<str>, u64)>,
}

/// What a worker is given that opens a store.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// Under which it writes.
    pub epoch: Epoch,
    /// The store's time.
    pub now: Time,
    /// How long the epoch lives without being renewed; `None` if it needs no renewal: it lives
    /// until another owner opens the store.
    pub lease: Option<Duration>,
}

/// Whose a saga is after [`Store::claim_one`](super::Store::claim_one).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// Claimed under the epoch that asked, by this or before.
    Mine,
    /// Another living worker has claimed it.
    Theirs,
    /// There is no such saga.
    Missing,
}
