//! What is purged is in no row of any table.

use saga_engine::{
    Change, Claim, Commit, Delivery, Epoch, EventClaim, EventsOf, Filter, NewEvent, NewSaga,
    ReadStore, SagaId, State, Store, Time, Worker,
};
use saga_postgres::Postgres;
use saga_postgres_server::Server;
use std::{sync::Arc, time::Duration};
use tokio_postgres::{Client, NoTls};

/// The secret of one saga.
fn secret_of(id: &str) -> String {
    format!("4929-1234-5678-9012 of {id}.")
}

/// A saga that has its secret wherever one can have it, and has ended.
async fn plant(store: &Postgres, epoch: Epoch, id: &str) {
    let saga = SagaId::new("trip", id);
    let text = format!("[\"{}\"]", secret_of(id));
    let commit = |seq| Commit {
        seq,
        at: Time(1),
        records: text.clone(),
    };
    let new = NewSaga {
        saga: saga.clone(),
        input: text.clone(),
        fingerprint: 1,
        due: None,
    };
    let created = store.create(Some(epoch), new, Some(commit(0)));
    created.await.unwrap();
    let asked = store.send(saga.clone(), text.clone(), Time(1));
    let asked = asked.await.unwrap();
    let event = NewEvent {
        key: secret_of(id),
        payload: text.clone(),
    };
    let change = Change {
        state: State::Completed,
        claim: Claim::Rest,
        fingerprint: None,
        events: vec![event],
        delivers: false,
        locks: Vec::new(),
    };
    let answers = vec![(asked, text.clone())];
    let ended = store.append(epoch, saga, commit(1), Some(change), answers);
    ended.await.unwrap();
    let claim = EventClaim {
        of: EventsOf::Except(Arc::from([])),
        limit: 1,
        lease: None,
    };
    let claimed = store.claim_events(epoch, claim).await.unwrap();
    let told = store.handed_over(epoch, claimed[0].hold(), Delivery::Acknowledged);
    told.await.unwrap();
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
    let store = Postgres::connect(&url).await.unwrap();
    let worker = Worker {
        name: "a test".into(),
        lease: Duration::from_secs(60),
        runs: vec![("trip".into(), 1)],
        after: None,
    };
    let epoch = store.open(worker).await.unwrap().epoch;
    for id in ["1", "2"] {
        plant(&store, epoch, id).await;
    }
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
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
