//! A file keeps every promise of a store.

use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use typed_saga_engine::Store;
use typed_saga_sqlite::{Options, Sqlite, Synchronous};

async fn run(options: Options) {
    let dir = TempDir::new().unwrap();
    let made = AtomicU32::new(0);
    typed_saga_conformance::run(async || {
        let number = made.fetch_add(1, Ordering::Relaxed);
        options
            .open(dir.path().join(format!("{number}.db")))
            .unwrap()
    })
    .await;
}

#[tokio::test]
async fn it_keeps_every_promise() {
    run(Options::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_keeps_every_promise_to_many_threads() {
    run(Options::new().synchronous(Synchronous::Normal)).await;
}

#[tokio::test]
async fn it_keeps_every_promise_over_clones() {
    let dir = TempDir::new().unwrap();
    let made = AtomicU32::new(0);
    typed_saga_conformance::run(async || {
        let number = made.fetch_add(1, Ordering::Relaxed);
        let store = Sqlite::open(dir.path().join(format!("{number}.db"))).unwrap();
        store.clone()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_keeps_every_promise_in_place() {
    let dir = TempDir::new().unwrap();
    let made = AtomicU32::new(0);
    typed_saga_conformance::run(async || {
        let number = made.fetch_add(1, Ordering::Relaxed);
        let store = Sqlite::open(dir.path().join(format!("{number}.db"))).unwrap();
        store.in_place().unwrap()
    })
    .await;
}
