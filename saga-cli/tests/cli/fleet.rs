//! A database that many workers share, or that cannot be opened.

use crate::{Said, Site, command, common::trip, run, saga};
use saga_postgres_server::Server;
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};
use typed_saga::{engine::Engine, postgres::Options};

async fn worker(site: &Site, name: &str) -> Engine {
    let builder = site.builder().await.name(name);
    let builder = builder.inbox_interval(Duration::from_secs(60));
    builder.start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_works_beside_the_workers() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let site = Site::on(&server);
    let one = worker(&site, "orders-1").await;
    let two = worker(&site, "orders-2").await;
    for (engine, id) in [(&one, "trip-1"), (&two, "trip-2")] {
        let handle = engine.submit(id, trip()).await.unwrap();
        drop(handle.outcome().await.unwrap());
    }
    site.vendors.silent("+hotel", true);
    drop(one.submit("trip-3", trip()).await.unwrap());

    let sent = site.saga("cancel trip-3 --yes --wait 0s");
    let says = "sent: no engine has answered yet: the engine of orders-1 or orders-2, \
                or the next one that opens the journal, will act on it\n";
    assert!(sent.code == 0 && sent.out.ends_with(says), "{sent:?}");

    tokio::time::sleep(Duration::from_millis(20)).await;
    let workers = || server.sql("d0", "SELECT name FROM saga.worker ORDER BY name");
    server.sql("d0", FORBID);
    let forbidden = site.saga("purge --older-than 10ms --yes");
    let refused = failed(&forbidden);
    assert!(refused.ends_with("Postgres: not today"), "{refused}");
    assert_eq!(workers(), "orders-1\norders-2", "it is a worker no more");
    server.sql("d0", "DROP TRIGGER forbid ON saga.saga");
    let (purged, code) = site.json("purge --older-than 10ms --yes");
    assert_eq!((purged["purged"].as_u64(), code), (Some(2), 0), "{purged}");
    assert_eq!(workers(), "orders-1\norders-2", "it is a worker no more");
    let (list, _) = site.json("list");
    assert_eq!(list["sagas"].as_array().unwrap().len(), 1, "{list}");
    for engine in [one, two] {
        engine.shutdown(Duration::ZERO).await;
    }
}

/// Sagas cannot be deleted.
const FORBID: &str = "
    CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
    CREATE TRIGGER forbid BEFORE DELETE ON saga.saga FOR EACH ROW EXECUTE FUNCTION forbid()";

