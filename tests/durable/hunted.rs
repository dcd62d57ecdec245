//! Regressions: sagas that are unloaded, claims, and operators who do not wait for the answer.

mod claimed;
mod restarts;

use crate::durable::store::Troubled;
use crate::durable::{
    basics::{Tower, TowerServices},
    world::{Trouble, World},
};
use serde::{Deserialize, Serialize};
use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::time::{sleep, timeout};
use typed_saga::{
    Key, Verdict,
    engine::{
        Attribution, Builder, DurableOutcome, Engine, Memory, SagaId, Settled, State, Store,
        for_logs::record::RecordKind,
    },
    runtime::Cancel,
    saga,
};

impl World {
    async fn slow(&self, call: &'static str, key: &Key) -> Result<(), Trouble> {
        sleep(Duration::from_secs(3)).await;
        self.call(call, key)
    }
}

saga! {
    /// A sibling that waits long while another one follows a third.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Trio() with (world: World) -> Result<u32, Trouble> {
        concurrent {
            #[retry(2, 3600s..3600s, jitter = false)] #[idempotent]
            step late(world, key) -> u32 { world.call("+late", key)?; Ok(1) }
                compensate(world, key) { world.call("-late", key) }
            #[idempotent]
            step first(world, key) -> u32 { world.call("+first", key)?; Ok(2) }
                compensate(world, key) { world.call("-first", key) }
            #[idempotent]
            step second(world, first, key) -> u32 { world.call("+second", key)?; Ok(first + 1) }
                compensate(world, key) { world.call("-second", key) }
        }

        late + second
    }

    /// Waits long, going forward and back.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Loan() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step lent(world, key) -> u32 { world.call("+lent", key)?; Ok(1) }
            #[retry(5, 3600s..3600s, jitter = false)]
            compensate(world, key) { world.call("-lent", key) }

        #[retry(5, 3600s..3600s, jitter = false)] #[idempotent]
        step paid(world, lent, key) -> u32 { world.call("+paid", key)?; Ok(lent + 1) }
            compensate(world, key) { world.call("-paid", key) }

        paid
    }

    /// Waits a little, and then long.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Rent() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step moved(world, key) -> u32 { world.call("+moved", key)?; Ok(1) }
            #[retry(5, 3600s..3600s, jitter = false)]
            compensate(world, key) { world.call("-moved", key) }

        #[retry(5, 5s..5s, jitter = false)] #[idempotent]
        step paid(world, moved, key) -> u32 { world.call("+paid", key)?; Ok(moved + 1) }
            compensate(world, key) { world.call("-paid", key) }

        paid
    }

    /// An effect that panics when it is dropped, once.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Loud() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step heard(world, key) -> Bang { world.call("+heard", key)?; Ok(Bang) }
            compensate(world, key) { world.call("-heard", key) }

        #[idempotent]
        step done(world, heard, key) -> u32 {
            let _ = heard;
            world.call("+done", key)?;
            Ok(1)
        }
            compensate(world, key) { world.call("-done", key) }

        done
    }

    /// Takes its time.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Ferry() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step over(world, key) -> u32 { world.slow("+over", key).await?; Ok(1) }
            compensate(world, key) { world.slow("-over", key).await }

        #[idempotent]
        step back(world, over, key) -> u32 { world.slow("+back", key).await?; Ok(over + 1) }
            #[retry(2, 1s..1s, jitter = false)]
            compensate(world, key) { world.slow("-back", key).await }

        #[idempotent]
        step done(world, back, key) -> u32 { world.slow("+done", key).await?; Ok(back + 1) }
            compensate(world, key) { world.slow("-done", key).await }

        done
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Bang;

static BANGS: AtomicBool = AtomicBool::new(true);

impl Drop for Bang {
    fn drop(&mut self) {
        assert!(!BANGS.swap(false, Ordering::SeqCst), "bang");
    }
}

fn builder(store: impl Store, world: &World) -> Builder {
    let world = || world.clone();
    Engine::builder(store)
        .register::<Trio>(TrioServices { world: world() })
        .register::<Loan>(LoanServices { world: world() })
        .register::<Rent>(RentServices { world: world() })
        .register::<Loud>(LoudServices { world: world() })
        .register::<Ferry>(FerryServices { world: world() })
        .register::<Tower>(TowerServices { world: world() })
}

fn later() -> Trouble {
    Trouble(Verdict::Transient, "later".into())
}

fn ada() -> Attribution {
    Attribution::new("ada", "asked")
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), what)
        .await
        .expect("it does not hang")
}

