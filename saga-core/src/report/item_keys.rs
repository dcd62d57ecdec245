//! The values that serve as keys in the items of a loop. An item with the key of another item of the
//! same loop does not begin: to the service, both would be one operation.
//!
//! They are compared at run time: a key that is an input may be any expression of the item, so no
//! compiler can see that two are equal. Their digests are not recorded: a recovered run makes them
//! from the recorded inputs.

use crate::values::{cause::Cause, key_digest::KeyDigest};
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The keys of the items of one loop, each with the index of the item that has it.
///
/// A key stays with its item, even if the item was undone: under that key, the service knows the
/// operation that was undone.
#[derive(Debug, Default)]
pub(crate) struct ItemKeys(Mutex<HashMap<KeyDigest, u32>>);

/// Two items with the same key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EqualKeys {
    /// The path of the loop.
    pub(crate) of: String,
    pub(crate) first: u32,
    pub(crate) second: u32,
}

impl<E> From<EqualKeys> for Cause<E> {
    fn from(EqualKeys { of, first, second }: EqualKeys) -> Self {
        let index = |index| usize::try_from(index).unwrap_or(usize::MAX);
        Self::EqualItems {
            of,
            first: index(first),
            second: index(second),
        }
    }
}

impl ItemKeys {
    pub(super) fn kept(&self) -> MutexGuard<'_, HashMap<KeyDigest, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the keys of an item of which it is known that no other item has them.
    pub(crate) fn add(&self, index: u32, keys: impl IntoIterator<Item = KeyDigest>) {
        let keys = keys.into_iter().map(|key| (key, index));
        self.kept().extend(keys);
    }

    /// Gives a key to an item. Returns whether the item did not have it before, or the index of the
    /// other item that has it.
    pub(super) fn take(&self, key: KeyDigest, index: u32) -> Result<bool, u32> {
        match self.kept().entry(key) {
            Entry::Vacant(new) => {
                new.insert(index);
                Ok(true)
            }
            Entry::Occupied(known) if *known.get() == index => Ok(false),
            Entry::Occupied(known) => Err(*known.get()),
        }
    }

    /// The keys of all items.
    pub(crate) fn all(&self) -> Vec<KeyDigest> {
        self.kept().keys().copied().collect()
    }
}
