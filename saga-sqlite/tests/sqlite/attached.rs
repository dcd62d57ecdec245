//! Looking at a file that somebody else owns, and leaving messages.

use crate::common::{append, begin, open, trip};
use rusqlite::Connection;
use std::fs;
use tempfile::TempDir;
use typed_saga_engine::{DefinitionRow, Filter, ReadStore, State, Store, Time};
use typed_saga_sqlite::{Attached, Sqlite};

#[tokio::test]
async fn it_sees_what_the_owner_writes_and_leaves_messages() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let attached = Attached::open(&path).unwrap();
    assert_eq!(attached.path(), store.path());
    let epoch = open(&store).await;
    let definition = DefinitionRow {
        saga: "trip".into(),
        fingerprint: 7,
        json: "{}".into(),
    };
    store.define(epoch, definition.clone()).await.unwrap();
    begin(&store, epoch, "42").await.unwrap();

    let read = attached.definition("trip".into(), 7).await.unwrap();
    assert_eq!(read, Some(definition));
    let loaded = attached.load(trip("42")).await.unwrap();
    assert_eq!(loaded, store.load(trip("42")).await.unwrap());
    let listed = attached.list(Filter::default()).await.unwrap();
    assert_eq!(listed, [loaded.unwrap().row]);
    let stats = attached.stats().await.unwrap();
    assert_eq!((stats[0].state, stats[0].count), (State::Running, 1));

    let number = attached
        .send(trip("42"), "{}".into(), Time(1))
        .await
        .unwrap();
    let inbox = store.messages().await.unwrap();
    assert_eq!(inbox, attached.messages().await.unwrap());
    assert_eq!(inbox[0].number, number);
    assert_eq!(
        attached
            .message(number)
            .await
            .unwrap()
            .and_then(|it| it.answer),
        None
    );
    store
        .answer(epoch, vec![(number, "\"done\"".into())])
        .await
        .unwrap();
    assert_eq!(
        attached
            .message(number)
            .await
            .unwrap()
            .and_then(|it| it.answer)
            .as_deref(),
        Some("\"done\"")
    );

    drop(attached);
    let log = fs::metadata(dir.path().join("sagas.db-wal")).unwrap();
    assert!(log.len() > 0, "the log is left to the owner");
    append(&store, epoch, "42", 1, "[]")
        .await
        .expect("the owner goes on");
}

#[tokio::test]
async fn it_needs_no_owner_and_stands_in_nobodys_way() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    drop(Sqlite::open(&path).unwrap());
    let attached = Attached::open(&path).unwrap();
    let sent = attached
        .send(trip("42"), "{}".into(), Time(1))
        .await
        .unwrap();
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.messages().await.unwrap()[0].number, sent);
    let other = Connection::open(&path).unwrap();
    let epoch: i64 = other
        .query_row("SELECT epoch FROM store", (), |row| row.get(0))
        .unwrap();
    assert_eq!(epoch, 0, "it has taken no epoch");
    drop(other);
    let epoch = open(&store).await;
    assert!(store.renew(epoch).await.is_ok());
    drop(store);
    let log = fs::metadata(dir.path().join("sagas.db-wal")).unwrap();
    assert_eq!(log.len(), 0, "the owner leaves all of it in the one file");
    assert!(attached.list(Filter::default()).await.unwrap().is_empty());
}
