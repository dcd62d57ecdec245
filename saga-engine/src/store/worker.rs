//! The workers of a store, their epochs, and the turns of their claims.

use super::Time;
use std::{sync::Arc, time::Duration};
use typed_saga_core::{Life, run::random};

/// The token under which a worker writes, from when it opens a store until the epoch ends: 63
/// random bits.
///
/// Epochs have no order, because a counter could issue a number twice: a database that fails over
/// to a copy may lose its last counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// An epoch that was never issued before.
    #[must_use]
    pub fn random() -> Self {
        Self(random() >> 1)
    }
}

/// One claim of a saga: 63 random bits, which the claimer draws before it asks. So a claim whose answer was
/// lost is recognised, and so is a write that belongs to an earlier claim.
///
/// Like [epochs](Epoch), turns have no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Turn(pub u64);

impl Turn {
    /// A turn that was never used before.
    #[must_use]
    pub fn random() -> Self {
        Self(random() >> 1)
    }
}

/// A worker that opens a store.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Its name, as operators see it.
    pub name: Arc<str>,
    /// The lease that it requests. A store with one owner ignores it.
    pub lease: Duration,
    /// The versions that it can run: names of sagas, and the fingerprints of their definitions. With
    /// an empty name, which no saga has, the format of journals that its build of this library
    /// reads.
    pub runs: Vec<(Arc<str>, u64)>,
    /// Its previous epoch, if it opens the store again on its own because it was fenced, or its
    /// lease has ended. This fences no other worker.
    pub after: Option<Epoch>,
}

/// The format of journals that this build of the library reads: a later build knows by it what it may
/// write while this one is at work.
const FORMAT: u64 = 1;

impl Worker {
    /// What a worker registers for the format that it reads.
    pub(crate) fn format() -> (Arc<str>, u64) {
        ("".into(), FORMAT)
    }

    /// The fingerprint under which it would read a saga of this name: that of its own definition,
    /// or 0 if it has none.
    #[must_use]
    pub fn fingerprint_of(&self, saga: &str) -> u64 {
        let own = self.runs.iter().find(|(name, _)| **name == *saga);
        own.map_or(0, |(_, fingerprint)| *fingerprint)
    }
}

/// A worker, as other workers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The epoch under which it writes.
    pub epoch: Epoch,
    /// The versions that it can run, by name: [`Worker::runs`].
    pub runs: Vec<(Arc<str>, u64)>,
}

/// The answer to a worker that opens a store.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// The epoch under which it writes.
    pub epoch: Epoch,
    /// The store's time.
    pub now: Time,
    /// The time for which the epoch lives without being renewed; `None` if it needs no renewal: it
    /// lives until another owner opens the store.
    pub lease: Option<Duration>,
    /// The life of the sagas that begin now. `None`: sagas have none here, and an id is to be used once.
    pub life: Option<Life>,
}
