//! The locks of a [`Memory`](super::Memory).

use crate::store::{LockChange, LockFilter, LockKey, LockRow, LockState, SagaId, Time};
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Debug, Default)]
pub(super) struct Locks {
    /// The queue of each key, by places.
    queues: BTreeMap<LockKey, BTreeMap<u64, Queued>>,
    /// The places of each saga.
    of: HashMap<SagaId, Vec<(LockKey, u64)>>,
    /// The sagas that have been granted keys, and have not taken them yet.
    granted: BTreeSet<SagaId>,
    /// The last place that was issued.
    last: u64,
}

#[derive(Debug)]
struct Queued {
    saga: SagaId,
    state: LockState,
    since: Time,
}

impl Locks {
    pub(super) fn change(&mut self, saga: &SagaId, changes: Vec<LockChange>, now: Time) {
        for change in changes {
            match change {
                LockChange::Request(keys) => self.request(saga, keys, now),
                LockChange::Taken => {
                    self.granted.remove(saga);
                    self.set(saga, LockState::Granted, LockState::Taken, now);
                }
                LockChange::Withdraw => self.leave(saga, |_, state| state != LockState::Taken, now),
                LockChange::Release => self.leave(saga, |_, _| true, now),
            }
        }
    }

    /// The state of a saga in the queue of a key, if it is the first one.
    pub(super) fn first(&self, key: &LockKey, saga: &SagaId) -> Option<LockState> {
        let (_, first) = self.queues.get(key)?.first_key_value()?;
        (first.saga == *saga).then_some(first.state)
    }

    /// Takes a key from a saga that has taken it.
    pub(super) fn free(&mut self, saga: &SagaId, key: &LockKey, now: Time) {
        self.leave(saga, |own, _| own == key, now);
    }

    fn request(&mut self, saga: &SagaId, keys: Vec<LockKey>, now: Time) {
        let keys: BTreeSet<_> = keys.into_iter().collect();
        for key in keys {
            self.last += 1;
            let place = Queued {
                saga: saga.clone(),
                state: LockState::Waiting,
                since: now,
            };
            let queue = self.queues.entry(key.clone()).or_default();
            queue.insert(self.last, place);
            let own = self.of.entry(saga.clone()).or_default();
            own.push((key, self.last));
        }
        self.grant(saga, now);
    }

    /// Gives a saga the keys that it waits for, if it is the first in the queue of each.
    fn grant(&mut self, saga: &SagaId, now: Time) {
        let own = self.of.get(saga).map_or(&[][..], Vec::as_slice);
        let is_first = |(key, place): &(LockKey, u64)| {
            let first = self.queues[key].first_key_value();
            first.is_some_and(|(first, _)| first == place)
        };
        let waits = own.iter().any(|(key, place)| {
            let place = &self.queues[key][place];
            place.state == LockState::Waiting
        });
        if waits && own.iter().all(is_first) {
            self.set(saga, LockState::Waiting, LockState::Granted, now);
            self.granted.insert(saga.clone());
        }
    }

    fn set(&mut self, saga: &SagaId, from: LockState, to: LockState, now: Time) {
        for (key, place) in self.of.get(saga).into_iter().flatten() {
            let place = self.queues.get_mut(key).and_then(|it| it.get_mut(place));
            if let Some(place) = place.filter(|place| place.state == from) {
                place.state = to;
                if to == LockState::Granted {
                    place.since = now;
                }
            }
        }
    }

    /// Removes the saga from the queues in which it is in such a state, and passes the keys on.
    fn leave(&mut self, saga: &SagaId, leaves: impl Fn(&LockKey, LockState) -> bool, now: Time) {
        let own = self.of.remove(saga).unwrap_or_default();
        let is_left = |(key, place): &(LockKey, u64)| leaves(key, self.queues[key][place].state);
        let (left, kept): (Vec<_>, Vec<_>) = own.into_iter().partition(is_left);
        let is_granted =
            |(key, place): &(LockKey, u64)| self.queues[key][place].state == LockState::Granted;
        if !kept.iter().any(is_granted) {
            self.granted.remove(saga);
        }
        if !kept.is_empty() {
            self.of.insert(saga.clone(), kept);
        }
        for (key, place) in left {
            let Some(queue) = self.queues.get_mut(&key) else {
                continue;
            };
            queue.remove(&place);
            let next = queue.first_key_value().map(|(_, next)| next.saga.clone());
            match next {
                Some(next) => self.grant(&next, now),
                None => drop(self.queues.remove(&key)),
            }
        }
    }

    pub(super) fn rows(&self, filter: &LockFilter) -> Vec<LockRow> {
        let places = self.queues.iter().flat_map(|(key, queue)| {
            queue.iter().map(|(number, place)| LockRow {
                key: key.clone(),
                saga: place.saga.clone(),
                place: *number,
                state: place.state,
                since: place.since,
            })
        });
        let places = places.filter(|row| filter.fits(&row.key, &row.saga));
        places.take(filter.limit.unwrap_or(usize::MAX)).collect()
    }

    /// The sagas that have been granted keys, and have not taken them yet.
    pub(super) fn granted(&self) -> impl Iterator<Item = &SagaId> {
        self.granted.iter()
    }
}
