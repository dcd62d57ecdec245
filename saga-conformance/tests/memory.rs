//! The store in memory keeps every promise of a store, and fails where it is told to.

use std::{future::Future, time::Duration};
use tokio::time::timeout;
use typed_saga_conformance::{Faulty, run, run_shared};
use typed_saga_engine::{
    Commit, Epoch, Memory, NewSaga, ReadStore, SagaId, Store, StoreError, Time, Turn, Worker,
};

#[tokio::test]
async fn it_keeps_every_promise() {
    run(async || Memory::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_keeps_every_promise_to_many_threads() {
    run(async || Memory::new()).await;
}

#[tokio::test]
async fn without_a_fault_nothing_fails() {
    run(async || Faulty::new(Memory::new())).await;
    run(async || Faulty::new(Memory::shared())).await;
}

/// How long those workers live that are to die.
const LEASE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_shared_one_keeps_every_promise() {
    run(async || Memory::shared()).await;
    run_shared(async || Memory::shared(), LEASE).await;
}

#[tokio::test(start_paused = true)]
async fn a_shared_one_keeps_every_promise_by_the_clock_of_a_test() {
    let hour = Duration::from_secs(3600);
    run(async || Memory::shared()).await;
    run_shared(async || Memory::shared(), hour / 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_shared_one_keeps_every_promise_to_many_threads() {
    run(async || Memory::shared()).await;
    run_shared(async || Faulty::new(Memory::shared()), LEASE).await;
}

#[tokio::test]
async fn clones_share_what_they_hold() {
    let (one, two) = (Memory::new(), Memory::new());
    let first = open(&one).await;
    begin(&one, first).await.unwrap();
    let again = one.clone();
    let second = open(&again).await;
    assert!(again.load(trip()).await.unwrap().is_some());
    assert!(two.load(trip()).await.unwrap().is_none());
    assert!(matches!(
        begin(&one, first).await,
        Err(StoreError::Fenced { epoch }) if epoch == first
    ));
    assert_ne!(first, second);
    assert!(again.renew(second).await.is_ok());
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
        let epoch = open(&store).await;
        hangs(store.crashed()).await;
        hangs(begin(&store, epoch)).await;
        store.crashed().await;
        hangs(store.load(trip())).await;
        hangs(store.open(worker())).await;
        assert_eq!(disk.load(trip()).await.unwrap().is_some(), there);
        assert!(
            disk.renew(epoch).await.is_ok(),
            "nothing is written after a crash"
        );
        assert_eq!(store.writes(), 2);
    }
}

#[tokio::test]
async fn an_unavailable_store_is_available_again() {
    let disk = Memory::new();
    let store = Faulty::new(disk.clone()).unavailable(1..3).unheard(3..4);
    let epoch = open(&store).await;
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
        life: None,
    };
    let first = Commit {
        seq: 0,
        at: Time(0),
        records: "[]".into(),
    };
    store
        .create(Some((epoch, Turn(1))), saga, Some(first))
        .await
        .map(drop)
}

fn worker() -> Worker {
    Worker {
        name: "a test".into(),
        lease: Duration::from_secs(30),
        runs: Vec::new(),
        after: None,
    }
}

async fn open(store: &impl Store) -> Epoch {
    store.open(worker()).await.unwrap().epoch
}

async fn hangs(future: impl Future) {
    assert!(timeout(Duration::from_secs(1), future).await.is_err());
}
