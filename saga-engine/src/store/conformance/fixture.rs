//! What the checks have in common: an owned store, and sagas to put into it.

use crate::store::{
    Change, Commit, Created, Epoch, Filter, Hold, NewSaga, Row, SagaId, State, Store, StoreError,
    Stored, Time,
};
use std::{ops::Deref, slice};

/// A store, and the epoch under which it is written.
pub(super) struct Owned<S> {
    store: S,
    pub(super) epoch: Epoch,
}

impl<S> Deref for Owned<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.store
    }
}

/// What must succeed.
pub(super) trait Must<T> {
    fn must(self, what: &str) -> T;
}

impl<T> Must<T> for Result<T, StoreError> {
    #[track_caller]
    fn must(self, what: &str) -> T {
        self.unwrap_or_else(|error| panic!("{what}: {error} ({error:?})"))
    }
}

impl<S: Store> Owned<S> {
    pub(super) async fn open(store: S) -> Self {
        let epoch = store.open().await.must("an empty store can be opened");
        Self { store, epoch }
    }

    /// Opens the store once more: as after a restart.
    pub(super) async fn reopen(&mut self) -> Epoch {
        let before = self.epoch;
        self.epoch = self.store.open().await.must("a store can be opened again");
        before
    }

    /// Creates a saga at its time; due then, or claimed.
    pub(super) async fn begin(&self, saga: &SagaId, at: Time, due: Option<Time>) {
        let created = self
            .create(self.epoch, new(saga, due), commit(0, at))
            .await
            .must("a saga can be created");
        assert!(
            matches!(created, Created::New),
            "{saga} was not there, but: {created:?}"
        );
    }

    /// Appends a commit that brings a saga into a state, as its second one.
    pub(super) async fn change(&self, saga: &SagaId, at: Time, state: State, hold: Hold) {
        let change = Some(change(state, hold));
        self.append(self.epoch, saga.clone(), commit(1, at), change)
            .await
            .must("a commit can be appended");
    }

    /// A saga that was brought into a state by its second commit, at a time.
    pub(super) async fn ended(&self, saga: &SagaId, at: Time, state: State) {
        self.begin(saga, at, None).await;
        self.change(saga, at, state, Hold::Rest).await;
    }

    pub(super) async fn stored(&self, saga: &SagaId) -> Stored {
        let stored = self.load(saga.clone()).await.must("a saga can be loaded");
        let stored = stored.unwrap_or_else(|| panic!("{saga} is there, but was not loaded"));
        let listed = self.listed(&Filter::of(saga.clone())).await;
        assert_eq!(
            listed,
            slice::from_ref(&stored.row),
            "a saga is listed with the row that is loaded"
        );
        stored
    }

    pub(super) async fn row(&self, saga: &SagaId) -> Row {
        self.stored(saga).await.row
    }

    pub(super) async fn listed(&self, filter: &Filter) -> Vec<Row> {
        self.list(filter.clone()).await.must("sagas can be listed")
    }

    pub(super) async fn claimed(&self, now: Time, limit: usize) -> Vec<SagaId> {
        self.claim(self.epoch, now, limit)
            .await
            .must("what is due can be claimed")
    }

    pub(super) async fn due_next(&self) -> Option<Time> {
        self.next_due(self.epoch)
            .await
            .must("what is due next can be asked")
    }
}

/// The saga `trip` of this id.
pub(super) fn trip(id: &str) -> SagaId {
    SagaId::new("trip", id)
}

pub(super) fn new(saga: &SagaId, due: Option<Time>) -> NewSaga {
    NewSaga {
        saga: saga.clone(),
        input: format!(r#"{{"nights":2,"of":"{}"}}"#, saga.id.len()),
        fingerprint: 0xfedc_ba98_7654_3210,
        due,
    }
}

/// A commit that tells its number.
pub(super) fn commit(seq: u64, at: Time) -> Commit {
    let records = format!(r#"[{{"what":"applied","step":"step-{seq}","value":{seq}}}]"#);
    Commit { seq, at, records }
}

pub(super) fn change(state: State, hold: Hold) -> Change {
    Change {
        state,
        hold,
        fingerprint: None,
    }
}
