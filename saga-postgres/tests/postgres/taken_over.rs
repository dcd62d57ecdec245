//! Rows of a dead worker's sagas that another client has locked.

use crate::races::client;
use saga_postgres_server::Server;
use std::time::Duration;
use tokio::time::sleep;
use tokio_postgres::Transaction;
use typed_saga_engine::{Commit, Epoch, NewSaga, SagaId, Store, Time, Turn, Worker};
use typed_saga_postgres::Postgres;

const LEASE: Duration = Duration::from_millis(300);

async fn open(store: &Postgres, lease: Duration) -> Epoch {
    let worker = Worker {
        name: "a test".into(),
        lease,
        runs: vec![("trip".into(), 1)],
        after: None,
    };
    store.open(worker).await.unwrap().epoch
}

async fn begin(store: &Postgres, epoch: Epoch, id: &str) {
    let new = NewSaga {
        saga: SagaId::new("trip", id),
        input: "{}".into(),
        fingerprint: 1,
        due: None,
        life: None,
    };
    let first = Commit {
        seq: 0,
        at: Time(1),
        records: "[]".into(),
    };
    store
        .create(Some((epoch, Turn(1))), new, Some(first))
        .await
        .unwrap();
}

async fn lock(transaction: &Transaction<'_>, id: &str) {
    let sql = "SELECT FROM saga.saga WHERE id = $1 FOR UPDATE";
    assert_eq!(transaction.execute(sql, &[&id]).await.unwrap(), 1);
}

/// What this worker claims, once that is as much.
async fn claimed(store: &Postgres, epoch: Epoch, many: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..100 {
        let claimed = store.claim(epoch, Turn(1), 9).await.unwrap();
        all.extend(claimed.into_iter().map(|saga| saga.id.to_string()));
        if all.len() >= many {
            break;
        }
        sleep(LEASE / 10).await;
    }
    all
}

#[tokio::test]
async fn a_locked_row_holds_up_no_other_saga_of_its_worker() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    let dies = open(&store, LEASE).await;
    for id in ["1", "2", "3"] {
        begin(&store, dies, id).await;
    }
    let lives = open(&store, LEASE * 100).await;
    let mut other = client(&url).await;
    let transaction = other.transaction().await.unwrap();
    lock(&transaction, "2").await;
    assert_eq!(claimed(&store, lives, 2).await, ["1", "3"]);
    // Its worker is not forgotten as long as it has one.
    let dead = "SELECT count(*) FROM saga.worker WHERE dead IS NOT NULL";
    assert_eq!(server.sql("d0", dead), "1");
    transaction.rollback().await.unwrap();
    assert_eq!(claimed(&store, lives, 1).await, ["2"]);
    assert_eq!(server.sql("d0", dead), "0");
    let counted = "SELECT id, takeovers FROM saga.saga ORDER BY id";
    assert_eq!(server.sql("d0", counted), "1|1\n2|1\n3|1");
}

/// As in a database that was restored.
#[tokio::test]
async fn a_locked_row_of_a_worker_that_is_not_known_keeps_nobody_from_opening() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    let before = open(&store, LEASE).await;
    for id in ["1", "2"] {
        begin(&store, before, id).await;
    }
    server.sql("d0", "DELETE FROM saga.worker; DELETE FROM saga.runs");
    let mut other = client(&url).await;
    let transaction = other.transaction().await.unwrap();
    lock(&transaction, "2").await;
    let lives = open(&store, LEASE * 100).await;
    assert_eq!(claimed(&store, lives, 1).await, ["1"]);
    transaction.rollback().await.unwrap();
    assert_eq!(claimed(&store, lives, 1).await, ["2"]);
    assert_eq!(server.sql("d0", "SELECT count(*) FROM saga.worker"), "1");
}
