//! A database keeps every promise of a store, to one worker and to many.

use saga_postgres_server::Server;
use std::time::Duration;
use typed_saga_conformance::{run, run_shared};
use typed_saga_postgres::Postgres;

async fn empty(server: &Server) -> Postgres {
    Postgres::connect(&server.database(), "test").await.unwrap()
}

#[tokio::test]
async fn it_keeps_every_promise() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    run(async || empty(&server).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_keeps_every_promise_to_many_threads() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    run(async || empty(&server).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_keeps_every_promise_to_many_workers() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    run_shared(async || empty(&server).await, Duration::from_millis(400)).await;
}
