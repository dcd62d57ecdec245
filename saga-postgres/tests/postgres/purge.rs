//! What is purged is in no row of any table.

use saga_postgres_server::Server;
use std::{sync::Arc, time::Duration};
use tokio_postgres::{Client, NoTls};
use typed_saga_engine::{
    Change, Claim, Commit, Delivery, Epoch, EventChange, EventClaim, EventRow, EventsOf, Filter,
    Hold, LockChange, LockKey, Mark, NewEvent, NewSaga, ReadStore, SagaId, State, Store, Take,
    Time, Turn, Unfit, Worker,
};
use typed_saga_postgres::Postgres;

/// The secret of one saga.
fn secret_of(id: &str) -> String {
    format!("4929-1234-5678-9012 of {id}.")
}

fn commit(seq: u64, text: &str) -> Commit {
    Commit {
        seq,
        at: Time(1),
        records: text.to_owned(),
    }
}

/// A saga that has its secret wherever one can have it, and has ended.
async fn plant(store: &Postgres, epoch: Epoch, client: &Client, id: &str) {
    let saga = SagaId::new("trip", id);
    let text = format!("[\"{}\"]", secret_of(id));
    let new = NewSaga {
        saga: saga.clone(),
        input: text.clone(),
        fingerprint: 1,
        due: None,
        life: None,
    };
    let created = store.create(Some((epoch, Turn(1))), new, Some(commit(0, &text)));
    created.await.unwrap();
    let asked = store.send(saga.clone(), text.clone(), Time(1));
    let asked = asked.await.unwrap();
    lock(store, epoch, &saga, &text).await;
    assert!(found(client, id).await.iter().any(|table| table == "lock"));
    let event = NewEvent {
        key: secret_of(id),
        payload: text.clone(),
    };
    let change = Change {
        state: State::Completed,
        claim: Claim::Rest,
        fingerprint: None,
        events: vec![event.clone(), event],
        delivers: false,
        locks: vec![LockChange::Release],
    };
    let answers = vec![(asked, text.clone())];
    let end = commit(2, &text);
    let ended = store.append(
        epoch,
        Hold::new(saga.clone(), Turn(1)),
        end,
        Some(change),
        answers,
    );
    ended.await.unwrap();
    tell(store, epoch, &saga, &text).await;
}

/// It gets the key of a lock, and is released as one that cannot be read.
async fn lock(store: &Postgres, epoch: Epoch, saga: &SagaId, text: &str) {
    let key = LockKey {
        name: "card".into(),
        key: text.into(),
    };
    let change = Change {
        state: State::Running,
        claim: Claim::Keep,
        fingerprint: None,
        events: Vec::new(),
        delivers: false,
        locks: vec![LockChange::Request(vec![key])],
    };
    let next = commit(1, text);
    let locked = store.append(
        epoch,
        Hold::new(saga.clone(), Turn(1)),
        next,
        Some(change),
        Vec::new(),
    );
    locked.await.unwrap();
    let mark = Mark::Unfit(Unfit {
        fingerprint: 1,
        why: text.into(),
    });
    let released = store.release(
        epoch,
        Hold::new(saga.clone(), Turn(1)),
        Some(Time(1)),
        mark,
        Vec::new(),
    );
    released.await.unwrap();
    let taken = store
        .claim_one(epoch, Turn(1), saga.clone(), None)
        .await
        .unwrap();
    assert_eq!(taken, Take::Mine);
}

/// One event fails, and is skipped; the next one is delivered.
async fn tell(store: &Postgres, epoch: Epoch, saga: &SagaId, text: &str) {
    let failed = Delivery::Failed {
        why: text.into(),
        due: Time(1),
    };
    let next = claimed(store, epoch).await;
    let told = store.handed_over(epoch, next.hold(), failed);
    told.await.unwrap();
    let skip = EventChange::Skip { why: text.into() };
    let skipped = store.decide(epoch, saga.clone(), 0, skip, None);
    assert!(skipped.await.unwrap());
    let next = claimed(store, epoch).await;
    let told = store.handed_over(epoch, next.hold(), Delivery::Acknowledged);
    told.await.unwrap();
}

async fn claimed(store: &Postgres, epoch: Epoch) -> EventRow {
    let claim = EventClaim {
        of: EventsOf::Except(Arc::from([])),
        limit: 1,
        lease: None,
    };
    store.claim_events(epoch, claim).await.unwrap().remove(0)
}

/// The tables with a row that has the secret of a saga.
async fn found(client: &Client, id: &str) -> Vec<String> {
    let secret = secret_of(id);
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'saga' ORDER BY tablename";
    let tables = client.query(tables, &[]).await.unwrap();
    assert!(tables.len() > 5, "{} tables", tables.len());
    let mut found = Vec::new();
    for table in tables {
        let table: String = table.get(0);
        let dump = format!("SELECT it::text FROM saga.\"{table}\" AS it");
        let rows = client.query(&dump, &[]).await.unwrap();
        if rows
            .iter()
            .any(|row| row.get::<_, String>(0).contains(&secret))
        {
            found.push(table);
        }
    }
    found
}

#[tokio::test]
async fn what_is_purged_is_in_no_row_of_any_table() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    let worker = Worker {
        name: "a test".into(),
        lease: Duration::from_secs(60),
        runs: vec![("trip".into(), 1)],
        after: None,
    };
    let epoch = store.open(worker).await.unwrap().epoch;
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    for id in ["1", "2"] {
        plant(&store, epoch, &client, id).await;
    }
    let all = ["inbox", "journal", "outbox", "saga"];
    for id in ["1", "2"] {
        let found = found(&client, id).await;
        assert_eq!(found, all, "each of them may have something of a saga");
    }
    let one = Filter::of(SagaId::new("trip", "1"));
    assert_eq!(store.purge(epoch, one, Time(i64::MAX)).await.unwrap(), 1);
    assert_eq!(store.list(Filter::default()).await.unwrap().len(), 1);
    assert_eq!(found(&client, "1").await, [""; 0]);
    assert_eq!(found(&client, "2").await, all);
    let rest = store.purge(epoch, Filter::default(), Time(i64::MAX));
    assert_eq!(rest.await.unwrap(), 1);
    assert_eq!(found(&client, "2").await, [""; 0]);
    assert!(
        !store.vacuum(epoch).await.unwrap(),
        "dead rows are left to the server's own vacuum"
    );
}
