//! What can be wrong with a database, and what a store says then.

use saga_postgres_server::Server;
use std::{sync::Arc, time::Duration};
use tokio_postgres::{Client, NoTls};
use typed_saga_engine::{
    Commit, Created, EventClaim, EventsOf, Filter, Hold, NewSaga, ReadStore, SagaId, Store,
    StoreError, Time, Turn, Worker,
};
use typed_saga_postgres::{Options, Postgres};

pub(crate) const LEASE: Duration = Duration::from_millis(300);

macro_rules! server {
    ($($setting:literal),*) => {
        match Server::start(&["fsync=off", $($setting),*]) {
            Some(server) => server,
            None => return,
        }
    };
}

pub(crate) fn worker(lease: Duration) -> Worker {
    Worker {
        name: "a test".into(),
        lease,
        runs: vec![("trip".into(), 1)],
        after: None,
    }
}

pub(crate) fn new(id: &str) -> NewSaga {
    NewSaga {
        saga: SagaId::new("trip", id),
        input: "{}".into(),
        fingerprint: 1,
        due: None,
        life: None,
    }
}

pub(crate) fn commit(seq: u64) -> Commit {
    Commit {
        seq,
        at: Time(1),
        records: "[]".into(),
    }
}

pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) fn why<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    result.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_that_begin_at_once_make_one_schema() {
    let server = server!();
    let url = server.database();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let url = url.clone();
        all.spawn(async move { Postgres::connect(&url, "test").await });
    }
    for store in all.join_all().await {
        let store = store.unwrap();
        assert_eq!(store.list(Filter::default()).await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_is_no_store_of_this_version_is_refused_and_left_as_it_is() {
    let server = server!();
    let url = server.database();
    let told = why(Options::new()
        .application("test")
        .migrate(false)
        .connect(&url)
        .await);
    assert!(
        told.contains("there is no schema `saga` of sagas"),
        "{told}"
    );
    server.sql(
        "d0",
        "CREATE SCHEMA other; CREATE TABLE other.saga (mine text)",
    );
    let told = why(Options::new()
        .application("test")
        .schema("other")
        .connect(&url)
        .await);
    assert!(told.contains("something else than sagas"), "{told}");
    assert_eq!(server.sql("d0", "SELECT count(*) FROM other.saga"), "0");
    Postgres::connect(&url, "test").await.unwrap();
    // It says from which version on it can be used.
    server.sql("d0", "UPDATE saga.store SET version = 99");
    Postgres::connect(&url, "test").await.unwrap();
    server.sql("d0", "UPDATE saga.store SET works_from = 2");
    let told = why(Postgres::connect(&url, "test").await);
    assert!(
        told.contains("made by a newer version: it is of 99"),
        "{told}"
    );
    let told = why(Postgres::connect("orders.db", "test").await);
    assert!(told.contains("no address of a Postgres database"), "{told}");
}

#[tokio::test]
async fn who_cannot_be_reached_is_told_without_the_password() {
    let url = "postgres://me:secret@127.0.0.1:1/shop?sslmode=disable";
    let Err(error) = Postgres::connect(url, "test").await else {
        panic!("nobody listens there");
    };
    let told = format!("{error} {error:?}");
    assert!(told.contains("cannot be reached"), "{told}");
    assert!(!told.contains("secret"), "{told}");
}

/// As a server does that is starting, or a proxy before one that is away.
#[tokio::test]
async fn who_is_cut_off_while_connecting_is_told_so() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            drop(connection);
        }
    });
    let url = format!("postgres://me@127.0.0.1:{port}/shop?sslmode=disable");
    let told = why(Postgres::connect(&url, "test").await);
    let (_, reason) = told
        .split_once(&format!("cannot be reached at 127.0.0.1:{port}: "))
        .unwrap();
    assert!(!reason.is_empty(), "{told}");
}

