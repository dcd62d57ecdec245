//! What a database and a role must be like: it works, or the first connection says what is missing.

use crate::{
    locks::{At, request},
    trouble::{self, LEASE},
};
use saga_postgres_server::Server;
use std::time::Duration;
use typed_saga_engine::{
    Commit, Filter, NewSaga, ReadStore, SagaId, Store, StoreError, Time, Worker,
};
use typed_saga_postgres::{Options, Postgres};

macro_rules! server {
    () => {
        match Server::start(&["fsync=off"]) {
            Some(server) => server,
            None => return,
        }
    };
}

/// The functions that a worker calls.
const FUNCTIONS: [&str; 3] = ["enter_queues", "change_queue", "pass_key_on"];

fn why<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    result.unwrap_err().to_string()
}

/// The same database, as another role.
fn as_role(url: &str, role: &str) -> String {
    url.replace("postgres@", &format!("{role}@"))
}

fn new(id: &str) -> NewSaga {
    NewSaga {
        saga: SagaId::new("trip", id),
        input: "{}".into(),
        fingerprint: 1,
        due: Some(Time(1)),
        life: None,
    }
}

fn worker() -> Worker {
    Worker {
        name: "a test".into(),
        lease: Duration::from_secs(30),
        runs: Vec::new(),
        after: None,
    }
}

fn commit(records: &str) -> Commit {
    Commit {
        seq: 0,
        at: Time(1),
        records: records.into(),
    }
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_text_is_refused() {
    let server = server!();
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = encoding.to_lowercase();
        let create =
            format!("CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0");
        server.sql("postgres", &create);
        for migrate in [true, false] {
            let told = why(Options::new()
                .application("test")
                .migrate(migrate)
                .connect(&server.url(&name))
                .await);
            let expected = format!(
                "the store is not available: the database has the encoding {encoding}: \
                 sagas need one with the encoding UTF8"
            );
            assert_eq!(told, expected);
        }
        let made = "SELECT count(*) FROM pg_namespace WHERE nspname = 'saga'";
        assert_eq!(server.sql(&name, made), "0");
    }
}

#[tokio::test]
async fn a_schema_belongs_to_one_application() {
    let server = server!();
    let url = server.database();
    let told = why(Options::new().connect(&url).await);
    let expected =
        "there is no schema `saga` of sagas: it is made by the first worker that may migrate";
    assert!(told.ends_with(expected), "a client makes none: {told}");
    for _ in 0..2 {
        Postgres::connect(&url, "shop").await.unwrap();
    }
    let bank = || Options::new().application("bank");
    for options in [bank(), bank().migrate(false)] {
        let told = why(options.connect(&url).await);
        let expected = "the schema `saga` belongs to the application `shop`, and this is `bank`: each application has \
                        a schema of its own, which `Options::schema` names";
        assert!(told.ends_with(expected), "{told}");
    }
    bank().schema("bank").connect(&url).await.unwrap();
    let client = Options::new().connect(&url).await.unwrap();
    assert!(client.stats().await.unwrap().is_empty());
    let told = why(client.open(trouble::worker(LEASE)).await);
    let expected = "no application is named whose sagas the engine would run: use `Postgres::connect`, or \
                    `Options::application`";
    assert!(told.ends_with(expected), "{told}");
}

#[tokio::test]
async fn a_role_needs_no_more_than_a_schema_of_its_own() {
    let server = server!();
    let url = server.database();
    server.sql(
        "d0",
        "CREATE ROLE owns LOGIN; CREATE ROLE asks LOGIN;
         CREATE SCHEMA saga AUTHORIZATION owns; GRANT USAGE ON SCHEMA saga TO asks;
         REVOKE ALL ON SCHEMA public FROM PUBLIC",
    );
    let told = why(Postgres::connect(&as_role(&url, "asks"), "test").await);
    let expected = "this role cannot make the schema `saga`: permission denied for schema saga; have an \
                    empty schema made that the role owns, or let another role make it, and set `Options::migrate(false)`";
    assert!(told.ends_with(expected), "{told}");
    let other = Options::new().application("test").schema("other");
    let told = why(other.connect(&as_role(&url, "asks")).await);
    let expected = "cannot make the schema `other`: permission denied for database d0";
    assert!(told.contains(expected), "{told}");
    let store = Postgres::connect(&as_role(&url, "owns"), "test")
        .await
        .unwrap();
    assert_eq!(store.list(Filter::default()).await.unwrap(), []);
}

