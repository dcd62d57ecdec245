//! A saga that an engine has claimed is at hand, or is taken up, or released: else it waits for the
//! next process.

use super::{Ferry, Loan, Rent, ada, builder, later, soon};
use crate::durable::cut::answer_to;
use crate::durable::{store::Troubled, world::World};
use std::{sync::atomic::Ordering, time::Duration};
use tokio::time::{sleep, timeout};
use typed_saga::engine::{
    Action, DurableOutcome, Engine, Filter, Memory, ReadStore, Row, SagaId, Settled, State, Time,
    for_operators::{Answer, Request},
};
use typed_saga_conformance::Faulty;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// A loan that waits for an hour.
async fn loan(engine: &Engine, world: &World) {
    world.fails("+paid", later());
    drop(engine.submit("l", Loan {}).await.unwrap());
    sleep(SECOND).await;
    assert_eq!(state(engine).await, State::Waiting);
}

async fn state(engine: &Engine) -> State {
    let status = engine.status(&SagaId::new("Loan", "l")).await;
    status.unwrap().row.state
}

async fn is_paid(engine: &Engine) {
    let handle = engine.handle::<Loan>("l").await.unwrap();
    let outcome = timeout(HOUR * 2, handle.outcome()).await;
    let outcome = outcome.expect("it is taken up").unwrap();
    assert_eq!(outcome.into_result().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_saga_goes_on_that_was_released_for_a_claim_that_was_not_heard_of() {
    let (store, world) = (Troubled::new(&Memory::new()), World::default());
    let engine = builder(store.clone(), &world).start().await.unwrap();
    let handle = engine.submit("f", Ferry {}).await.unwrap();
    sleep(SECOND).await;
    store.claims.store(1, Ordering::SeqCst);
    let settled = engine.settle::<Ferry>("f", "over", Settled::NotApplied, ada());
    assert!(settled.await.is_err());
    assert_eq!(store.claims.load(Ordering::SeqCst), 0);
    let outcome = soon(handle.outcome()).await.unwrap();
    assert_eq!(outcome.into_result().unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_saga_is_cancelled_if_who_asks_does_not_wait_for_its_claim() {
    let (mut store, world) = (Troubled::new(&Memory::new()), World::default());
    let engine = builder(store.clone(), &world).start().await.unwrap();
    loan(&engine, &world).await;
    engine.shutdown(SECOND).await;
    store.late = SECOND;
    let engine = builder(store, &world).start().await.unwrap();
    let handle = engine.handle::<Loan>("l").await.unwrap();
    let given_up = timeout(SECOND / 2, handle.cancel()).await;
    assert!(given_up.is_err(), "it waits for the claim");
    let outcome = soon(handle.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_saga_goes_on_if_the_claim_of_who_cancels_it_is_not_heard_of() {
    let (store, world) = (Troubled::new(&Memory::new()), World::default());
    let engine = builder(store.clone(), &world).start().await.unwrap();
    loan(&engine, &world).await;
    store.claims.store(1, Ordering::SeqCst);
    let handle = engine.handle::<Loan>("l").await.unwrap();
    assert!(handle.cancel().await.is_err());
    is_paid(&engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_saga_goes_on_that_was_asked_something_while_it_was_released() {
    let (mut store, world) = (Troubled::new(&Memory::new()), World::default());
    store.late = SECOND * 5;
    let engine = builder(store.clone(), &world).start().await.unwrap();
    world.fails("+paid", later());
    drop(engine.submit("l", Loan {}).await.unwrap());
    while state(&engine).await != State::Waiting {
        sleep(SECOND / 10).await;
    }
    // That it waits is on record, and its task does not know that yet.
    let resume = Request {
        action: Action::Resume,
        who: ada(),
    };
    let text = serde_json::to_string(&resume).unwrap();
    let saga = SagaId::new("Loan", "l");
    let number = store.send(saga, text, Time(0)).await.unwrap();
    sleep(SECOND).await;
    let answer = answer_to(&store, number).await;
    let answer = serde_json::from_str::<Answer>(&answer.expect("it was asked")).unwrap();
    assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
    is_paid(&engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_saga_goes_on_whose_claim_was_not_heard_of_while_it_was_released() {
    let (mut store, world) = (Troubled::new(&Memory::new()), World::default());
    store.late = SECOND * 20;
    let builder = builder(store.clone(), &world).unload_after(SECOND);
    let engine = builder.start().await.unwrap();
    world.fails("+paid", later());
    store.claims.store(1, Ordering::SeqCst);
    // It waits for five seconds, so it is due before its task knows that it may let it go.
    let handle = engine.submit("r", Rent {}).await.unwrap();
    let outcome = timeout(HOUR, handle.outcome()).await;
    let outcome = outcome.expect("it is taken up").unwrap();
    assert_eq!(outcome.into_result().unwrap(), 2);
    assert_eq!(store.claims.load(Ordering::SeqCst), 0);
}

/// Whether or not it is submitted again.
#[tokio::test(start_paused = true)]
async fn a_saga_runs_once_whose_creation_was_not_heard_of() {
    let opening = {
        let store = Faulty::new(Memory::new());
        let started = builder(store.clone(), &World::default()).start().await;
        drop(started.unwrap());
        store.writes()
    };
    for again in [false, true] {
        let world = World::default();
        let store = Faulty::new(Memory::new()).unheard(opening..opening + 1);
        let engine = builder(store, &world).start().await.unwrap();
        assert!(engine.submit("f", Ferry {}).await.is_err());
        if again {
            drop(engine.submit("f", Ferry {}).await.unwrap());
        }
        let handle = engine.handle::<Ferry>("f").await.unwrap();
        let outcome = soon(handle.outcome()).await.unwrap();
        assert_eq!(outcome.into_result().unwrap(), 3);
        assert_eq!(world.calls(), "+over +back +done");
    }
}

/// Two sagas that wait, of which one is cancelled meanwhile. Nothing is asked for a second time, and
/// the engine does not look by itself.
async fn two_that_wait(store: Faulty<Memory>) -> Vec<Row> {
    let world = World::default();
    let engine = loop {
        let builder = builder(store.clone(), &world).unload_after(SECOND);
        match builder.inbox_interval(HOUR * 24).start().await {
            Ok(engine) => break engine,
            Err(_) => sleep(SECOND).await,
        }
    };
    for _ in 0..2 {
        world.fails("+paid", later());
    }
    drop(engine.submit("r", Rent {}).await);
    drop(engine.submit("l", Loan {}).await);
    sleep(SECOND * 3).await;
    if let Ok(handle) = engine.handle::<Loan>("l").await {
        drop(handle.cancel().await);
    }
    sleep(HOUR * 8).await;
    engine.list(Filter::default()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn no_saga_stays_claimed_whichever_write_is_lost() {
    let store = Faulty::new(Memory::new());
    assert_eq!(two_that_wait(store.clone()).await.len(), 2);
    let writes = store.writes();
    assert!(writes > 12, "{writes}");
    for write in 0..writes {
        for is_made in [false, true] {
            let store = Faulty::new(Memory::new());
            let store = if is_made {
                store.unheard(write..write + 1)
            } else {
                store.unavailable(write..write + 2)
            };
            for row in two_that_wait(store).await {
                assert!(
                    row.is_at_rest() && row.claimed.is_none(),
                    "write {write} of {writes}, made: {is_made}: {row:?}"
                );
            }
        }
    }
}
