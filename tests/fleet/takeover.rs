//! What one worker leaves, another one goes on with.

use saga_postgres_server::Server;
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::sync::watch;
use typed_saga::{
    Key,
    engine::{Builder, DurableOutcome, Engine, EngineError},
    postgres::Postgres,
    saga,
};

/// What is bought, and whether whoever buys is answered.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    bought: Arc<Mutex<Vec<(String, String)>>>,
    answers: Arc<watch::Sender<bool>>,
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            bought: Arc::default(),
            answers: Arc::new(watch::Sender::new(true)),
        }
    }
}

impl Shop {
    pub(crate) fn bought(&self) -> Vec<String> {
        let bought = self.bought.lock().unwrap();
        bought.iter().map(|(_, book)| book.clone()).collect()
    }

    /// A shop with the same books that never answers.
    fn silent(&self) -> Self {
        Self {
            bought: Arc::clone(&self.bought),
            answers: Arc::new(watch::Sender::new(false)),
        }
    }

    pub(crate) async fn buy(&self, book: &str, key: &Key) -> u64 {
        {
            let mut bought = self.bought.lock().unwrap();
            let key = key.to_string();
            if !bought.iter().any(|(by, _)| *by == key) {
                bought.push((key, book.to_owned()));
            }
        }
        let mut answers = self.answers.subscribe();
        answers.wait_for(|answers| *answers).await.unwrap();
        1
    }

