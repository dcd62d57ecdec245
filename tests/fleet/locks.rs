//! Locks of sagas on a database.

use crate::fleet::takeover::{Shop, within};
use saga_postgres_server::Server;
use std::{collections::BTreeMap, convert::Infallible, time::Duration};
use typed_saga::{
    engine::{
        DurableOutcome, Engine, ReadStore as _,
        for_stores::{LockFilter, LockState},
    },
    postgres::Postgres,
    saga,
};

struct BookLock(String);

impl typed_saga::Lock for BookLock {
    const NAME: &'static str = "book";

    fn key(&self) -> String {
        self.0.clone()
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1h)]
    durable saga Read(book: String) with (shop: Shop) -> Result<u64, Infallible> {
        #[timeout(never)]
        lock alone(book => BookLock(book.clone())) -> BookLock;

        #[idempotent]
        step bought(shop, book, key) -> u64 { Ok(shop.buy(book, key).await) }
            compensate none

        #[timeout(1h)]
        signal done -> u64;

        bought + done
    }
}

async fn worker(url: &str, shop: &Shop) -> Engine {
    let store = Postgres::connect(url, "test").await.unwrap();
    let services = ReadServices { shop: shop.clone() };
    let builder = Engine::builder(store).register::<Read>(services);
    builder
        .inbox_interval(Duration::from_millis(20))
        .start()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_passes_from_one_worker_to_another() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let (url, shop) = (server.database(), Shop::default());
    let workers = [worker(&url, &shop).await, worker(&url, &shop).await];
    let book = || Read { book: "a".into() };
    let mut handles = BTreeMap::new();
    for number in 0..6 {
        let id = number.to_string();
        let handle = workers[number % 2].submit(id.as_str(), book()).await;
        handles.insert(id, handle.unwrap());
    }
    let store = Postgres::connect(&url, "test").await.unwrap();
    for round in 1..=6 {
        let holder = within(async {
            loop {
                let rows = store.locks(LockFilter::default()).await.unwrap();
                let waits = rows.iter().filter(|row| row.state == LockState::Waiting);
                if rows[0].state == LockState::Taken && waits.count() == 6 - round {
                    return rows[0].saga.id.to_string();
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let holder = holder.await;
        let signal = || workers[round % 2].signal::<Read>(&holder, ReadSignal::Done(1));
        within(async {
            while signal().await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        let outcome = within(handles[&holder].outcome()).await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Completed(2)),
            "{outcome:?}"
        );
        let bought = shop.bought().len();
        assert!((round..=round + 1).contains(&bought), "one after the other");
    }
    assert_eq!(server.sql("d0", "SELECT count(*) FROM saga.lock"), "0");
}
