//! What the tests of files have in common.

use std::time::Duration;
use typed_saga_engine::{
    Change, Claim, Commit, Epoch, Hold, NewSaga, SagaId, State, Store, StoreError, Take, Time,
    Turn, Worker,
};

/// The claim of all that a test claims.
pub(crate) const TURN: Turn = Turn(1);

/// A saga, as it is claimed here.
pub(crate) fn hold(id: &str) -> Hold {
    Hold::new(trip(id), TURN)
}

/// Who opens a file.
pub(crate) fn worker() -> Worker {
    Worker {
        name: "a test".into(),
        lease: Duration::from_secs(30),
        runs: Vec::new(),
        after: None,
    }
}

/// Opens a store.
pub(crate) async fn open(store: &impl Store) -> Epoch {
    store.open(worker()).await.unwrap().epoch
}

pub(crate) fn trip(id: &str) -> SagaId {
    SagaId::new("trip", id)
}

pub(crate) fn commit(seq: u64, records: &str) -> Commit {
    Commit {
        seq,
        at: Time(1_795_168_800_000 + i64::try_from(seq).unwrap()),
        records: records.to_owned(),
    }
}

/// Creates a saga that is claimed.
pub(crate) async fn begin(store: &impl Store, epoch: Epoch, id: &str) -> Result<(), StoreError> {
    let new = NewSaga {
        saga: trip(id),
        input: r#"{"nights":2}"#.to_owned(),
        fingerprint: 7,
        due: None,
        life: None,
    };
    let first = commit(0, r#"[{"what":"started"}]"#);
    store
        .create(Some((epoch, TURN)), new, Some(first))
        .await
        .map(drop)
}

pub(crate) async fn append(
    store: &impl Store,
    epoch: Epoch,
    id: &str,
    seq: u64,
    records: &str,
) -> Result<(), StoreError> {
    store
        .append(epoch, hold(id), commit(seq, records), None, Vec::new())
        .await
}

/// Appends a commit that brings a saga into a state, and lets it go.
pub(crate) async fn end(
    store: &impl Store,
    epoch: Epoch,
    id: &str,
    seq: u64,
    state: State,
    claim: Claim,
    records: &str,
) {
    let change = Change {
        state,
        claim,
        fingerprint: None,
        events: Vec::new(),
        delivers: false,
        locks: Vec::new(),
    };
    store
        .append(
            epoch,
            hold(id),
            commit(seq, records),
            Some(change),
            Vec::new(),
        )
        .await
        .unwrap();
}

/// How many commits a saga has.
pub(crate) async fn commits(store: &impl Store, id: &str) -> usize {
    let stored = store.load(trip(id)).await.unwrap();
    stored.map_or(0, |stored| stored.commits.len())
}

/// Claims a saga.
pub(crate) async fn take(store: &impl Store, epoch: Epoch, id: &str) {
    let taken = store.claim_one(epoch, TURN, trip(id), None).await.unwrap();
    assert_eq!(taken, Take::Mine);
}