#[tokio::test(flavor = "multi_thread")]
async fn one_saga_is_purged_beside_a_worker() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let site = Site::on(&server);
    let engine = worker(&site, "orders-1").await;
    for id in ["trip-1", "trip-2"] {
        let handle = engine.submit(id, trip()).await.unwrap();
        drop(handle.outcome().await.unwrap());
    }
    let without = site.saga("purge trip-2 --yes");
    assert_eq!(without.code, 2, "the reason is missing: {without:?}");
    let purged = site.saga("purge trip-2 --yes --why asked --vacuum");
    assert_eq!(purged.code, 0, "{purged:?}");
    let says = "done: purged; its id is free again\nnothing was rewritten: in a database, ";
    assert!(purged.out.contains(says), "{purged:?}");
    let sql = |sql: &str| server.sql("d0", sql);
    assert_eq!(sql("SELECT id FROM saga.saga"), "trip-1");
    let recorded = "SELECT text || ' ' || answer FROM saga.inbox WHERE id = 'trip-2'";
    let asked = r#"{"action":"purge","who":{"by":"ada","why":"asked"}} "done""#;
    assert_eq!(sql(recorded), asked);
    assert_eq!(sql("SELECT name FROM saga.worker"), "orders-1");
    let gone = site.saga("why trip-2");
    assert_eq!(gone.code, 3, "{gone:?}");
    engine.shutdown(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_read_can_look() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let site = Site::on(&server);
    let engine = site.engine().await;
    let done = engine.submit("trip-1", trip()).await.unwrap();
    drop(done.outcome().await.unwrap());
    site.vendors.silent("+hotel", true);
    drop(engine.submit("trip-2", trip()).await.unwrap());
    server.sql(
        "d0",
        "CREATE ROLE looker LOGIN; GRANT USAGE ON SCHEMA saga TO looker;
         GRANT SELECT ON ALL TABLES IN SCHEMA saga TO looker",
    );
    let url = server.url("d0").replace("postgres@", "looker@");
    for line in ["list", "stats", "why trip-1", "show trip-1"] {
        let said = saga(Path::new(&url), line);
        assert!(said.code == 0 && said.out.contains("completed"), "{said:?}");
    }
    for line in [
        "outbox",
        "cancel trip-2 --dry-run",
        "purge --older-than 0s --dry-run",
    ] {
        let said = saga(Path::new(&url), line);
        assert_eq!((said.err.as_str(), said.code), ("", 0), "{line}: {said:?}");
    }
    let lacks = "it lacks INSERT, UPDATE, DELETE on `definition`; grant it SELECT, INSERT, UPDATE and DELETE on all tables \
                 of the schema, and EXECUTE on its functions";
    for (line, says) in [
        (
            "cancel trip-2 --yes",
            "Postgres: permission denied for table inbox",
        ),
        ("purge --older-than 0s --yes", lacks),
    ] {
        let said = saga(Path::new(&url), line);
        assert!(failed(&said).ends_with(says), "{line}: {said:?}");
    }
    engine.shutdown(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_may_have_another_name() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let options = Options::new().application("test").schema("trips");
    options.connect(&url).await.unwrap();
    let trips = saga(Path::new(&url), "list --schema trips");
    assert_eq!((trips.out.as_str(), trips.code), ("no sagas\n", 0));
    let trips = run(command("list")
        .env("SAGA_JOURNAL", &url)
        .env("SAGA_SCHEMA", "trips"));
    assert_eq!((trips.out.as_str(), trips.code), ("no sagas\n", 0));

    let none = saga(Path::new(&url), "list");
    let says = "saga: there is no schema `saga` of sagas: it is made by the first worker that may migrate\n";
    assert_eq!((none.err.as_str(), none.code), (says, 1));
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'saga'";
    assert_eq!(server.sql("d0", schemas), "0", "it must not be made");
}

/// One line, which does not show the password.
fn failed(said: &Said) -> &str {
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    let line = said.err.strip_suffix('\n').unwrap();
    assert!(!line.contains('\n') && !line.contains("sesame"), "{said:?}");
    line.strip_prefix("saga: ").unwrap()
}

#[test]
fn a_server_that_cannot_be_reached_is_named_without_the_password() {
    for (url, says) in [
        (
            "postgres://ada:sesame@127.0.0.1:9/shop",
            "Postgres cannot be reached at 127.0.0.1:9: Connection refused",
        ),
        (
            "postgresql://ada:sesame@%2Fno%2Fsuch/shop",
            "Postgres cannot be reached at /no/such:5432: No such file or directory",
        ),
        // An `@` that is not written `%40`: what follows it is taken for the host.
        (
            "postgres://ada:open@sesame@127.0.0.1:9/shop",
            "Postgres cannot be reached: ",
        ),
        (
            "postgres://ada:open@127.0.0.1:9/sesame@127.0.0.1:9/shop",
            "Postgres cannot be reached: ",
        ),
        (
            "postgres://ada:sesame@127.0.0.1:port/shop",
            "this is no address of a Postgres database: ",
        ),
        (
            "postgres://ada:sesame@127.0.0.1:9/shop?sslrootcert=ca.pem",
            "this is no address of a Postgres database: ",
        ),
    ] {
        let said = saga(Path::new(url), "list");
        assert!(failed(&said).starts_with(says), "{url}: {said:?}");
        let said = saga(Path::new(url), "list --json");
        assert!(said.code == 1 && said.out.contains("\"error\""), "{said:?}");
        assert!(!(said.out + &said.err).contains("sesame"), "{url}");
    }
}

#[test]
fn a_wrong_password_is_not_printed() {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let rules = place.path().join("hba.conf");
    fs::write(
        &rules,
        "local all postgres trust\nlocal all all scram-sha-256\n",
    )
    .unwrap();
    fs::set_permissions(&rules, Permissions::from_mode(0o644)).unwrap();
    let rules = format!("hba_file='{}'", rules.display());
    let Some(server) = Server::start(&["fsync=off", &rules]) else {
        return;
    };
    server.sql("postgres", "CREATE ROLE ada LOGIN PASSWORD 'open'");
    let url = server.url("postgres").replace("postgres@", "ada:sesame@");
    let said = saga(Path::new(&url), "list");
    assert_eq!(
        failed(&said),
        "Postgres: password authentication failed for user \"ada\""
    );
    let url = server.url("shop").replace("postgres@", "ada:open@");
    let said = saga(Path::new(&url), "list");
    assert_eq!(failed(&said), "Postgres: database \"shop\" does not exist");
}
