//! Keys that an operator takes from sagas that no worker can read.

use crate::{
    locks::{At, forgotten, request},
    races::{client, waits},
};
use saga_postgres_server::Server;
use std::time::Duration;
use typed_saga_engine::{
    Freed, Hold, LockChange, LockKey, LockState, Mark, ReadStore, SagaId, Store, Time, Turn, Unfit,
};
use typed_saga_postgres::{Options, Postgres};

fn key(key: &str) -> LockKey {
    LockKey {
        name: "order".into(),
        key: key.into(),
    }
}

/// As an operator, who is never refused: the store waits for others, and nobody is in the way for long.
async fn free(store: Postgres, key: LockKey, saga: SagaId) -> bool {
    match store.free(key, saga, "{}".into(), Time(1)).await {
        Ok(Freed::Done(_)) => true,
        Ok(Freed::NotFirst) => false,
        other => panic!("{other:?}"),
    }
}

/// Releases a saga as one that nobody can read.
async fn is_unreadable(at: &At, saga: &SagaId) {
    let why = "nobody knows this version".into();
    let mark = Mark::Unfit(Unfit {
        fingerprint: 1,
        why,
    });
    let release = at.store.release(
        at.epoch,
        Hold::new(saga.clone(), Turn(1)),
        Some(Time(1)),
        mark,
        Vec::new(),
    );
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
            free(at.store.clone(), key("7"), holder.clone()),
            free(beside.store.clone(), key("7"), holder.clone()),
            at.lock(&next, 2, LockChange::Withdraw, &[]),
            beside.lock(&late, 1, keys, &[]),
        );
        assert!(one ^ other, "{one} {other}");
        let rows = at.rows().await;
        assert!(forgotten(&rows).is_empty(), "{rows:?}");
        at.store
            .claim_one(at.epoch, Turn(1), holder.clone(), None)
            .await
            .unwrap();
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
    let options = Options::new()
        .application("test")
        .request_timeout(Duration::from_secs(1));
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
        let told = store.free(key("7"), holder.clone(), "{}".into(), Time(1));
        let told = told.await.unwrap_err().to_string();
        assert_eq!(
            told,
            "the store is not available: other sagas are at the queue of this key, or a transaction has locked the saga: \
             nothing was done, so try again",
            "{lock}"
        );
        transaction.rollback().await.unwrap();
    }
    assert!(free(at.store.clone(), key("7"), holder).await);
}

/// Else a worker that commits would wait for the operator, who waits for it. The store tries again until
/// one of the two gives way, so that nobody would see it.
#[tokio::test]
async fn whoever_frees_a_key_enters_the_queues_in_ascending_order_and_before_the_row() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let at = At::open(&url).await;
    let holder = at.begin("holder").await;
    at.lock(&holder, 1, request(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), &[])
        .await;
    at.lock(&holder, 2, LockChange::Taken, &[]).await;
    is_unreadable(&at, &holder).await;
    let mut other = client(&url).await;
    let queues = "SELECT min(queue), max(queue), (array_agg(key ORDER BY queue DESC))[1]
         FROM (SELECT key, (hashtextextended(key, hashtext(name)) & 1023)::integer AS queue FROM saga.lock) AS of_keys";
    let queues = other.query_one(queues, &[]).await.unwrap();
    let (first, last): (i32, i32) = (queues.get(0), queues.get(1));
    assert!(first < last, "all keys share a queue");
    let transaction = other.transaction().await.unwrap();
    let enter = "SELECT pg_try_advisory_xact_lock(hashtext('locks of saga'), $1)";
    let entered = transaction.query_one(enter, &[&first]).await.unwrap();
    assert!(entered.get::<_, bool>(0));
    // The key whose own queue is the last one.
    let freed = free(at.store.clone(), key(queues.get(2)), holder);
    let freed = tokio::spawn(freed);
    waits(&url, 1).await;
    let entered = transaction.query_one(enter, &[&last]).await.unwrap();
    assert!(entered.get::<_, bool>(0), "it has entered a later queue");
    let row = "SELECT FROM saga.saga WHERE id = 'holder' FOR UPDATE NOWAIT";
    let rows = transaction.execute(row, &[]).await;
    assert_eq!(rows.expect("the row is not locked yet"), 1);
    transaction.rollback().await.unwrap();
    assert!(freed.await.unwrap());
}