/// How often a record is there.
async fn count(engine: &Engine, saga: &'static str, id: &str, what: RecordKind) -> usize {
    let history = engine.history(&SagaId::new(saga, id)).await.unwrap();
    history
        .iter()
        .filter(|entry| entry.record.what == what)
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_about_to_start_is_not_slept_over() {
    let (store, world) = (Memory::new(), World::default());
    let engine = builder(store, &world).start().await.unwrap();
    world.fails("+late", later());
    let handle = engine.submit("t", Trio {}).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.calls(), "+late +first +second");
    assert_eq!(handle.status().await.unwrap().row.state, State::Waiting);
    assert_eq!(handle.outcome().await.unwrap().into_result().unwrap(), 4);
    assert_eq!(count(&engine, "Trio", "t", RecordKind::Lost).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_a_cancel_ends_is_not_slept_on() {
    let (store, world) = (Memory::new(), World::default());
    let engine = builder(store, &world).start().await.unwrap();
    world.fails("+paid", later());
    let handle = engine.submit("l", Loan {}).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(handle.status().await.unwrap().row.state, State::Waiting);
    assert_eq!(handle.cancel().await.unwrap(), Cancel::Accepted);
    let outcome = soon(handle.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(count(&engine, "Loan", "l", RecordKind::Lost).await, 0);
}

/// Else it would hold its slot all the time.
#[tokio::test(start_paused = true)]
async fn a_saga_whose_deadline_has_passed_sleeps_as_others_do() {
    let (store, world) = (Memory::new(), World::default());
    let engine = builder(store, &world).max_active(1).start().await.unwrap();
    world.fails("+paid", later());
    world.fails("-lent", later());
    world.fails("-lent", later());
    let loan = engine
        .submit("l", Loan {})
        .deadline(Duration::from_secs(60));
    let loan = loan.await.unwrap();
    for _ in 0..2 {
        sleep(Duration::from_secs(3000)).await;
        let status = loan.status().await.unwrap();
        assert_eq!(status.row.state, State::Waiting, "{}", status.why);
        sleep(Duration::from_secs(600)).await;
    }
    let outcome = loan.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(world.calls(), "+lent +paid -lent -lent -lent");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_a_cancel_ended_does_not_keep_others_awake() {
    let (store, world) = (Memory::new(), World::default());
    let engine = builder(store, &world).start().await.unwrap();
    world.fails("+paid", later());
    world.fails("-moved", later());
    let handle = engine.submit("r", Rent {}).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(handle.cancel().await.unwrap(), Cancel::Accepted);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(handle.status().await.unwrap().row.state, State::Waiting);
}

#[tokio::test(start_paused = true)]
async fn a_saga_whose_task_panics_is_taken_up_again() {
    let (store, world) = (Memory::new(), World::default());
    let engine = builder(store, &world).start().await.unwrap();
    world.fails("+done", Trouble(Verdict::Refused, "no".into()));
    let handle = engine.submit("l", Loud {}).await.unwrap();
    let outcome = soon(handle.outcome()).await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert!(world.standing().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_was_not_heard_of_is_made_good() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+paid", later());
    let engine = builder(store.clone(), &world).start().await.unwrap();
    drop(engine.submit("l", Loan {}).await.unwrap());
    sleep(Duration::from_secs(1)).await;
    engine.shutdown(Duration::from_secs(60)).await;
    let troubled = Troubled::new(&store);
    let engine = builder(troubled.clone(), &world).start().await.unwrap();
    troubled.claims.store(1, Ordering::SeqCst);
    let handle = engine.handle::<Loan>("l").await.unwrap();
    let outcome = timeout(Duration::from_secs(4000), handle.outcome());
    let outcome = outcome.await.expect("it is taken up").unwrap();
    assert_eq!(outcome.into_result().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_saga_goes_on_if_who_asks_does_not_wait() {
    let (store, world) = (Memory::new(), World::default());
    let engine = builder(store, &world).start().await.unwrap();
    let handle = engine.submit("f", Ferry {}).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    // The running call ends first.
    let settled = engine.settle::<Ferry>("f", "over", Settled::NotApplied, ada());
    let given_up = timeout(Duration::from_secs(1), settled).await;
    assert!(given_up.is_err(), "it waits for the call");
    assert_eq!(
        soon(handle.outcome()).await.unwrap().into_result().unwrap(),
        3
    );
    assert_eq!(world.calls(), "+over +back +done");
}

#[tokio::test(start_paused = true)]
async fn a_saga_goes_on_if_the_store_fails_whom_it_is_asked_by() {
    let (store, world) = (Troubled::new(&Memory::new()), World::default());
    let engine = builder(store.clone(), &world).start().await.unwrap();
    let handle = engine.submit("f", Ferry {}).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let settling = async {
        let settled = engine.settle::<Ferry>("f", "over", Settled::NotApplied, ada());
        assert!(settled.await.is_err());
    };
    let failing = async {
        sleep(Duration::from_secs(1)).await;
        store.loads.store(2, Ordering::SeqCst);
    };
    tokio::join!(settling, failing);
    assert_eq!(
        soon(handle.outcome()).await.unwrap().into_result().unwrap(),
        3
    );
}