#[tokio::test]
async fn who_may_not_read_is_told_what_to_grant() {
    let server = server!();
    let url = server.database();
    Postgres::connect(&url, "test").await.unwrap();
    server.sql("d0", "CREATE ROLE bare LOGIN");
    let url = as_role(&url, "bare");
    let told = async || {
        let mut told = Vec::new();
        for options in [
            Options::new().application("test"),
            Options::new().application("test").migrate(false),
        ] {
            told.push(why(options.connect(&url).await));
        }
        assert_eq!(told[0], told[1]);
        told.remove(0)
    };
    let denied = |what: &str| {
        format!(
            "the store is not available: this role cannot read the schema `saga`: permission denied for {what}; \
             grant it USAGE on the schema, and SELECT on its tables; a worker also needs INSERT, UPDATE and DELETE"
        )
    };
    assert_eq!(told().await, denied("schema saga"));
    server.sql("d0", "GRANT USAGE ON SCHEMA saga TO bare");
    assert_eq!(told().await, denied("table store"));
    server.sql("d0", "REVOKE CONNECT ON DATABASE d0 FROM PUBLIC");
    let expected = "the store is not available: Postgres: permission denied for database \"d0\" \
                    (User does not have CONNECT privilege.)";
    assert_eq!(told().await, expected);
}

/// Of each right alone: a worker that lacked it would fail only when it is needed.
#[tokio::test]
async fn a_worker_that_lacks_a_right_is_refused_at_the_start() {
    let server = server!();
    let url = server.database();
    Postgres::connect(&url, "test").await.unwrap();
    let grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA saga TO works;
                 GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA saga TO works";
    server.sql(
        "d0",
        "CREATE ROLE works LOGIN; GRANT USAGE ON SCHEMA saga TO works;
         REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA saga FROM PUBLIC",
    );
    let tables = server.sql(
        "d0",
        "SELECT tablename FROM pg_tables WHERE schemaname = 'saga' AND tablename <> 'store'",
    );
    let rights = ["SELECT", "INSERT", "UPDATE", "DELETE"];
    let tables = tables.lines();
    let of_tables =
        tables.flat_map(|table| rights.map(|right| (right, table, format!("saga.{table}"))));
    let mut all: Vec<_> = of_tables.collect();
    for function in FUNCTIONS {
        all.push(("EXECUTE", function, format!("FUNCTION saga.{function}")));
    }
    let options = Options::new().application("test").migrate(false);
    for (right, name, of) in all {
        server.sql("d0", &format!("{grant}; REVOKE {right} ON {of} FROM works"));
        let store = options.connect(&as_role(&url, "works")).await.unwrap();
        let told = why(store.open(worker()).await);
        let expected = format!(
            "the store is not available: this role cannot work on the schema `saga`: it lacks {right} on `{name}`; \
             grant it SELECT, INSERT, UPDATE and DELETE on all tables of the schema, and EXECUTE on its functions"
        );
        assert_eq!(told, expected);
    }
    server.sql("d0", grant);
    let store = options.connect(&as_role(&url, "works")).await.unwrap();
    store.open(worker()).await.unwrap();
    assert_eq!(server.sql("d0", "SELECT count(*) FROM saga.worker"), "1");
}

/// A worker sets no search path, which a pooler would hand on to other programs.
#[tokio::test]
async fn tables_of_others_with_the_same_names_are_not_taken_for_those_of_sagas() {
    let server = server!();
    let url = server.database();
    let tables = [
        "store",
        "worker",
        "runs",
        "definition",
        "saga",
        "unfit",
        "journal",
        "inbox",
        "outbox",
        "lock",
    ];
    for table in tables {
        server.sql("d0", &format!("CREATE TABLE public.{table} (other text)"));
    }
    let at = At::open(&url).await;
    let saga = at.begin("42").await;
    at.lock(&saga, 1, request(&[7]), &[]).await;
    assert_eq!(at.states().await.len(), 1);
}

