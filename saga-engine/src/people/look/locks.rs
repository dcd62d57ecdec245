//! Locks: the keys that a saga has, and the sagas for whose keys it waits.

use super::text::age;
use crate::{
    journal::fold::Folded,
    store::{
        Filter, LockFilter, LockKey, LockRow, LockState, ReadStore, Row, SagaId, StoreError, Time,
    },
};
use serde::Serialize;
use typed_saga_core::kernel::Phase;

/// The maximum number of sagas waiting for a key that are counted.
const COUNTED: usize = 1000;

/// The place of a saga in the queue of a key.
#[derive(Debug, Serialize)]
pub struct LockLine {
    /// The name of the lock.
    pub name: String,
    /// The key.
    pub key: String,
    /// The name of the saga.
    pub saga: String,
    /// Its id.
    pub id: String,
    /// `waiting`; or `granted` or `taken`, if it has the key.
    pub state: &'static str,
    /// When it entered the queue; once it has the key, when it got the key.
    pub since: String,
}

impl LockLine {
    /// The line of a place in the queue.
    #[must_use]
    pub fn of(row: &LockRow) -> Self {
        Self {
            name: row.key.name.to_string(),
            key: row.key.key.to_string(),
            saga: row.saga.saga.to_string(),
            id: row.saga.id.to_string(),
            state: row.state.as_str(),
            since: row.since.to_string(),
        }
    }
}

/// The text about the locks of a saga, which follows the sentence about its state. `own` are its
/// places in the queues of keys.
pub(super) async fn said(
    store: &(impl ReadStore + ?Sized),
    row: &Row,
    own: &[LockRow],
    folded: Option<&Folded>,
    now: Time,
) -> Result<Option<String>, StoreError> {
    if let Some(lock) = folded.and_then(|folded| without_key(folded, own)) {
        // If it has ended since its journal was read, it has released its keys.
        let rows = store.list(Filter::of(row.saga.clone())).await?;
        if rows.first().is_some_and(|now| now.commits == row.commits) {
            return Ok(Some(format!(
                "; its key of the lock `{lock}` was freed by an operator"
            )));
        }
    }
    for row in own.iter().filter(|row| row.state == LockState::Waiting) {
        let first = queue(store, &row.key, 1).await?;
        let holder = first.into_iter().find(|first| first.saga != row.saga);
        if let Some(holder) = holder {
            let state = state_of(store, &holder.saga).await?;
            let (key, since) = (&row.key, age(now.since(holder.since)));
            let first = &holder.saga;
            return Ok(Some(match holder.state {
                LockState::Waiting => format!("; {first}, {state}, is first in line for `{key}`"),
                LockState::Granted | LockState::Taken => {
                    format!("; `{key}` is held by {first}, {state}, for {since}")
                }
            }));
        }
    }
    for row in own.iter().filter(|row| row.state != LockState::Waiting) {
        if let Some(waiters) = waiters(store, &row.key).await? {
            return Ok(Some(format!("; it holds `{}`, and {waiters}", row.key)));
        }
    }
    Ok(None)
}

/// The lock that the saga has passed with a key, of which it has none any more.
fn without_key<'a>(folded: &'a Folded, own: &[LockRow]) -> Option<&'a str> {
    let kernel = &folded.run.kernel;
    let steps = kernel.definition().steps.iter().zip(0..);
    let mut passed = steps.filter(|(_, step)| kernel.phase(*step) == Phase::Applied);
    passed.find_map(|(declared, _)| {
        let lock = declared.lock.as_ref()?;
        let has_key = own.iter().any(|row| *row.key.name == *lock.name);
        (!has_key).then_some(&*declared.name)
    })
}

/// How many sagas wait for a key, and which one is next; `None` if there is none.
async fn waiters(
    store: &(impl ReadStore + ?Sized),
    key: &LockKey,
) -> Result<Option<String>, StoreError> {
    let line = queue(store, key, COUNTED + 1).await?;
    Ok(line.get(1).map(|LockRow { saga: next, .. }| {
        let many = match line.len() - 1 {
            1 => "one saga waits for it".to_owned(),
            COUNTED.. => format!("{COUNTED} sagas or more wait for it"),
            many => format!("{many} sagas wait for it"),
        };
        format!("{many}: {next} is next")
    }))
}

async fn queue(
    store: &(impl ReadStore + ?Sized),
    key: &LockKey,
    limit: usize,
) -> Result<Vec<LockRow>, StoreError> {
    let filter = LockFilter {
        limit: Some(limit),
        ..LockFilter::queue(key.clone())
    };
    store.locks(filter).await
}

async fn state_of(store: &(impl ReadStore + ?Sized), saga: &SagaId) -> Result<String, StoreError> {
    let rows = store.list(Filter::of(saga.clone())).await?;
    Ok(match rows.first() {
        Some(row) if row.is_quarantined() => "which is quarantined".to_owned(),
        Some(row) if row.unreadable.is_some() => "which is unreadable".to_owned(),
        Some(row) => format!("which is {}", row.state),
        None => "which is gone".to_owned(),
    })
}
