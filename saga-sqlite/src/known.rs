//! A cache about sagas: the places at which their journals continue, and the ones that proved
//! unreadable.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use typed_saga_engine::{SagaId, Turn};

/// The most sagas that are remembered.
const REMEMBERED: usize = 1 << 16;

/// The places at which the journals of recently written claimed sagas continue, so that an append
/// needs no look-up. Only the owner of the file appends, so an entry is valid until a transaction
/// fails, the saga is released, or the epoch ends.
#[derive(Default)]
pub(crate) struct Known(HashMap<SagaId, JournalEnd>);

/// The numbers of the sagas that proved unreadable under the current epoch, and are skipped under
/// it: the next epoch tries once more. The reason is in the file.
#[derive(Clone, Default)]
pub(crate) struct Marks(Arc<Mutex<HashSet<i64>>>);

impl Marks {
    pub(crate) fn all(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place at which one journal continues.
#[derive(Clone, Copy)]
pub(crate) struct JournalEnd {
    /// The saga's number.
    pub(crate) saga: i64,
    /// The number of its next commit.
    pub(crate) next: u64,
    /// The claim under the current epoch, if there is one.
    pub(crate) turn: Option<Turn>,
    /// Whether its row says that it is unreadable.
    pub(crate) unfit: bool,
}

impl Known {
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    pub(crate) fn remember(&mut self, saga: SagaId, place: JournalEnd) {
        if self.0.len() >= REMEMBERED {
            self.forget();
        }
        self.0.insert(saga, place);
    }

    pub(crate) fn get(&self, saga: &SagaId) -> Option<&JournalEnd> {
        self.0.get(saga)
    }

    pub(crate) fn get_mut(&mut self, saga: &SagaId) -> Option<&mut JournalEnd> {
        self.0.get_mut(saga)
    }

    pub(crate) fn remove(&mut self, saga: &SagaId) {
        self.0.remove(saga);
    }
}
