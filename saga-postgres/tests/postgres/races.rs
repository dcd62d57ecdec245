//! What happens while a statement is under way, at the moment at which that matters.

use saga_postgres_server::Server;
use std::{future::Future, sync::Arc, time::Duration};
use tokio_postgres::{Client, NoTls};
use typed_saga_engine::{
    Change, Claim, Commit, Delivery, Epoch, EventChange, EventClaim, EventFilter, EventRow,
    EventsOf, Filter, Hold, NewEvent, NewSaga, ReadStore, SagaId, State, Store, StoreError, Time,
    Turn, Worker,
};
use typed_saga_postgres::Postgres;

macro_rules! server {
    () => {
        match Server::start(&["fsync=off"]) {
            Some(server) => server,
            None => return,
        }
    };
}

pub(crate) async fn open(store: &Postgres) -> Epoch {
    let worker = Worker {
        name: "a test".into(),
        lease: Duration::from_secs(3600),
        runs: Vec::new(),
        after: None,
    };
    store.open(worker).await.unwrap().epoch
}

fn saga() -> SagaId {
    SagaId::new("trip", "42")
}

/// A commit with as many events.
async fn tell(store: &Postgres, epoch: Epoch, seq: u64, claim: Claim, keys: &[&str]) {
    let events = keys.iter().map(|key| NewEvent {
        key: (*key).into(),
        payload: "{}".into(),
    });
    let change = Change {
        state: State::Completed,
        claim,
        fingerprint: None,
        events: events.collect(),
        delivers: false,
        locks: Vec::new(),
    };
    let commit = commit(seq);
    let append = store.append(
        epoch,
        Hold::new(saga(), Turn(1)),
        commit,
        Some(change),
        Vec::new(),
    );
    append.await.unwrap();
}

fn commit(seq: u64) -> Commit {
    Commit {
        seq,
        at: Time(1),
        records: "[]".into(),
    }
}

async fn begin(store: &Postgres, epoch: Epoch) {
    let new = NewSaga {
        saga: saga(),
        input: "{}".into(),
        fingerprint: 1,
        due: None,
        life: None,
    };
    let created = store
        .create(Some((epoch, Turn(1))), new, Some(commit(0)))
        .await;
    created.unwrap();
}

async fn claim_events(store: &Postgres, epoch: Epoch) -> Result<Vec<EventRow>, StoreError> {
    let claim = EventClaim {
        of: EventsOf::Except(Arc::from([])),
        limit: 9,
        lease: None,
    };
    store.claim_events(epoch, claim).await
}

pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Has a statement under `epoch` begin, and wait for its worker's row, while `meanwhile` happens.
async fn under_way<T: Send + 'static>(
    url: &str,
    epoch: Epoch,
    statement: impl Future<Output = T> + Send + 'static,
    meanwhile: impl Future<Output = ()>,
) -> T {
    let mut client = client(url).await;
    let transaction = client.transaction().await.unwrap();
    let lock = "SELECT FROM saga.worker WHERE epoch = $1 FOR UPDATE";
    let number = i64::try_from(epoch.0).unwrap();
    transaction.execute(lock, &[&number]).await.unwrap();
    let statement = tokio::spawn(statement);
    waits(url, 1).await;
    meanwhile.await;
    transaction.rollback().await.unwrap();
    statement.await.unwrap()
}

