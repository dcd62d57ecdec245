//! The store in memory keeps every promise of a store, and fails where it is told to.

use saga_engine::{
    Commit, Epoch, Faulty, Memory, NewSaga, ReadStore, SagaId, Store, StoreError, Time, conformance,
};
use std::{future::Future, time::Duration};
use tokio::time::timeout;

#[tokio::test]
async fn it_keeps_every_promise() {
    conformance::run(async || Memory::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_keeps_every_promise_to_many_threads() {
    conformance::run(async || Memory::new()).await;
}

#[tokio::test]
async fn without_a_fault_nothing_fails() {
    conformance::run(async || Faulty::new(Memory::new())).await;
}

#[tokio::test]
async fn clones_share_what_they_hold() {
    let (one, two) = (Memory::new(), Memory::new());
    let first = one.open().await.unwrap();
    begin(&one, first).await.unwrap();
    let again = one.clone();
    let second = again.open().await.unwrap();
    assert!(again.load(trip()).await.unwrap().is_some());
    assert!(two.load(trip()).await.unwrap().is_none());
    assert!(matches!(
        begin(&one, first).await,
        Err(StoreError::Fenced { epoch }) if epoch == second
    ));
}

#[tokio::test(start_paused = true)]
async fn before_a_crash_nothing_is_written_and_after_it_nothing_is_heard() {
    for (after, there) in [(false, false), (true, true)] {
        let disk = Memory::new();
        let store = Faulty::new(disk.clone());
        let store = if after {
            store.crash_after(1)
        } else {
            store.crash_before(1)
        };
        let epoch = store.open().await.unwrap();
        hangs(store.crashed()).await;
        hangs(begin(&store, epoch)).await;
        store.crashed().await;
        hangs(store.load(trip())).await;
        hangs(store.open()).await;
        assert_eq!(disk.load(trip()).await.unwrap().is_some(), there);
        assert_eq!(
            disk.open().await.unwrap(),
            Epoch(epoch.0 + 1),
            "nothing is written after a crash"
        );
        assert_eq!(store.writes(), 2);
    }
}

#[tokio::test]
async fn an_unavailable_store_is_available_again() {
    let disk = Memory::new();
    let store = Faulty::new(disk.clone()).unavailable(1..3).unheard(3..4);
    let epoch = store.open().await.unwrap();
    for there in [false, false, true] {
        let begun = begin(&store, epoch).await;
        assert!(matches!(begun, Err(StoreError::Unavailable { .. })));
        assert_eq!(disk.load(trip()).await.unwrap().is_some(), there);
    }
    begin(&store, epoch).await.unwrap();
}

fn trip() -> SagaId {
    SagaId::new("trip", "42")
}

async fn begin(store: &impl Store, epoch: Epoch) -> Result<(), StoreError> {
    let saga = NewSaga {
        saga: trip(),
        input: "{}".into(),
        fingerprint: 1,
        due: None,
    };
    let first = Commit {
        seq: 0,
        at: Time(0),
        records: "[]".into(),
    };
    store.create(epoch, saga, first).await.map(drop)
}

async fn hangs(future: impl Future) {
    assert!(timeout(Duration::from_secs(1), future).await.is_err());
}