#[tokio::test]
async fn a_schema_from_before_the_first_release_is_refused() {
    let server = server!();
    let url = server.database();
    server.sql(
        "d0",
        "CREATE SCHEMA saga;
         CREATE TABLE saga.store (one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one), version INTEGER NOT NULL);
         INSERT INTO saga.store (version) VALUES (1)",
    );
    for options in [
        Options::new().application("test"),
        Options::new().application("test").migrate(false),
    ] {
        let told = why(options.connect(&url).await);
        let expected = "the schema `saga` was made before the first release: the last commit that can read it is 9290ac4f";
        assert!(told.ends_with(expected), "{told}");
    }
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'saga'";
    assert_eq!(server.sql("d0", tables), "1", "it stays as it is");
}

#[tokio::test]
async fn a_schema_that_is_not_whole_is_refused() {
    let server = server!();
    let url = server.database();
    Postgres::connect(&url, "test").await.unwrap();
    let tables = server.sql(
        "d0",
        "SELECT tablename FROM pg_tables WHERE schemaname = 'saga' AND tablename <> 'store'",
    );
    let of_tables = tables.lines().map(|table| ("TABLE", table));
    let of_functions = FUNCTIONS.map(|function| ("FUNCTION", function));
    let options = Options::new().application("test").migrate(false);
    for (kind, name) in of_tables.chain(of_functions) {
        server.sql("d0", &format!("ALTER {kind} saga.{name} RENAME TO aside"));
        let store = options.connect(&url).await.unwrap();
        let told = why(store.open(worker()).await);
        let expected = format!("the schema `saga` is not whole: it lacks `{name}`");
        assert!(told.ends_with(&expected), "{told}");
        server.sql("d0", &format!("ALTER {kind} saga.aside RENAME TO {name}"));
    }
    options
        .connect(&url)
        .await
        .unwrap()
        .open(worker())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_worker_needs_no_view() {
    let server = server!();
    let url = server.database();
    Postgres::connect(&url, "test").await.unwrap();
    server.sql("d0", "DROP VIEW saga.quarantined");
    Options::new()
        .application("test")
        .migrate(false)
        .connect(&url)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_broken_record_hides_no_other() {
    let server = server!();
    let store = Postgres::connect(&server.database(), "test").await.unwrap();
    let all = [
        r#"[{"what":"lost","step":"sent","value":"a\u0000\\u0000","error":"b\u0000\\\u0000"}]"#,
        r#"[{"what":"lost","error":"\ud800"},7,{"what":"applied","step":"paid","value":1}]"#,
        "{",
        "null",
        r#"[{"what":"started"}]"#,
    ];
    for (records, id) in all.into_iter().zip(1..) {
        let id = id.to_string();
        let created = store.create(None, new(&id), Some(commit(records))).await;
        created.unwrap();
    }
    let shown = server.sql(
        "d0",
        "SELECT id, what, step, value, error IS NULL FROM saga.history",
    );
    let expected = [
        r#"1|lost|sent|"a\ufffd\\u0000"|f"#,
        "2|unreadable|||f",
        "2|unreadable|||t",
        "2|applied|paid|1|t",
        "3|unreadable|||f",
        "4|unreadable|||f",
        "5|started|||t",
    ];
    assert_eq!(shown.lines().collect::<Vec<_>>(), expected);
    let error = "SELECT error FROM saga.history WHERE id = '1'";
    assert_eq!(server.sql("d0", error), "b\u{fffd}\\\u{fffd}");
}

#[tokio::test]
async fn a_quarantined_saga_is_not_listed_as_unreadable() {
    let server = server!();
    let store = Postgres::connect(&server.database(), "test").await.unwrap();
    for id in ["fine", "unreadable", "quarantined"] {
        store.create(None, new(id), None).await.unwrap();
    }
    let times = typed_saga_engine::TAKEOVERS;
    let set = format!(
        "UPDATE saga.saga SET unfit = 'so', takeovers = CASE id WHEN 'quarantined' THEN {times} ELSE {times} - 1 END
         WHERE id <> 'fine'"
    );
    server.sql("d0", &set);
    for view in ["unreadable", "quarantined"] {
        let listed = server.sql("d0", &format!("SELECT id, why FROM saga.{view}"));
        assert_eq!(listed, format!("{view}|so"));
    }
    let unreadable = Filter {
        unreadable: true,
        ..Filter::default()
    };
    let rows = store.list(unreadable).await.unwrap();
    let quarantined: Vec<_> = rows
        .iter()
        .map(|row| (&*row.saga.id, row.is_quarantined()))
        .collect();
    assert_eq!(quarantined, [("quarantined", true), ("unreadable", false)]);
}
