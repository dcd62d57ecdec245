//! A journal as an engine left it, at times that are the same whenever a test runs.

use serde_json::Value;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use typed_saga::engine::{
    EventFilter, EventRow, EventStat, Filter, Memory, ReadStore, Row, SagaId, Stat, Store,
    StoreError, Time,
    for_stores::{
        Change, Claim, Commit, DefinitionRow, Freed, Hold, LockFilter, LockKey, LockRow, Message,
        NewSaga, StoreFuture, Stored, Turn, Worker,
    },
};

/// When the night begins: 2026-11-20T22:00:00Z.
const BEGIN: Time = Time(1_795_212_000_000);

/// A journal that nobody writes any more, but for messages.
#[derive(Clone)]
pub(super) struct Recorded {
    pub(super) memory: Memory,
    pub(super) now: Time,
    pub(super) width: Option<usize>,
    pub(super) owner: Arc<Mutex<Option<String>>>,
    /// What is said of every saga that is loaded.
    pub(super) broken: Option<StoreError>,
}

impl Recorded {
    pub(super) fn empty() -> Self {
        Self {
            memory: Memory::new(),
            now: BEGIN,
            width: None,
            owner: Arc::default(),
            broken: None,
        }
    }

    /// What `memory` holds, `passed` after its first saga began.
    pub(super) async fn of(memory: &Memory, passed: Duration) -> Self {
        let copy = Self {
            now: BEGIN.after(passed),
            owner: Arc::new(Mutex::new(Some("process 42".to_owned()))),
            ..Self::empty()
        };
        let rows = memory.list(Filter::default()).await.unwrap();
        let first = rows.iter().map(|row| row.created).min().unwrap();
        for row in rows {
            let stored = memory.load(row.saga.clone()).await.unwrap().unwrap();
            let (name, fingerprint) = (row.saga.saga.clone(), row.fingerprint);
            let definition = memory.definition(name, fingerprint).await.unwrap();
            copy.keep(stored, definition.unwrap(), BEGIN.0 - first.0)
                .await;
        }
        copy
    }

    async fn keep(&self, stored: Stored, definition: DefinitionRow, later: i64) {
        let Stored { row, commits } = stored;
        let moved = |time: Time| Time(time.0 + later);
        let mut commits = commits.into_iter().map(|commit| Commit {
            at: moved(commit.at),
            records: moved_records(&commit.records, later),
            ..commit
        });
        let opened = self.memory.open(worker()).await.unwrap();
        let epoch = opened.epoch;
        self.memory.define(epoch, definition).await.unwrap();
        let new = NewSaga {
            saga: row.saga.clone(),
            input: row.input.clone(),
            fingerprint: row.fingerprint,
            due: None,
            life: None,
        };
        let first = commits.next().unwrap();
        self.memory
            .create(Some((epoch, Turn(1))), new, Some(first))
            .await
            .unwrap();
        let claim = match (row.claimed, row.due) {
            (Some(_), _) => Claim::Keep,
            (None, Some(due)) => Claim::Until(moved(due)),
            (None, None) => Claim::Rest,
        };
        for commit in commits {
            let change = (commit.seq + 1 == row.commits).then_some(Change {
                state: row.state,
                claim,
                fingerprint: None,
                events: Vec::new(),
                delivers: false,
                locks: Vec::new(),
            });
            let saga = row.saga.clone();
            let append =
                self.memory
                    .append(epoch, Hold::new(saga, Turn(1)), commit, change, Vec::new());
            append.await.unwrap();
        }
    }

    pub(super) fn narrow(mut self, width: usize) -> Self {
        self.width = Some(width);
        self
    }

    /// No engine is alive any more.
    pub(super) fn left(self) -> Self {
        *self.owner.lock().unwrap() = None;
        self
    }

    pub(super) fn own(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self.owner.lock().unwrap().clone() {
            Some(owner) => Err(StoreError::Owned { owner }),
            None => Ok(Arc::new(self.memory.clone())),
        }
    }
}

/// Who opens a journal.
pub(super) fn worker() -> Worker {
    Worker {
        name: "a test".into(),
        lease: Duration::from_secs(30),
        runs: Vec::new(),
        after: None,
    }
}

/// Records say moments, too.
fn moved_records(text: &str, later: i64) -> String {
    let mut records: Value = serde_json::from_str(text).unwrap();
    for record in records.as_array_mut().unwrap() {
        for field in ["until", "deadline"] {
            if let Some(time) = record.get_mut(field) {
                *time = (time.as_i64().unwrap() + later).into();
            }
        }
    }
    records.to_string()
}

impl ReadStore for Recorded {
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>> {
        self.memory.definition(saga, fingerprint)
    }

    fn in_use(&self) -> StoreFuture<'_, Vec<DefinitionRow>> {
        self.memory.in_use()
    }

    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>> {
        match self.broken.clone() {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.memory.load(saga),
        }
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>> {
        self.memory.list(filter)
    }

    fn stats(&self) -> StoreFuture<'_, Vec<Stat>> {
        self.memory.stats()
    }

    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64> {
        self.memory.send(saga, text, at)
    }

    fn events(&self, filter: EventFilter) -> StoreFuture<'_, Vec<EventRow>> {
        self.memory.events(filter)
    }

    fn locks(&self, filter: LockFilter) -> StoreFuture<'_, Vec<LockRow>> {
        self.memory.locks(filter)
    }

    fn free(&self, key: LockKey, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, Freed> {
        self.memory.free(key, saga, text, at)
    }

    fn is_untried(&self, saga: SagaId) -> StoreFuture<'_, bool> {
        self.memory.is_untried(saga)
    }

    fn undelivered(&self) -> StoreFuture<'_, Vec<EventStat>> {
        self.memory.undelivered()
    }

    fn messages(&self) -> StoreFuture<'_, Vec<Message>> {
        self.memory.messages()
    }

    fn message(&self, number: u64) -> StoreFuture<'_, Option<Message>> {
        self.memory.message(number)
    }

    fn workers(&self) -> StoreFuture<'_, Vec<String>> {
        let owner = self.owner.lock().unwrap().clone();
        Box::pin(async { Ok(owner.into_iter().collect()) })
    }

    fn now(&self) -> StoreFuture<'_, Time> {
        let now = self.now;
        Box::pin(async move { Ok(now) })
    }
}
