//! Locks: the keys that a saga has, and the sagas for whose keys it waits.

use super::text::age;
use crate::{
    journal::fold::Folded,
    store::{Filter, LockFilter, LockKey, LockRow, LockState, ReadStore, SagaId, StoreError, Time},
};
use serde::Serialize;
use std::fmt;

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

/// The text about the locks of a saga, which follows the sentence about its state.
pub(super) async fn said(
    store: &(impl ReadStore + ?Sized),
    saga: &SagaId,
    folded: &Folded,
    now: Time,
) -> Result<Option<String>, StoreError> {
    if !folded.run.kernel.definition().takes_locks() {
        return Ok(None);
    }
    let own = store.locks(LockFilter::of(saga.clone())).await?;
    for row in own.iter().filter(|row| row.state == LockState::Waiting) {
        let first = queue(store, &row.key, 1).await?;
        let holder = first.into_iter().find(|first| first.saga != *saga);
        if let Some(holder) = holder {
            let state = state_of(store, &holder.saga).await?;
            let (key, since) = (Shown(&row.key), age(now.since(holder.since)));
            let first = &holder.saga;
            return Ok(Some(match holder.state {
                LockState::Waiting => format!("; {first}, {state}, is first in line for {key}"),
                LockState::Granted | LockState::Taken => {
                    format!("; {key} is held by {first}, {state}, for {since}")
                }
            }));
        }
    }
    for row in own.iter().filter(|row| row.state != LockState::Waiting) {
        let line = queue(store, &row.key, COUNTED + 1).await?;
        if let Some(next) = line.get(1) {
            let more = match line.len() - 1 {
                1 => "one saga waits for it".to_owned(),
                COUNTED.. => format!("{COUNTED} sagas or more wait for it"),
                many => format!("{many} sagas wait for it"),
            };
            let (key, next) = (Shown(&row.key), &next.saga);
            return Ok(Some(format!(
                "; it holds {key}, and {more}: {next} is next"
            )));
        }
    }
    Ok(None)
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
        Some(row) if row.unreadable.is_some() => "which is unreadable".to_owned(),
        Some(row) => format!("which is {}", row.state),
        None => "which is gone".to_owned(),
    })
}

/// A key in a sentence.
struct Shown<'a>(&'a LockKey);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LockKey { name, key } = self.0;
        if key.is_empty() {
            return write!(f, "`{name}`");
        }
        write!(f, "`{name} {key}`")
    }
}