/// As `docs/fleet.md` says it.
#[tokio::test]
async fn a_worker_needs_no_more_than_to_read_and_write() {
    let server = server!();
    let url = server.database();
    Postgres::connect(&url, "test").await.unwrap();
    server.sql(
        "d0",
        "CREATE ROLE works LOGIN;
         GRANT USAGE ON SCHEMA saga TO works;
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA saga TO works;
         CREATE ROLE orders LOGIN;
         GRANT USAGE ON SCHEMA saga TO orders;
         GRANT SELECT, INSERT ON saga.saga TO orders",
    );
    let as_role = |role: &str| url.replace("postgres@", &format!("{role}@"));
    let (options, url_of_works) = (
        Options::new().application("test").migrate(false),
        as_role("works"),
    );
    let store = options.connect(&url_of_works).await.unwrap();
    let dies = store.open(worker(LEASE)).await.unwrap().epoch;
    let created = store
        .create(Some((dies, Turn(1))), new("42"), Some(commit(0)))
        .await;
    assert!(matches!(created.unwrap(), Created::New));
    let lives = store.open(worker(LEASE * 100)).await.unwrap().epoch;
    assert_eq!(store.claim(lives, Turn(1), 9).await.unwrap(), []);
    tokio::time::sleep(LEASE * 2).await;
    let claimed = store.claim(lives, Turn(1), 9).await.unwrap();
    assert_eq!(claimed, [new("42").saga]);
    let claim = EventClaim {
        of: EventsOf::Except(Arc::from([])),
        limit: 9,
        lease: None,
    };
    assert_eq!(store.claim_events(lives, claim).await.unwrap(), []);
    store
        .purge(lives, Filter::default(), Time(9))
        .await
        .unwrap();
    store.close(lives).await.unwrap();
    // Whoever only orders needs less.
    let orders = client(&as_role("orders")).await;
    let order = "INSERT INTO saga.saga (name, id, fingerprint, input, due, created)
                 VALUES ('trip', '43', '0000000000000001', '{}', 0, 0)";
    orders.execute(order, &[]).await.unwrap();
    let told = orders.execute("DELETE FROM saga.saga", &[]).await;
    assert!(told.unwrap_err().code().is_some());
}

/// A worker whose statement never ends, as one whose machine stops in its midst, keeps its locks; who
/// takes over ends its connections before.
#[tokio::test]
async fn who_stalls_within_a_statement_is_taken_over() {
    let server = server!();
    is_taken_over(&server.database()).await;
}

pub(crate) async fn is_taken_over(url: &str) {
    let store = Postgres::connect(url, "test").await.unwrap();
    let stalls = store.open(worker(LEASE)).await.unwrap().epoch;
    let created = store
        .create(Some((stalls, Turn(1))), new("42"), Some(commit(0)))
        .await;
    created.unwrap();
    let mut stalled = client(&format!("{url}?application_name=saga%20{}", stalls.0)).await;
    let transaction = stalled.transaction().await.unwrap();
    let number = i64::try_from(stalls.0).unwrap();
    let lock = "SELECT FROM saga.worker WHERE epoch = $1 FOR KEY SHARE";
    transaction.execute(lock, &[&number]).await.unwrap();
    tokio::time::sleep(LEASE * 2).await;
    let other = store.open(worker(LEASE * 100)).await.unwrap().epoch;
    let mut claimed = Vec::new();
    for _ in 0..50 {
        claimed = store.claim(other, Turn(1), 9).await.unwrap();
        if !claimed.is_empty() {
            break;
        }
        tokio::time::sleep(LEASE / 10).await;
    }
    assert_eq!(claimed, [new("42").saga]);
    let late = store.append(
        stalls,
        Hold::new(new("42").saga, Turn(1)),
        commit(1),
        None,
        Vec::new(),
    );
    let late = late.await;
    assert!(matches!(late, Err(StoreError::Fenced { .. })), "{late:?}");
    assert!(transaction.commit().await.is_err());
}

