//! A key that an operator takes from a saga that no engine can read.

use super::locks::{
    CALL, Change, ChangeServices, No, Office, OrderLock, crash, is_free, outcome, queue, submit,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use typed_saga::{
    engine::{
        DurableOutcome, Engine, Memory, ReadStore as _, SagaId, Time,
        for_stores::{Freed, LockKey, LockState},
    },
    runtime::LockTable,
    saga,
};

saga! {
    #[classify(No::verdict)]
    durable saga Close(order: u64) with () -> Result<(), No> {
        #[timeout(600s)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        #[idempotent] #[timeout(60s)]
        step closed(_key) { sleep(LONG).await; Ok(()) }
            compensate none
    }
}

const LONG: Duration = Duration::from_secs(10);

/// An engine that cannot read sagas of `Change`.
async fn closes(store: &Memory) -> Engine {
    let builder = Engine::builder(store.clone()).register::<Close>(CloseServices {});
    builder.start().await.unwrap()
}

async fn both(store: &Memory, office: &Office) -> Engine {
    let office = office.clone();
    let builder = Engine::builder(store.clone()).register::<Change>(ChangeServices { office });
    let builder = builder.register::<Close>(CloseServices {});
    builder.start().await.unwrap()
}

async fn close(engine: &Engine, id: &str) {
    drop(engine.submit(id, Close { order: 7 }).await.unwrap());
}

async fn closed(engine: &Engine, id: &str) {
    let handle = engine.handle::<Close>(id).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(matches!(outcome, DurableOutcome::Completed(())), "{id}");
}

/// Frees the key, which a saga of `Change` has.
async fn free(store: &Memory, from: &str) {
    let freed = asked(store, from).await;
    assert!(matches!(freed, Freed::Done(_)), "{freed:?}");
}

async fn asked(store: &Memory, from: &str) -> Freed {
    let key = LockKey {
        name: "order".into(),
        key: "7".into(),
    };
    let saga = SagaId::new("Change", from);
    let freed = store.free(key, saga, "{}".to_owned(), Time(1)).await;
    freed.unwrap()
}

fn place(id: &str, state: LockState) -> (String, LockState) {
    (id.to_owned(), state)
}

#[tokio::test(start_paused = true)]
async fn who_has_lost_its_key_goes_on_and_ends() {
    let (store, office) = (Memory::new(), Office::default());
    let first = both(&store, &office).await;
    submit(&first, "a").await;
    sleep(CALL / 2).await;
    crash(first).await;
    let second = closes(&store).await;
    close(&second, "y").await;
    sleep(LONG).await;
    let line = [place("a", LockState::Taken), place("y", LockState::Waiting)];
    assert_eq!(queue(&store).await, line);
    free(&store, "a").await;
    closed(&second, "y").await;
    assert!(is_free(&store).await);
    crash(second).await;
    let third = both(&store, &office).await;
    assert!(matches!(
        outcome(&third, "a").await,
        DurableOutcome::Completed(7)
    ));
    assert!(is_free(&store).await);
}

/// The deployment that could not read it was taken back.
#[tokio::test(start_paused = true)]
async fn who_can_be_read_again_keeps_its_key() {
    let (store, office) = (Memory::new(), Office::default());
    let first = both(&store, &office).await;
    submit(&first, "a").await;
    sleep(CALL / 2).await;
    crash(first).await;
    let second = closes(&store).await;
    close(&second, "y").await;
    sleep(LONG).await;
    crash(second).await;
    let third = both(&store, &office).await;
    let freed = asked(&store, "a").await;
    assert!(
        matches!(freed, Freed::Untried | Freed::Readable),
        "{freed:?}"
    );
    assert!(matches!(
        outcome(&third, "a").await,
        DurableOutcome::Completed(7)
    ));
    closed(&third, "y").await;
    assert_eq!(office.served(), "a");
    assert!(is_free(&store).await);
}

/// It has done nothing under the key so far, and need not: it waits for its turn.
#[tokio::test(start_paused = true)]
async fn who_has_lost_its_place_gets_in_line_again() {
    let (store, office) = (Memory::new(), Office::default());
    let first = both(&store, &office).await;
    close(&first, "x").await;
    sleep(CALL / 2).await;
    submit(&first, "w").await;
    sleep(CALL / 2).await;
    crash(first).await;
    let second = closes(&store).await;
    closed(&second, "x").await;
    close(&second, "y").await;
    sleep(LONG).await;
    let line = [
        place("w", LockState::Granted),
        place("y", LockState::Waiting),
    ];
    assert_eq!(queue(&store).await, line, "nobody can read the next one");
    free(&store, "w").await;
    sleep(LONG / 2).await;
    crash(second).await;
    let third = both(&store, &office).await;
    sleep(LONG / 2).await;
    let line = [place("y", LockState::Taken), place("w", LockState::Waiting)];
    assert_eq!(queue(&store).await, line, "it is behind the other one");
    closed(&third, "y").await;
    assert!(matches!(
        outcome(&third, "w").await,
        DurableOutcome::Completed(7)
    ));
    assert_eq!(office.served(), "w");
    assert!(is_free(&store).await);
}

/// The table of a process is not that of a store.
#[tokio::test(start_paused = true)]
async fn a_run_in_memory_has_the_key_that_one_on_an_engine_has() {
    let store = Memory::new();
    let engine = closes(&store).await;
    close(&engine, "y").await;
    sleep(LONG / 2).await;
    assert_eq!(queue(&store).await, [place("y", LockState::Taken)]);
    let begun = Instant::now();
    let run = Close { order: 7 }.run().locks(&LockTable::new());
    run.await.unwrap();
    assert_eq!(begun.elapsed(), LONG, "it did not wait for the other one");
    closed(&engine, "y").await;
}
