//! What is known of sagas beside the file: where their journals go on, and which prove unreadable.

use saga_engine::SagaId;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Sagas whose places are remembered, at most.
const REMEMBERED: usize = 1 << 16;

/// Where the journals of sagas go on, of those that were written last and are claimed: an append
/// then needs no look-up. Only the owner of the file appends, so it stays true until a transaction
/// fails, or the saga is let go, or the epoch ends.
#[derive(Default)]
pub(crate) struct Known(HashMap<SagaId, Place>);

/// The numbers of the sagas that proved unreadable under the epoch that lives, and are passed over
/// under it: who opens the file anew tries once more. Why they did is in the file.
#[derive(Clone, Default)]
pub(crate) struct Marks(Arc<Mutex<HashSet<i64>>>);

impl Marks {
    pub(crate) fn all(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where one journal goes on.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The saga's number.
    pub(crate) saga: i64,
    /// The number of its next commit.
    pub(crate) next: u64,
    /// Whether it is claimed under the epoch that lives.
    pub(crate) held: bool,
    /// Whether its row says that it cannot be read.
    pub(crate) unfit: bool,
}

impl Known {
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    pub(crate) fn remember(&mut self, saga: SagaId, place: Place) {
        if self.0.len() >= REMEMBERED {
            self.forget();
        }
        self.0.insert(saga, place);
    }

    pub(crate) fn get(&self, saga: &SagaId) -> Option<&Place> {
        self.0.get(saga)
    }

    pub(crate) fn get_mut(&mut self, saga: &SagaId) -> Option<&mut Place> {
        self.0.get_mut(saga)
    }

    pub(crate) fn remove(&mut self, saga: &SagaId) {
        self.0.remove(saga);
    }
}