/// No text of an engine has a NUL in it, which Postgres cannot keep.
#[tokio::test]
async fn what_cannot_be_written_keeps_nothing_beside_it_from_being_written() {
    let server = server!();
    let store = Postgres::connect(&server.database(), "test").await.unwrap();
    let epoch = store.open(worker(LEASE * 100)).await.unwrap().epoch;
    let bad = |id: &str| if id == "bad" { "\0" } else { "" };
    let begin = |id: &'static str| {
        let mut saga = new(id);
        saga.input += bad(id);
        store.create(Some((epoch, Turn(1))), saga, Some(commit(0)))
    };
    let (one, two, three) = tokio::join!(begin("one"), begin("bad"), begin("three"));
    assert!(matches!(one, Ok(Created::New)) && matches!(three, Ok(Created::New)));
    assert!(matches!(two, Err(StoreError::Corrupt { .. })), "{two:?}");
    let append = |id: &'static str, records: String| {
        let commit = Commit {
            records,
            ..commit(1)
        };
        store.append(
            epoch,
            Hold::new(new(id).saga, Turn(1)),
            commit,
            None,
            Vec::new(),
        )
    };
    let (one, three) = tokio::join!(append("one", "[]".into()), append("three", "\0".into()));
    one.unwrap();
    assert!(
        matches!(three, Err(StoreError::Corrupt { .. })),
        "{three:?}"
    );
    append("three", "[]".into()).await.unwrap();
}

/// The certificate is for `localhost`, signed by itself.
#[tokio::test]
async fn connections_are_encrypted_and_the_server_is_verified() {
    let ours = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = ours.signing_key.serialize_pem();
    let files = [("server.crt", &*ours.cert.pem()), ("server.key", &*key)];
    let settings = [
        "fsync=off",
        "ssl=on",
        "ssl_cert_file='../server.crt'",
        "ssl_key_file='../server.key'",
    ];
    let Some(server) = Server::start_with(&settings, &files) else {
        return;
    };
    let roots = ["root.pem", "other.pem"]
        .map(|name| std::env::temp_dir().join(format!("{}-{name}", std::process::id())));
    std::fs::write(&roots[0], ours.cert.pem()).unwrap();
    std::fs::write(&roots[1], other.cert.pem()).unwrap();
    let url = |host: &str, mode: &str| {
        format!(
            "postgres://postgres@{host}:{}/postgres?sslmode={mode}",
            server.port()
        )
    };
    let trusts = Options::new()
        .application("test")
        .root_certificate(&roots[0]);
    let store = trusts.connect(&url("localhost", "require")).await.unwrap();
    let epoch = store.open(worker(LEASE)).await.unwrap().epoch;
    let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND application_name LIKE 'saga%'";
    assert_ne!(server.sql("postgres", encrypted), "0");
    store.close(epoch).await.unwrap();
    for (options, host) in [
        (Options::new().application("test"), "localhost"),
        (
            Options::new()
                .application("test")
                .root_certificate(&roots[1]),
            "localhost",
        ),
        (trusts, "127.0.0.1"),
    ] {
        let told = why(options.connect(&url(host, "require")).await);
        assert!(told.contains("certificate"), "{told}");
    }
    let none = Options::new()
        .application("test")
        .root_certificate("/there/is/none.pem");
    let told = why(none.connect(&url("localhost", "require")).await);
    assert!(
        told.starts_with("the store is not available: `/there/is/none.pem`"),
        "{told}"
    );
    for root in roots {
        std::fs::remove_file(root).unwrap();
    }
}

#[tokio::test]
async fn views_show_what_there_is() {
    let server = server!();
    let store = Postgres::connect(&server.database(), "test").await.unwrap();
    let epoch = store.open(worker(LEASE * 100)).await.unwrap().epoch;
    let first = Commit {
        records: r#"[{"what":"applied","step":"paid","value":7},{"what":"lost","step":"sent","error":"gone"}]"#.into(),
        ..commit(0)
    };
    store
        .create(Some((epoch, Turn(1))), new("42"), Some(first))
        .await
        .unwrap();
    store
        .send(new("42").saga, "{}".into(), Time(1))
        .await
        .unwrap();
    let sql = |sql: &str| server.sql("d0", sql);
    let sagas = "SELECT saga, id, state, worker, commits FROM saga.sagas";
    assert_eq!(sql(sagas), "trip|42|running|a test|1");
    let history = "SELECT seq, what, step, value, error FROM saga.history";
    assert_eq!(sql(history), "0|applied|paid|7|\n0|lost|sent||gone");
    assert_eq!(sql("SELECT name, sagas FROM saga.workers"), "a test|1");
    assert_eq!(sql("SELECT saga, id, text FROM saga.asked"), "trip|42|{}");
    for view in ["parked", "unreadable", "waiting", "undelivered"] {
        assert_eq!(
            sql(&format!("SELECT count(*) FROM saga.{view}")),
            "0",
            "{view}"
        );
    }
}
