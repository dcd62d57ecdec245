//! The clock of the database is set while workers live.

use saga_postgres_server::Server;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use typed_saga_engine::{
    Change, Claim, Commit, Epoch, Hold, NewSaga, ReadStore, SagaId, State, Store, StoreError, Time,
    Turn, Worker,
};
use typed_saga_postgres::Postgres;

const LEASE: Duration = Duration::from_millis(900);
const HOUR: i64 = 60 * 60;

async fn open(store: &Postgres) -> Epoch {
    let worker = Worker {
        name: "a test".into(),
        lease: LEASE,
        runs: Vec::new(),
        after: None,
    };
    store.open(worker).await.unwrap().epoch
}

/// Begins a saga that this epoch has.
async fn begin(store: &Postgres, epoch: Epoch, id: &str) -> SagaId {
    let saga = SagaId::new("trip", id);
    let new = NewSaga {
        saga: saga.clone(),
        input: "{}".into(),
        fingerprint: 1,
        due: None,
        life: None,
    };
    let commit = commit(0, store.now().await.unwrap());
    store
        .create(Some((epoch, Turn(1))), new, Some(commit))
        .await
        .unwrap();
    saga
}

fn commit(seq: u64, at: Time) -> Commit {
    Commit {
        seq,
        at,
        records: "[]".into(),
    }
}

/// What a living worker does, for this long: it renews its lease, and takes what is due.
async fn works(store: &Postgres, epoch: Epoch, length: Duration) -> Vec<SagaId> {
    let (begun, mut claimed) = (Instant::now(), Vec::new());
    while begun.elapsed() < length {
        store.renew(epoch).await.unwrap();
        if store.next_due(epoch).await.unwrap().is_some() {
            claimed.extend(store.claim(epoch, Turn(1), 9).await.unwrap());
        }
        sleep(LEASE / 10).await;
    }
    claimed
}

/// A server with a database whose clock can be set.
fn server() -> Option<(Server, String)> {
    let server = Server::start(&["fsync=off", "allow_system_table_mods=on"])?;
    let url = server.database();
    server.own_clock("d0");
    Some((server, url))
}

#[tokio::test]
async fn set_forward_it_declares_no_living_worker_dead() {
    let Some((server, url)) = server() else {
        return;
    };
    let (one, two) = (
        Postgres::connect(&url, "test").await.unwrap(),
        Postgres::connect(&url, "test").await.unwrap(),
    );
    let (lives, looks) = (open(&one).await, open(&two).await);
    let saga = begin(&one, lives, "42").await;
    assert_eq!(works(&two, looks, LEASE / 2).await, []);
    one.renew(lives).await.unwrap();
    server.set_clock("d0", HOUR);
    // Its lease has long ended, by the time of day; it is about to be renewed.
    assert_eq!(works(&two, looks, LEASE / 2).await, []);
    let (theirs, ours) = tokio::join!(works(&two, looks, 3 * LEASE), works(&one, lives, 3 * LEASE));
    assert_eq!((theirs, ours), (Vec::new(), Vec::new()));
    let now = one.now().await.unwrap();
    let append = one.append(
        lives,
        Hold::new(saga.clone(), Turn(1)),
        commit(1, now),
        None,
        Vec::new(),
    );
    append.await.unwrap();
    // Now it dies.
    let claimed = works(&two, looks, 3 * LEASE).await;
    assert_eq!(claimed, std::slice::from_ref(&saga));
    let late = one.append(
        lives,
        Hold::new(saga, Turn(1)),
        commit(2, now),
        None,
        Vec::new(),
    );
    assert!(matches!(late.await, Err(StoreError::Fenced { .. })));
}

#[tokio::test]
async fn set_back_it_keeps_no_dead_worker_alive_and_makes_no_wait_longer() {
    let Some((server, url)) = server() else {
        return;
    };
    server.set_clock("d0", HOUR);
    let (one, two) = (
        Postgres::connect(&url, "test").await.unwrap(),
        Postgres::connect(&url, "test").await.unwrap(),
    );
    let (dies, looks) = (open(&one).await, open(&two).await);
    let held = begin(&one, dies, "held").await;
    let waits = begin(&one, dies, "waits").await;
    let now = one.now().await.unwrap();
    let waiting = Change {
        state: State::Waiting,
        claim: Claim::Until(now.after(LEASE)),
        fingerprint: None,
        events: Vec::new(),
        delivers: false,
        locks: Vec::new(),
    };
    let append = one.append(
        dies,
        Hold::new(waits.clone(), Turn(1)),
        commit(1, now),
        Some(waiting),
        Vec::new(),
    );
    append.await.unwrap();
    two.renew(looks).await.unwrap();
    server.set_clock("d0", 0);
    let mut claimed = works(&two, looks, 4 * LEASE).await;
    claimed.sort();
    assert_eq!(claimed, [held, waits]);
}
