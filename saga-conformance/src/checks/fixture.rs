//! The parts that the checks share: a worker of a store, and sagas to put into it.

use std::{ops::Deref, slice, sync::Arc, time::Duration};
use typed_saga_engine::{
    Change, Claim, Commit, Created, Epoch, Filter, Hold, Life, NewSaga, Row, SagaId, State, Store,
    StoreError, Stored, Take, Time, Turn, Unfit, Worker,
};

/// The fingerprint of the sagas that the checks create.
pub(super) const VERSION: u64 = 0xfedc_ba98_7654_3210;

/// The turn by which the checks claim, unless they claim anew.
pub(super) const TURN: Turn = Turn(1);

/// Longer than any check takes.
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// The mark of a worker of this version, which cannot read a saga.
pub(super) fn unfit(fingerprint: u64) -> Unfit {
    let why = format!("nobody reads this by {fingerprint}").into();
    Unfit { fingerprint, why }
}

/// A store, and the epoch of one worker on it.
pub(super) struct Owned<S> {
    store: Arc<S>,
    pub(super) epoch: Epoch,
    /// The life of the sagas that begin, as of the last opening.
    pub(super) life: Option<Life>,
    /// Whether other workers may have it at the same time.
    pub(super) is_shared: bool,
}

impl<S> Deref for Owned<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.store
    }
}

/// An operation that must succeed.
pub(super) trait Must<T> {
    fn must(self, what: &str) -> T;
}

impl<T> Must<T> for Result<T, StoreError> {
    #[track_caller]
    fn must(self, what: &str) -> T {
        self.unwrap_or_else(|error| panic!("{what}: {error} ({error:?})"))
    }
}

/// A worker that runs `trip` in this version.
pub(super) fn worker(version: u64, lease: Duration) -> Worker {
    Worker {
        name: format!("worker of {version:x}").into(),
        lease,
        runs: vec![("trip".into(), version), ("tour".into(), VERSION)],
        after: None,
    }
}

impl<S: Store> Owned<S> {
    pub(super) async fn open(store: S) -> Self {
        Self::on(Arc::new(store), worker(VERSION, HOUR)).await
    }

    pub(super) async fn on(store: Arc<S>, worker: Worker) -> Self {
        let opened = store.open(worker).await.must("a store can be opened");
        Self {
            store,
            epoch: opened.epoch,
            life: opened.life,
            is_shared: opened.lease.is_some(),
        }
    }

    /// Another worker on the same store.
    pub(super) async fn another(&self, version: u64, lease: Duration) -> Self {
        Self::on(Arc::clone(&self.store), worker(version, lease)).await
    }

    /// Opens the store again, as after a restart.
    pub(super) async fn reopen(&mut self) -> Epoch {
        let before = self.epoch;
        let worker = Worker {
            after: Some(before),
            ..worker(VERSION, HOUR)
        };
        let opened = self.store.open(worker).await;
        let opened = opened.must("a store can be opened again");
        (self.epoch, self.life) = (opened.epoch, opened.life);
        before
    }

    /// The store's time.
    pub(super) async fn time(&self) -> Time {
        let renewed = self.renew(self.epoch).await;
        renewed.must("an epoch that lives can be renewed")
    }

    /// Creates a saga with this time; due at `due`, or claimed.
    pub(super) async fn begin(&self, saga: &SagaId, at: Time, due: Option<Time>) {
        let created = self
            .create(
                Some((self.epoch, TURN)),
                new(saga, due),
                Some(commit(0, at)),
            )
            .await
            .must("a saga can be created");
        assert!(
            matches!(created, Created::New),
            "{saga} was not there, but: {created:?}"
        );
    }

    /// Appends a second commit, which brings a saga into a state.
    pub(super) async fn change(&self, saga: &SagaId, at: Time, state: State, claim: Claim) {
        self.append_one(saga, commit(1, at), Some(change(state, claim)))
            .await
            .must("a commit can be appended");
    }

    /// Appends a commit that answers no message.
    pub(super) async fn append_one(
        &self,
        saga: &SagaId,
        commit: Commit,
        change: Option<Change>,
    ) -> Result<(), StoreError> {
        self.append(
            self.epoch,
            Hold::new(saga.clone(), TURN),
            commit,
            change,
            Vec::new(),
        )
        .await
    }

    /// A saga that its second commit has brought into a state, at this time.
    pub(super) async fn ended(&self, saga: &SagaId, at: Time, state: State) {
        self.begin(saga, at, None).await;
        self.change(saga, at, state, Claim::Rest).await;
    }

    /// Claims a saga that no other worker has claimed.
    pub(super) async fn take(&self, saga: &SagaId) {
        let taken = self.take_of(saga).await;
        assert_eq!(taken, Take::Mine, "{saga}, which nobody has, is claimed");
    }

    pub(super) async fn take_of(&self, saga: &SagaId) -> Take {
        let taken = self.claim_one(self.epoch, TURN, saga.clone(), None).await;
        taken.must("a saga can be claimed, or is another's")
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

    pub(super) async fn claimed(&self, limit: usize) -> Vec<SagaId> {
        let claimed = self.claim(self.epoch, TURN, limit).await;
        claimed.must("what is due can be claimed")
    }

    /// What a worker takes up: all that is due, or else one suspect.
    pub(super) async fn taken_up(&self) -> Vec<SagaId> {
        let claimed = self.claimed(9).await;
        if claimed.is_empty() {
            return self.claimed_suspect().await.into_iter().collect();
        }
        claimed
    }

    pub(super) async fn claimed_suspect(&self) -> Option<SagaId> {
        let claimed = self.claim_suspect(self.epoch, TURN).await;
        claimed.must("a suspect that is due can be claimed")
    }

    /// [`Store::ended`], sorted.
    pub(super) async fn ended_of(&self, of: Vec<SagaId>) -> Vec<SagaId> {
        let ended = Store::ended(&**self, of).await;
        let mut ended = ended.must("what has ended can be asked");
        ended.sort();
        ended
    }

    pub(super) async fn due_next(&self) -> Option<Time> {
        let due = self.next_due(self.epoch).await;
        due.must("what is due next can be asked")
    }
}

/// The saga `trip` with this id.
pub(super) fn trip(id: &str) -> SagaId {
    SagaId::new("trip", id)
}

pub(super) fn new(saga: &SagaId, due: Option<Time>) -> NewSaga {
    NewSaga {
        saga: saga.clone(),
        input: format!(r#"{{"nights":2,"of":"{}"}}"#, saga.id.len()),
        fingerprint: VERSION,
        due,
        life: None,
    }
}

/// A commit whose records contain its number.
pub(super) fn commit(seq: u64, at: Time) -> Commit {
    let records = format!(r#"[{{"what":"applied","step":"step-{seq}","value":{seq}}}]"#);
    Commit { seq, at, records }
}

pub(super) fn change(state: State, claim: Claim) -> Change {
    Change {
        state,
        claim,
        fingerprint: None,
        events: Vec::new(),
        delivers: false,
        locks: Vec::new(),
    }
}
