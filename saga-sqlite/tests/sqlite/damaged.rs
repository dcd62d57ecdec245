//! A saga whose name or id is damaged is found by what lists show of it.

use crate::common::{begin, commit, open, trip};
use rusqlite::Connection;
use std::{path::Path, slice, sync::Arc};
use tempfile::TempDir;
use typed_saga_engine::{
    Change, Claim, EventFilter, Filter, Hold, LockChange, LockFilter, LockKey, NewEvent, ReadStore,
    SagaId, State, Store, Turn,
};
use typed_saga_sqlite::Sqlite;

/// A saga that has ended, with an event, and that has a key.
async fn ended(path: &Path) -> Sqlite {
    let store = Sqlite::open(path).unwrap();
    let epoch = open(&store).await;
    for id in ["1", "2", "3"] {
        begin(&store, epoch, id).await.unwrap();
        let event = NewEvent {
            key: id.into(),
            payload: "{}".into(),
        };
        let key = LockKey {
            name: "seat".into(),
            key: id.into(),
        };
        let change = Change {
            state: State::Completed,
            claim: Claim::Rest,
            fingerprint: None,
            events: vec![event],
            delivers: false,
            locks: vec![LockChange::Request(vec![key])],
        };
        let ended = store.append(
            epoch,
            Hold::new(trip(id), Turn(1)),
            commit(1, "[]"),
            Some(change),
            Vec::new(),
        );
        ended.await.unwrap();
    }
    store
}

#[tokio::test]
async fn a_saga_is_found_by_what_is_shown_of_its_name_and_id() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = ended(&path).await;
    let spoil = "UPDATE saga SET name = CAST(x'7472ff70' AS TEXT) WHERE id = '2';
                 UPDATE saga SET id = CAST(x'63ff31' AS TEXT) WHERE id = '3'";
    let other = Connection::open(&path).unwrap();
    other.execute_batch(spoil).unwrap();
    for saga in [
        trip("1"),
        SagaId::new("tr\\xffp", "2"),
        SagaId::new("trip", "c\\xff1"),
    ] {
        let (name, id) = (Some(Arc::clone(&saga.saga)), Some(Arc::clone(&saga.id)));
        for (name, id, prefix) in [
            (None, None, None),
            (name.clone(), id.clone(), None),
            (name.clone(), None, None),
            (None, id.clone(), None),
            (name.clone(), None, Some(&saga.id[..1])),
            (None, None, Some(&saga.id[..1])),
        ] {
            let filter = Filter {
                saga: name.clone(),
                id: id.clone(),
                prefix: prefix.map(Into::into),
                ..Filter::default()
            };
            let rows = store.list(filter.clone()).await.unwrap();
            let of_it = rows.iter().filter(|row| row.saga == saga);
            assert_eq!(of_it.count(), 1, "{filter:?}: {rows:?}");
            let filter = EventFilter {
                saga: name,
                id,
                ..EventFilter::default()
            };
            let events = store.events(filter.clone()).await.unwrap();
            let of_it = events.iter().filter(|event| event.saga == saga);
            assert_eq!(of_it.count(), 1, "{filter:?}: {events:?}");
        }
        let keys = store.locks(LockFilter::of(saga.clone())).await.unwrap();
        assert_eq!(keys.len(), 1, "{saga}");
        let ended = store.ended(vec![saga.clone()]).await.unwrap();
        assert_eq!(ended, slice::from_ref(&saga));
    }
}