/// Until so many statements of a store wait for a lock.
pub(crate) async fn waits(url: &str, many: i64) {
    let client = client(url).await;
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'saga%'";
    for _ in 0..1000 {
        let count: i64 = client.query_one(waiting, &[]).await.unwrap().get(0);
        if count >= many {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{many} statements do not wait");
}

/// Until no connection of a store is left, and what they have read is told.
pub(crate) async fn parted(server: &Server, database: &str) {
    let left = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'saga %' AND datname = current_database()";
    for _ in 0..1000 {
        if server.sql(database, left) == "0" {
            return;
        }
        // Not the thread: the connections end in tasks of this runtime.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("a store is still connected");
}

#[tokio::test]
async fn an_event_that_another_has_claimed_meanwhile_is_not_claimed() {
    let server = server!();
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    let slow = open(&store).await;
    begin(&store, slow).await;
    tell(&store, slow, 1, Claim::Rest, &["a"]).await;
    let own = store.clone();
    let claiming = async move { claim_events(&own, slow).await };
    let claimed = under_way(&url, slow, claiming, async {
        // One that the slow one cannot know of.
        let quick = open(&store).await;
        assert_eq!(claim_events(&store, quick).await.unwrap().len(), 1);
    });
    assert_eq!(claimed.await.unwrap(), []);
}

#[tokio::test]
async fn what_is_redelivered_meanwhile_is_not_purged() {
    let server = server!();
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    let [slow, quick] = [open(&store).await, open(&store).await];
    begin(&store, slow).await;
    tell(&store, slow, 1, Claim::Rest, &["a"]).await;
    let claimed = claim_events(&store, slow).await.unwrap();
    let delivered = store.handed_over(slow, claimed[0].hold(), Delivery::Acknowledged);
    delivered.await.unwrap();
    let own = store.clone();
    let purging = async move { own.purge(slow, Filter::default(), Time(9)).await };
    let purged = under_way(&url, slow, purging, async {
        assert!(
            store
                .decide(quick, saga(), 0, EventChange::Redeliver, None)
                .await
                .unwrap()
        );
    });
    assert_eq!(purged.await.unwrap(), 0);
    let events = store.events(EventFilter::default()).await.unwrap();
    assert!(events[0].due.is_some() && events[0].delivered.is_none());
}

#[tokio::test]
async fn a_purge_that_waits_holds_up_no_commit() {
    let server = server!();
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    let epoch = open(&store).await;
    begin(&store, epoch).await;
    tell(&store, epoch, 1, Claim::Rest, &[]).await;
    let mut reader = client(&url).await;
    let transaction = reader.transaction().await.unwrap();
    let lock = "SELECT FROM saga.journal FOR UPDATE";
    transaction.execute(lock, &[]).await.unwrap();
    let own = store.clone();
    let purged = tokio::spawn(async move { own.purge(epoch, Filter::default(), Time(9)).await });
    waits(&url, 1).await;
    let new = NewSaga {
        saga: SagaId::new("trip", "43"),
        input: "{}".into(),
        fingerprint: 1,
        due: None,
        life: None,
    };
    let saga = new.saga.clone();
    let created = store
        .create(Some((epoch, Turn(1))), new, Some(commit(0)))
        .await;
    created.unwrap();
    let append = store.append(epoch, Hold::new(saga, Turn(1)), commit(1), None, Vec::new());
    append.await.unwrap();
    assert!(!purged.is_finished());
    transaction.rollback().await.unwrap();
    assert_eq!(purged.await.unwrap().unwrap(), 1);
}

/// Longer than what is read in one statement.
#[tokio::test]
async fn a_long_journal_is_read_whole_and_as_of_one_moment() {
    let server = server!();
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    let epoch = open(&store).await;
    begin(&store, epoch).await;
    let own = store.clone();
    let grows = tokio::spawn(async move {
        for seq in 1..400 {
            let append = own.append(
                epoch,
                Hold::new(saga(), Turn(1)),
                commit(seq),
                None,
                Vec::new(),
            );
            append.await.unwrap();
        }
    });
    loop {
        let is_over = grows.is_finished();
        let stored = store.load(saga()).await.unwrap().unwrap();
        let expected: Vec<_> = (0..stored.row.commits).map(commit).collect();
        assert_eq!(stored.commits, expected);
        if is_over {
            assert_eq!(stored.commits.len(), 400);
            return;
        }
    }
}

#[tokio::test]
async fn an_event_behind_one_that_is_delivered_meanwhile_is_due() {
    let server = server!();
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    let epoch = open(&store).await;
    begin(&store, epoch).await;
    tell(&store, epoch, 1, Claim::Keep, &["a"]).await;
    let mut relay = client(&url).await;
    let transaction = relay.transaction().await.unwrap();
    let delivered = "UPDATE saga.outbox SET delivered = 5 WHERE number = 0";
    transaction.execute(delivered, &[]).await.unwrap();
    let own = store.clone();
    let telling = tokio::spawn(async move { tell(&own, epoch, 2, Claim::Rest, &["b"]).await });
    waits(&url, 1).await;
    transaction.commit().await.unwrap();
    telling.await.unwrap();
    let events = store.events(EventFilter::default()).await.unwrap();
    assert!(events[1].due.is_some(), "{events:?}");
}

/// However many wait for their time, or are of versions that others run: a claim looks at none of
/// them.
#[tokio::test]
async fn a_claim_looks_at_nothing_that_is_not_due() {
    let server = server!();
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    let epoch = open(&store).await;
    let sql = |sql: &str| server.sql("d0", sql);
    sql("INSERT INTO saga.saga (name, id, fingerprint, input, due, created, changed)
         SELECT 'trip', n, CASE n % 2 WHEN 0 THEN '0000000000000001' ELSE '0000000000000002' END, '{}',
                CASE n % 2 WHEN 0 THEN 1000000000000000 + n ELSE n END, 1, 1
         FROM generate_series(1, 20000) AS n;
         INSERT INTO saga.worker (epoch, name, lease, expires) VALUES (7, 'other', 3600000, 1000000000000000);
         INSERT INTO saga.runs (name, fingerprint, epoch) VALUES ('trip', '0000000000000002', 7);
         ANALYZE saga.saga");
    let read = || {
        sql("SELECT pg_stat_force_next_flush()");
        let read =
            "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE indexrelname = 'saga_due'";
        sql(read).parse::<u64>().unwrap_or(0)
    };
    for _ in 0..8 {
        assert_eq!(store.claim(epoch, Turn(1), 64).await.unwrap(), []);
        assert!(store.next_due(epoch).await.unwrap().is_some());
    }
    // What a connection has read is told when it ends.
    store.close(epoch).await.unwrap();
    drop(store);
    parted(&server, "d0").await;
    let read = read();
    assert!((1..2000).contains(&read), "{read} rows were read");
}