    fn give_back(&self, key: &Key) {
        let key = key.to_string();
        self.bought.lock().unwrap().retain(|(by, _)| *by != key);
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    pub(crate) durable saga Buy(book: String) with (shop: Shop) -> Result<u64, Infallible> {
        #[idempotent]
        step bought(shop, book, key) -> u64 { Ok(shop.buy(book, key).await) }
            #[by_key]
            compensate(shop, key) { shop.give_back(key); Ok(()) }

        bought
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    pub(crate) durable saga Lend(book: String) with (shop: Shop) -> Result<u64, Infallible> {
        #[idempotent]
        step lent(shop, book, key) -> u64 { Ok(shop.buy(book, key).await) }
            #[by_key]
            compensate(shop, key) { shop.give_back(key); Ok(()) }

        #[timeout(1h)]
        signal back -> u64;

        lent + back
    }
}

const LEASE: Duration = Duration::from_millis(400);

pub(crate) async fn start(store: Postgres, services: BuyServices) -> Engine {
    let builder = builder(store, services).lease(LEASE);
    builder.start().await.unwrap()
}

fn builder(store: Postgres, services: BuyServices) -> Builder {
    let lend = LendServices {
        shop: services.shop.clone(),
    };
    Engine::builder(store)
        .register::<Buy>(services)
        .register::<Lend>(lend)
        .inbox_interval(Duration::from_millis(20))
}

async fn worker(url: &str, shop: &Shop) -> Engine {
    let store = Postgres::connect(url, "test").await.unwrap();
    start(store, BuyServices { shop: shop.clone() }).await
}

/// What takes longer than anything here.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(30), what).await;
    done.expect("it comes to its end")
}

async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

macro_rules! server {
    () => {
        match Server::start(&["fsync=off"]) {
            Some(server) => server,
            None => return,
        }
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_worker_had_goes_on_elsewhere() {
    let server = server!();
    let (url, shop) = (server.database(), Shop::default());
    let [dead, other, asks] = [&shop.silent(), &shop, &shop];
    let dead = worker(&url, dead).await;
    let handle = dead.submit("42", Buy { book: "a".into() }).await.unwrap();
    eventually("it is bought", async || !shop.bought().is_empty()).await;
    let asks = worker(&url, asks).await;
    let waits = asks.handle::<Buy>("42").await.unwrap();
    // As if the process had ended: its epoch lives on until its lease ends.
    drop((handle, dead));
    let _other = worker(&url, other).await;
    let outcome = within(waits.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(1)),
        "{outcome:?}"
    );
    assert_eq!(shop.bought(), ["a"], "it was bought under one key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_worker_lets_go_goes_on_at_once() {
    let server = server!();
    let (url, shop) = (server.database(), Shop::default());
    let store = Postgres::connect(&url, "test").await.unwrap();
    let silent = BuyServices {
        shop: shop.silent(),
    };
    let leaves = Engine::builder(store).register::<Buy>(silent);
    let leaves = leaves
        .lease(Duration::from_secs(3600))
        .start()
        .await
        .unwrap();
    let handle = leaves.submit("42", Buy { book: "a".into() }).await.unwrap();
    eventually("it is bought", async || !shop.bought().is_empty()).await;
    let stays = worker(&url, &shop).await;
    leaves.shutdown(Duration::from_millis(10)).await;
    drop(handle);
    let handle = stays.handle::<Buy>("42").await.unwrap();
    // Its lease would last for an hour.
    let outcome = within(handle.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(1)),
        "{outcome:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_outlives_its_connections_and_the_server() {
    let server = server!();
    let (url, shop) = (server.database(), Shop::default());
    let store = Postgres::connect(&url, "test").await.unwrap();
    let services = BuyServices { shop: shop.clone() };
    // However busy the machine is, its epoch does not end.
    let engine = builder(store, services).lease(Duration::from_secs(3600));
    let engine = engine.start().await.unwrap();
    let workers = || server.sql("d0", "SELECT epoch FROM saga.worker");
    let epoch = workers();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'saga%'";
    for round in 0..3 {
        server.sql("postgres", cut);
        let submit = engine.submit(format!("{round}"), Buy { book: "a".into() });
        let handle = within(submit.into_future()).await.unwrap();
        drop(within(handle.outcome()).await.unwrap());
    }
    assert_eq!(workers(), epoch, "its epoch is the same");
    let slow = worker(&url, &shop.silent()).await;
    slow.submit("slow", Buy { book: "b".into() }).await.unwrap();
    server.crash();
    drop(slow);
    let handle = loop {
        match engine.handle::<Buy>("slow").await {
            Ok(handle) => break handle,
            Err(_) => tokio::time::sleep(LEASE / 4).await,
        }
    };
    drop(within(handle.outcome()).await.unwrap());
    assert_eq!(shop.bought(), ["a", "a", "a", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_was_declared_dead_begins_anew() {
    let server = server!();
    let (url, shop) = (server.database(), Shop::default());
    let engine = worker(&url, &shop).await;
    let handle = engine
        .submit("42", Lend { book: "a".into() })
        .await
        .unwrap();
    eventually("it is lent", async || !shop.bought().is_empty()).await;
    let epochs = || {
        server.sql(
            "d0",
            "SELECT string_agg(epoch::text, ',') FROM saga.worker WHERE dead IS NULL",
        )
    };
    let before = epochs();
    server.sql("d0", "UPDATE saga.worker SET dead = 1");
    eventually("it has another epoch", async || {
        let now = epochs();
        !now.is_empty() && now != before
    })
    .await;
    engine
        .signal::<Lend>("42", LendSignal::Back(2))
        .await
        .unwrap();
    let outcome = within(handle.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(3)),
        "{outcome:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_worker_can_be_asked_about_a_saga_of_another() {
    let server = server!();
    let (url, shop) = (server.database(), Shop::default());
    let (runs, asks) = (worker(&url, &shop).await, worker(&url, &shop).await);
    for id in ["signalled", "cancelled"] {
        runs.submit(id, Lend { book: id.into() }).await.unwrap();
    }
    eventually("both are lent", async || shop.bought().len() == 2).await;
    let handle = |id| asks.handle::<Lend>(id);
    let (signalled, cancelled) = (
        handle("signalled").await.unwrap(),
        handle("cancelled").await.unwrap(),
    );
    within(asks.signal::<Lend>("signalled", LendSignal::Back(4)))
        .await
        .unwrap();
    within(cancelled.cancel()).await.unwrap();
    let outcome = within(signalled.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(5)),
        "{outcome:?}"
    );
    let outcome = within(cancelled.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(shop.bought(), ["signalled"]);
}

mod first {
    use super::{Infallible, Shop};

    typed_saga::saga! {
        #[classify(typed_saga::transient)]
        #[timeout(1h)]
        pub(crate) durable saga Read(book: String) with (shop: Shop) -> Result<u64, Infallible> {
            #[idempotent]
            step first(shop, book, key) -> u64 { Ok(shop.buy(book, key).await) }
                compensate none

            #[timeout(1h)]
            signal again -> u64;

            first + again
        }
    }
}

mod second {
    use super::{Infallible, Shop};

    typed_saga::saga! {
        #[classify(typed_saga::transient)]
        #[timeout(1h)]
        pub(crate) durable saga Read(book: String) with (shop: Shop) -> Result<u64, Infallible> {
            #[idempotent]
            step other(shop, book, key) -> u64 { Ok(shop.buy(book, key).await) }
                compensate none

            #[timeout(1h)]
            signal again -> u64;

            other + again
        }
    }
}

/// Two versions that cannot read each other's sagas, side by side: each saga goes on with a worker of
/// its own, however often its worker is replaced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saga_goes_on_with_a_worker_of_its_version() {
    let server = server!();
    let (url, shop) = (server.database(), Shop::default());
    let builder = async || {
        let store = Postgres::connect(&url, "test").await.unwrap();
        let builder = Engine::builder(store).lease(LEASE);
        builder
            .inbox_interval(Duration::from_millis(20))
            .unload_after(Duration::ZERO)
    };
    let shops = || shop.clone();
    let old = async || {
        let old = builder()
            .await
            .register::<first::Read>(first::ReadServices { shop: shops() });
        old.start().await.unwrap()
    };
    let new = async || {
        let new = builder()
            .await
            .register::<second::Read>(second::ReadServices { shop: shops() });
        new.start().await.unwrap()
    };
    let leaves = old().await;
    leaves
        .submit("42", first::Read { book: "a".into() })
        .await
        .unwrap();
    eventually("it is read", async || !shop.bought().is_empty()).await;
    let newer = new().await;
    leaves.shutdown(Duration::from_secs(1)).await;
    let signal = newer.signal::<second::Read>("42", second::ReadSignal::Again(5));
    let refused = within(signal).await;
    assert!(
        matches!(refused, Err(EngineError::Unreadable { .. })),
        "{refused:?}"
    );
    let back = old().await;
    let signal = back.signal::<first::Read>("42", first::ReadSignal::Again(5));
    within(signal).await.unwrap();
    let handle = back.handle::<first::Read>("42").await.unwrap();
    let outcome = within(handle.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(6)),
        "{outcome:?}"
    );
    assert_eq!(shop.bought(), ["a"]);
}
