//! Compares the queues of a store with what the journals say of keys.

use crate::crash::world::Core;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    pin::pin,
    task::{Context, Poll, Waker},
};
use typed_saga::{
    definition::Definition,
    engine::{
        Filter, Memory, ReadStore,
        for_logs::record::{Record, RecordKind, decode},
        for_stores::{LockFilter, LockState},
    },
    runtime::End,
};

/// What the store in memory, which never waits, answers.
pub(crate) fn at_once<T, E: fmt::Debug>(answer: impl Future<Output = Result<T, E>>) -> T {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.expect("it is read"),
        Poll::Pending => panic!("it waits"),
    }
}

/// Compares the queues with the journals: from its request on, a saga is in line or has its keys, until
/// it gives up or has ended; and no other saga has them.
pub(crate) fn check_keys(definition: &'static Definition, memory: &Memory) -> Option<String> {
    let rows = at_once(memory.locks(LockFilter::default()));
    if rows.is_empty() && !definition.takes_locks() {
        return None;
    }
    let mut recorded = BTreeMap::new();
    for row in at_once(memory.list(Filter::default())) {
        let stored = at_once(memory.load(row.saga.clone()))?;
        let journal = stored.commits.iter();
        let journal = journal.flat_map(|commit| decode(&commit.records).expect("a journal"));
        let before =
            |step: &str| *row.saga.saga != *definition.name || is_before_pivot(definition, step);
        for (key, has_it) in keys_of(journal, before) {
            recorded.insert((row.saga.id.to_string(), key), has_it);
        }
    }
    let stored: BTreeMap<_, _> = rows
        .iter()
        .map(|row| {
            let place = (row.saga.id.to_string(), row.key.key.to_string());
            (place, row.state == LockState::Taken)
        })
        .collect();
    let mut held = BTreeSet::new();
    let given = rows.iter().filter(|row| row.state != LockState::Waiting);
    let twice = given.filter(|row| !held.insert(&row.key)).count();
    let has = recorded.iter().filter(|(_, has_it)| **has_it);
    let has: Vec<_> = has.map(|((_, key), _)| key).collect();
    let unique: BTreeSet<_> = has.iter().collect();
    (recorded != stored || twice > 0 || unique.len() < has.len())
        .then(|| format!("the journals give keys to {recorded:?}, the store to {rows:?}"))
}

impl Core {
    pub(crate) fn check_keys(&mut self) {
        let wrong = check_keys(self.definition, &self.memory);
        self.ledger.wrong.extend(wrong);
    }
}

fn is_before_pivot(definition: &Definition, name: &str) -> bool {
    let pivot = definition.pivot.map_or(usize::MAX, usize::from);
    definition
        .steps
        .iter()
        .take(pivot)
        .any(|step| step.name == name)
}

/// The keys that a saga has (true) or waits for, by its journal.
fn keys_of(
    journal: impl Iterator<Item = Record>,
    is_before_pivot: impl Fn(&str) -> bool,
) -> BTreeMap<String, bool> {
    let mut keys = BTreeMap::new();
    let mut requested: Option<Record> = None;
    for record in journal {
        let of_lock = requested.as_ref().filter(|lock| lock.step == record.step);
        match record.what {
            RecordKind::Awaiting if !record.keys.is_empty() => {
                keys.extend(record.keys.iter().map(|key| (key.clone(), false)));
                requested = Some(record);
            }
            RecordKind::Woken if of_lock.is_some() => {
                for has_it in keys.values_mut() {
                    *has_it = true;
                }
                requested = None;
            }
            RecordKind::TimedOut if of_lock.is_some() => keys.retain(|_, has_it| *has_it),
            RecordKind::CancelRequested | RecordKind::DeadlinePassed => {
                let lock = requested.as_ref().and_then(|lock| lock.step.as_deref());
                if lock.is_some_and(&is_before_pivot) {
                    keys.retain(|_, has_it| *has_it);
                }
            }
            RecordKind::Ended if record.end != Some(End::Parked) => keys.clear(),
            _ => {}
        }
    }
    keys
}
