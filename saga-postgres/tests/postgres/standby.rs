//! What takes no writes: a standby, and a database or a role that is read-only. A server answers the same
//! for all of them to whoever asks whether it takes writes (`SHOW transaction_read_only`).

use saga_postgres_server::Server;
use std::{fmt::Debug, time::Duration};
use typed_saga_engine::{
    Commit, Created, EventFilter, Filter, LockFilter, LockKey, NewSaga, ReadStore, SagaId, Store,
    StoreError, Time, Worker,
};
use typed_saga_postgres::{Options, Postgres};

fn new(id: &str) -> NewSaga {
    NewSaga {
        saga: SagaId::new("trip", id),
        input: "{}".into(),
        fingerprint: 1,
        due: Some(Time(1)),
        life: None,
    }
}

async fn create(store: &Postgres, id: &str) {
    let first = Commit {
        seq: 0,
        at: Time(1),
        records: "[]".into(),
    };
    let created = store.create(None, new(id), Some(first)).await;
    assert!(matches!(created.unwrap(), Created::New));
}

/// What is said of whatever would write.
#[track_caller]
fn is_refused<T: Debug>(result: Result<T, StoreError>) {
    let told = result.unwrap_err().to_string();
    let refused = "the store is not available: Postgres takes no writes at ";
    assert!(told.starts_with(refused), "{told}");
    let advice = "it is a standby, or read-only; connect to the primary, or lift `default_transaction_read_only`";
    assert!(told.ends_with(advice), "{told}");
}

/// What an operator looks at is there, and nothing can be changed.
async fn can_be_looked_at(url: &str) {
    for options in [
        Options::new().application("test"),
        Options::new().application("test").migrate(false),
    ] {
        is_refused(options.connect(url).await);
    }
    is_refused(
        Options::new()
            .application("test")
            .standby(true)
            .connect(url)
            .await,
    );
    let looks = Options::new()
        .application("test")
        .migrate(false)
        .standby(true);
    let store = looks.connect(url).await.unwrap();
    let rows = store.list(Filter::default()).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(store.load(new("42").saga).await.unwrap().is_some());
    assert_eq!(store.stats().await.unwrap()[0].count, 1);
    assert_eq!(store.events(EventFilter::default()).await.unwrap(), []);
    assert_eq!(store.undelivered().await.unwrap(), []);
    let held = store.locks(LockFilter::default()).await;
    assert!(held.unwrap().is_empty());
    assert_eq!(store.messages().await.unwrap().len(), 1);
    assert_eq!(
        store.message(1).await.unwrap().and_then(|it| it.answer),
        None
    );
    assert_eq!(store.workers().await.unwrap(), [""; 0]);
    assert_eq!(store.in_use().await.unwrap(), []);
    assert_eq!(store.definition("trip".into(), 1).await.unwrap(), None);
    assert_ne!(store.now().await.unwrap(), Time(0));

    let text = || "{}".to_owned();
    is_refused(store.send(new("42").saga, text(), Time(1)).await);
    is_refused(store.create(None, new("43"), None).await);
    let key = LockKey {
        name: "book".into(),
        key: "1".into(),
    };
    is_refused(store.free(key, new("42").saga, text(), Time(1)).await);
    let worker = Worker {
        name: "a test".into(),
        lease: Duration::from_secs(30),
        runs: vec![("trip".into(), 1)],
        after: None,
    };
    is_refused(store.open(worker).await);
}

/// An address that asks for such a server (`target_session_attrs=read-only`) gets no more of it.
#[tokio::test]
async fn what_takes_no_writes_can_be_looked_at() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let store = Postgres::connect(&url, "test").await.unwrap();
    create(&store, "42").await;
    store
        .send(new("42").saga, "{}".into(), Time(1))
        .await
        .unwrap();
    let looker = "
        CREATE ROLE looker LOGIN; ALTER ROLE looker SET default_transaction_read_only = on;
        GRANT USAGE ON SCHEMA saga TO looker; GRANT SELECT ON ALL TABLES IN SCHEMA saga TO looker";
    server.sql("d0", looker);
    let standby = server.standby();
    let looker = url.replace("postgres@", "looker@");
    for url in [looker, standby.url("d0")] {
        can_be_looked_at(&url).await;
        can_be_looked_at(&format!("{url}?target_session_attrs=read-only")).await;
    }
    let read_only = "ALTER DATABASE d0 SET default_transaction_read_only = on";
    server.sql("d0", read_only);
    can_be_looked_at(&url).await;
}

/// While the primary is away, an operator can look at the standby; once that is promoted, it takes writes.
#[tokio::test]
async fn of_several_servers_a_worker_takes_the_one_that_takes_writes() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    create(&Postgres::connect(&url, "test").await.unwrap(), "42").await;
    let standby = server.standby();
    let of_both = |url: &str| url.trim_start_matches("postgres://postgres@").to_owned();
    let (one, other) = (of_both(&standby.url("d0")), of_both(&url));
    let (one, _) = one.split_once('/').unwrap();
    let both = format!("postgres://postgres@{one},{other}");
    let store = Postgres::connect(&both, "test").await.unwrap();
    create(&store, "43").await;
    let ids = "SELECT string_agg(id, ',' ORDER BY id) FROM saga.saga";
    assert_eq!(server.sql("d0", ids), "42,43");
    while standby.sql("d0", ids) != "42,43" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop((server, store));

    is_refused(Postgres::connect(&standby.url("d0"), "test").await);
    let looks = Options::new()
        .application("test")
        .migrate(false)
        .standby(true);
    let store = looks.connect(&both).await.unwrap();
    assert_eq!(store.list(Filter::default()).await.unwrap().len(), 2);
    standby.promote();
    let store = Postgres::connect(&both, "test").await.unwrap();
    create(&store, "44").await;
    assert_eq!(standby.sql("d0", ids), "42,43,44");
}
