//! Keys that an operator takes from sagas that no worker can read.

use crate::{
    locks::{At, forgotten, request},
    races::client,
};
use saga_engine::{
    Freed, LockChange, LockKey, LockState, Mark, ReadStore, SagaId, Store, StoreError, Time, Unfit,
};
use saga_postgres::{Options, Postgres};
use saga_postgres_server::Server;
use std::time::Duration;

fn key() -> LockKey {
    LockKey {
        name: "order".into(),
        key: "7".into(),
    }
}

/// As an operator, who tries again while others hold up the request.
async fn free(store: Postgres, saga: SagaId) -> bool {
    loop {
        let freed = store.free(key(), saga.clone(), "{}".into(), Time(1));
        match freed.await {
            Ok(Freed::Done(_)) => return true,
            Ok(Freed::NotFirst) => return false,
            Err(StoreError::Unavailable { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Releases a saga as one that nobody can read.
async fn is_unreadable(at: &At, saga: &SagaId) {
    let why = "nobody knows this version".into();
    let mark = Mark::Unfit(Unfit {
        fingerprint: 1,
        why,
    });
    let release = at
        .store
        .release(at.epoch, saga.clone(), Some(Time(1)), mark);
    release.await.unwrap();
}

/// Two operators free one key, whether it was taken or not, while others get in line and leave.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_freed_once_and_passed_on() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let (at, beside) = (At::open(&url).await, At::open(&url).await);
    for round in 0..100 {
        let [holder, next] = ["holder", "next"].map(|who| format!("{who} {round}"));
        let (holder, next) = (at.begin(&holder).await, at.begin(&next).await);
        at.lock(&holder, 1, request(&[7, 8]), &[]).await;
        let mut seq = 2;
        if round % 2 == 0 {
            at.lock(&holder, seq, LockChange::Taken, &[]).await;
            seq += 1;
        }
        at.lock(&next, 1, request(&[7]), &[]).await;
        is_unreadable(&at, &holder).await;
        let late = beside.begin(&format!("late {round}")).await;
        let keys = request(&[7, 8]);
        let (one, other, (), ()) = tokio::join!(
            free(at.store.clone(), holder.clone()),
            free(beside.store.clone(), holder.clone()),
            at.lock(&next, 2, LockChange::Withdraw, &[]),
            beside.lock(&late, 1, keys, &[]),
        );
        assert!(one ^ other, "{one} {other}");
        let rows = at.rows().await;
        assert!(forgotten(&rows).is_empty(), "{rows:?}");
        at.store.claim_one(at.epoch, holder.clone()).await.unwrap();
        at.lock(&holder, seq, LockChange::Release, &[]).await;
        let states = at.states().await;
        let alone =
            |(id, state): &(String, LockState)| *id == *late.id && *state == LockState::Granted;
        assert!(states.len() == 2 && states.iter().all(alone), "{states:?}");
        beside.lock(&late, 2, LockChange::Release, &[]).await;
    }
}

/// Whatever is in the way, no text of a statement is.
#[tokio::test]
async fn who_finds_no_gap_is_told_so_in_words() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let at = At::open(&url).await;
    let holder = at.begin("holder").await;
    at.lock(&holder, 1, request(&[7]), &[]).await;
    at.lock(&holder, 2, LockChange::Taken, &[]).await;
    is_unreadable(&at, &holder).await;
    let options = Options::new().request_timeout(Duration::from_secs(1));
    let store = options.connect(&url).await.unwrap();
    let mut other = client(&url).await;
    for lock in [
        "SELECT saga.enter_queues('{}', '{}', '{1}', '{request}', '{order}', '{7}')",
        "SELECT FROM saga.saga WHERE id = 'holder' FOR UPDATE",
        "LOCK TABLE saga.lock IN ACCESS EXCLUSIVE MODE",
    ] {
        let transaction = other.transaction().await.unwrap();
        let path = "SET LOCAL search_path TO saga";
        transaction.batch_execute(path).await.unwrap();
        transaction.execute(lock, &[]).await.unwrap();
        let told = store.free(key(), holder.clone(), "{}".into(), Time(1));
        let told = told.await.unwrap_err().to_string();
        assert_eq!(
            told,
            "the store is not available: other sagas are at the queue of this key, or a transaction has locked the saga: \
             nothing was done, so try again",
            "{lock}"
        );
        transaction.rollback().await.unwrap();
    }
    assert!(free(store, holder).await);
}
