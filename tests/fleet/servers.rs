//! Fleets with `PgBouncer` in between, and on a standby.

use crate::fleet::takeover::within;
use saga_postgres_server::{Pooler, Server};
use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};
use typed_saga::{
    Key,
    engine::{DurableOutcome, Engine, EngineError, SagaId, State},
    postgres::{Options, Postgres},
    saga,
};

struct BookLock(String);

impl typed_saga::Lock for BookLock {
    const NAME: &'static str = "shelf";

    fn key(&self) -> String {
        self.0.clone()
    }
}

/// Where books are lent, and their returns made known.
#[derive(Clone, Default)]
struct Desk {
    lent: Arc<Mutex<Vec<String>>>,
    told: Arc<Mutex<BTreeSet<u64>>>,
}

impl Desk {
    /// Returns the number of the loan, which is the same however often that is asked for.
    fn lend(&self, key: &Key) -> u64 {
        let (mut lent, key) = (self.lent.lock().unwrap(), key.to_string());
        let before = lent.iter().position(|it| *it == key);
        let place = before.unwrap_or_else(|| {
            lent.push(key);
            lent.len() - 1
        });
        place as u64 + 1
    }

    fn tell(&self, loan: u64) {
        self.told.lock().unwrap().insert(loan);
    }

    fn lent(&self) -> usize {
        self.lent.lock().unwrap().len()
    }

    fn told(&self) -> BTreeSet<u64> {
        self.told.lock().unwrap().clone()
    }
}

saga! {
    /// Lends a book to one reader at a time, and tells of it once it is back.
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    durable saga Loan(book: String) with (desk: Desk) -> Result<u64, Infallible> emit u64 {
        #[timeout(never)]
        lock alone(book => BookLock(book.clone())) -> BookLock;

        #[idempotent]
        step lent(desk, key) -> u64 { Ok(desk.lend(key)) }
            compensate none;

        #[timeout(1h)]
        signal back -> u64;

        emit(lent => [*lent]);
        publish(desk, event) { desk.tell(*event); Ok(()) }

        lent + back
    }
}

fn loan() -> Loan {
    Loan { book: "a".into() }
}

async fn start(store: Postgres, desk: &Desk) -> Result<Engine, EngineError> {
    let services = LoanServices { desk: desk.clone() };
    let builder = Engine::builder(store).register::<Loan>(services);
    let builder = builder.lease(Duration::from_millis(400));
    builder
        .inbox_interval(Duration::from_millis(20))
        .start()
        .await
}

async fn worker(url: &str, desk: &Desk) -> Engine {
    let store = Postgres::connect(url, "test").await.unwrap();
    start(store, desk).await.unwrap()
}

async fn eventually(is_so: impl AsyncFn() -> bool) {
    within(async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// Gives a book back, however long the server is away, and waits for the end of the loan.
async fn comes_back(engine: &Engine, id: &str) -> DurableOutcome<Loan> {
    let saga = SagaId::new("Loan", id);
    eventually(async || {
        // Once it is given back, this is refused.
        drop(engine.signal::<Loan>(id, LoanSignal::Back(10)).await);
        let status = engine.status(&saga).await;
        status.is_ok_and(|status| status.row.state == State::Completed)
    })
    .await;
    let handle = engine.handle::<Loan>(id).await.unwrap();
    within(handle.outcome()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_works_through_a_pooler_and_outlives_it() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    drop(server.database());
    let settings = ["pool_mode=session", "default_pool_size=50"];
    let Some(mut pooler) = Pooler::start(&server, &settings) else {
        return;
    };
    let (url, desk) = (pooler.url("d0"), Desk::default());
    let (stays, goes) = (worker(&url, &desk).await, worker(&url, &desk).await);
    stays.submit("1", loan()).await.unwrap();
    eventually(async || desk.lent() == 1).await;
    goes.submit("2", loan()).await.unwrap();

    pooler.restart();
    // Any worker can be asked, and the key passes on.
    let outcome = comes_back(&goes, "1").await;
    assert!(
        matches!(outcome, DurableOutcome::Completed(11)),
        "{outcome:?}"
    );
    eventually(async || desk.lent() == 2).await;
    // As if its process had ended: its epoch lives on until its lease ends.
    drop(goes);
    pooler.restart();
    let outcome = comes_back(&stays, "2").await;
    assert!(
        matches!(outcome, DurableOutcome::Completed(12)),
        "{outcome:?}"
    );
    eventually(async || desk.told() == BTreeSet::from([1, 2])).await;
    assert_eq!(server.sql("d0", "SELECT count(*) FROM saga.lock"), "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_engine_starts_on_a_standby() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    drop(Postgres::connect(&server.database(), "test").await.unwrap());
    let standby = server.standby();
    // Whoever looks at a standby may still not run sagas there.
    let looks = Options::new()
        .application("test")
        .migrate(false)
        .standby(true);
    let store = looks.connect(&standby.url("d0")).await.unwrap();
    let Err(refused) = start(store, &Desk::default()).await else {
        panic!("a standby takes no writes");
    };
    let told = refused.to_string();
    let advice = "it is a standby, or read-only; connect to the primary, or lift `default_transaction_read_only`";
    assert!(told.ends_with(advice), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_engine_starts_for_a_role_that_may_only_read() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    drop(Postgres::connect(&url, "test").await.unwrap());
    server.sql(
        "d0",
        "CREATE ROLE looker LOGIN; GRANT USAGE ON SCHEMA saga TO looker;
         GRANT SELECT ON ALL TABLES IN SCHEMA saga TO looker",
    );
    let url = url.replace("postgres@", "looker@");
    let store = Options::new()
        .application("test")
        .migrate(false)
        .connect(&url)
        .await
        .unwrap();
    let Err(refused) = start(store, &Desk::default()).await else {
        panic!("it may not write");
    };
    let told = refused.to_string();
    let lacks = "it lacks INSERT, UPDATE, DELETE on `definition`; grant it ";
    assert!(told.contains(lacks), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saga_goes_on_at_a_standby_that_is_promoted() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let url = server.database();
    let standby = server.standby();
    let (first, rest) = url.rsplit_once('/').unwrap();
    let second = standby.url(rest);
    let second = second.trim_start_matches("postgres://postgres@");
    let (both, desk) = (format!("{first},{second}"), Desk::default());
    let engine = worker(&both, &desk).await;
    engine.submit("1", loan()).await.unwrap();
    eventually(async || desk.lent() == 1).await;
    let written = server.sql("d0", "SELECT pg_current_wal_lsn()");
    let has_it = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
    eventually(async || standby.sql("postgres", &has_it) == "t").await;
    drop(server);
    standby.promote();
    let outcome = comes_back(&engine, "1").await;
    assert!(
        matches!(outcome, DurableOutcome::Completed(11)),
        "{outcome:?}"
    );
    assert_eq!(desk.lent(), 1, "it was lent under one key");
    eventually(async || desk.told() == BTreeSet::from([1])).await;
}
