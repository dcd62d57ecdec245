//! Rows that nobody of this package has written.

use crate::trouble::{LEASE, client, commit, new, why, worker};
use saga_postgres_server::Server;
use std::sync::Arc;
use typed_saga_engine::{
    Change, Claim, EventChange, EventClaim, EventFilter, EventsOf, Hold, NewEvent, ReadStore,
    State, Store, Turn,
};
use typed_saga_postgres::Postgres;

/// An event that cannot be read is listed as stuck, and every other saga's goes on.
#[tokio::test]
async fn a_damaged_event_holds_up_no_other() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    let epoch = store.open(worker(LEASE * 100)).await.unwrap().epoch;
    for id in ["1", "2", "3"] {
        let create = store.create(Some((epoch, Turn(1))), new(id), Some(commit(0)));
        create.await.unwrap();
        let event = NewEvent {
            key: id.into(),
            payload: "{}".into(),
        };
        let ends = Change {
            state: State::Completed,
            claim: Claim::Rest,
            fingerprint: None,
            events: vec![event],
            delivers: false,
            locks: Vec::new(),
        };
        let append = store.append(
            epoch,
            Hold::new(new(id).saga, Turn(1)),
            commit(1),
            Some(ends),
            Vec::new(),
        );
        append.await.unwrap();
    }
    let client = client(&url).await;
    let spoil = async |what: &str| {
        let sql = format!("SET search_path = saga; UPDATE outbox SET {what} WHERE key = '1'");
        client.batch_execute(&sql).await.unwrap();
    };
    spoil("number = -1, failures = -1").await;
    let claim = async || {
        let claim = EventClaim {
            of: EventsOf::Except(Arc::from([])),
            limit: 9,
            lease: None,
        };
        let claimed = store.claim_events(epoch, claim).await.unwrap();
        let ids = claimed.iter().map(|event| event.saga.id.to_string());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(claim().await, ["2", "3"]);
    assert_eq!(claim().await, [""; 0]);
    let stuck = EventFilter {
        stuck: true,
        ..EventFilter::default()
    };
    let listed = store.events(stuck).await.unwrap();
    assert_eq!(listed.len(), 1);
    let why = listed[0].why.as_deref().unwrap();
    assert_eq!(
        why,
        "its row is damaged: its number is -1; mend it, and redeliver the event"
    );
    spoil("number = 0").await;
    assert!(
        store
            .decide(epoch, new("1").saga, 0, EventChange::Redeliver, None)
            .await
            .unwrap()
    );
    assert_eq!(claim().await, ["1"], "mended, it is handed over");
}

/// As in a file. A saga whose first commit is not there would begin again.
#[tokio::test]
async fn a_commit_with_a_number_that_none_can_have_is_damage() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let store = Postgres::connect(&server.database(), "test").await.unwrap();
    let epoch = store.open(worker(LEASE * 100)).await.unwrap().epoch;
    let saga = new("42").saga;
    let create = store.create(Some((epoch, Turn(1))), new("42"), Some(commit(0)));
    create.await.unwrap();
    let append = store.append(
        epoch,
        Hold::new(saga.clone(), Turn(1)),
        commit(1),
        None,
        Vec::new(),
    );
    append.await.unwrap();
    for (spoil, words) in [
        (
            "seq = -1 WHERE seq = 0",
            "commit -1 of trip/42 has no such number",
        ),
        (
            "seq = seq - 9",
            "the row of trip/42: none of its commits is there",
        ),
    ] {
        server.sql("d0", &format!("UPDATE saga.journal SET {spoil}"));
        let told = why(store.load(saga.clone()).await);
        assert!(told.contains(words), "{spoil}: {told}");
    }
}
