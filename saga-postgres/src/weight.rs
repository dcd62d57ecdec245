//! How many rows a commit changes, so that a batch is not long because of a few commits in it.

use crate::append::Append;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use typed_saga_engine::{Change, Claim, LockChange, SagaId};

/// The keys that a saga may have to leave, if another worker has requested them: rarely more.
const KEYS: usize = 32;

/// How many keys the sagas have requested that this epoch has claimed since.
#[derive(Default)]
pub(crate) struct Keys(Mutex<HashMap<SagaId, usize>>);

impl Keys {
    /// The number of rows that a commit changes, roughly.
    pub(crate) fn rows(&self, append: &Append) -> usize {
        let Append { hold, answers, .. } = append;
        let change = append.change.as_ref();
        let own = change.map_or(0, |change| {
            change.events.len() + self.changed(&hold.saga, change)
        });
        1 + answers.len() + own
    }

    /// The number of keys that are requested, taken or left.
    fn changed(&self, saga: &SagaId, change: &Change) -> usize {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows = 0;
        for change in &change.locks {
            rows += match change {
                LockChange::Request(keys) => {
                    known.insert(saga.clone(), keys.len());
                    keys.len()
                }
                LockChange::Taken | LockChange::Withdraw | LockChange::Release => {
                    known.get(saga).copied().unwrap_or(KEYS)
                }
            };
        }
        // Another worker may go on with it.
        if change.claim != Claim::Keep {
            known.remove(saga);
        }
        rows
    }
}
