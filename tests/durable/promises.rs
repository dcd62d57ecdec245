//! `#[within]` on an engine: its deadline is recorded with the run.

use crate::durable::world::{Trouble, World};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use typed_saga::{
    Verdict,
    engine::{
        DurableOutcome, Engine, Memory, SagaId,
        for_logs::{Solo, SoloStep, Tape, record},
    },
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    #[within(10s)]
    durable saga Buy() with (world: World) -> Result<u32, Trouble> {
        #[idempotent] #[retry(3, 1h..1h, jitter = false)]
        step seat(world, key) -> u32 { world.call("+seat", key)?; Ok(1) }
            compensate(world, seat, key) { let _ = seat; world.call("-seat", key) }

        #[idempotent] #[retry(2, 1s..1s, jitter = false)]
        pivot pay(world, seat, key) -> u32 { world.call("+pay", key)?; Ok(*seat) }

        pay
    }
}

/// The saga as it was before it promised anything.
mod before {
    use super::{Trouble, World};

    typed_saga::saga! {
        #[classify(Trouble::verdict)]
        #[timeout(1s)]
        #[name = "Buy"]
        pub(super) durable saga Buys() with (world: World) -> Result<u32, Trouble> {
            #[idempotent] #[retry(3, 1h..1h, jitter = false)]
            step seat(world, key) -> u32 { world.call("+seat", key)?; Ok(1) }
                compensate(world, seat, key) { let _ = seat; world.call("-seat", key) }

            #[idempotent] #[retry(2, 1s..1s, jitter = false)]
            pivot pay(world, seat, key) -> u32 { world.call("+pay", key)?; Ok(*seat) }

            pay
        }
    }
}

fn busy(world: &World) {
    world.fails("+seat", Trouble(Verdict::Transient, "later".into()));
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let world = world.clone();
    let builder = Engine::builder(store.clone()).register::<Buy>(BuyServices { world });
    builder.start().await.unwrap()
}

/// How a purchase ends that the next engine goes on with after 2 seconds, and when.
async fn ended(limit: Option<Duration>) -> (String, Duration) {
    let (store, world) = (Memory::new(), World::default());
    let first = engine(&store, &world).await;
    busy(&world);
    let since = Instant::now();
    let submit = first.submit("b", Buy {});
    let submit = match limit {
        Some(limit) => submit.deadline(limit),
        None => submit,
    };
    drop(submit.await.unwrap());
    sleep(Duration::from_secs(1)).await;
    drop(first.shutdown(Duration::from_secs(1)).await);
    sleep(Duration::from_secs(1)).await;
    let second = engine(&store, &world).await;
    let handle = second.handle::<Buy>("b").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    let DurableOutcome::Compensated(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(world.standing(), [""; 0]);
    (error.to_string(), since.elapsed())
}

#[tokio::test(start_paused = true)]
async fn its_deadline_holds_across_engines_and_the_earlier_one_wins() {
    // The pivot may take two attempts and the wait between them.
    assert_eq!(Buy::DEFINITION.deadline, Some(Duration::from_secs(7)));
    for (limit, seconds) in [(None, 7), (Some(4), 4), (Some(3600), 7)] {
        let (error, at) = ended(limit.map(Duration::from_secs)).await;
        assert!(error.contains("exceeded its deadline"), "{error}");
        // The store in memory does not see the 2 seconds in which no engine ran.
        let most = Duration::from_secs(seconds + 2);
        assert!(Duration::from_secs(seconds) <= at && at <= most, "{at:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_submitted_by_name_has_it_too() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    busy(&world);
    let id = SagaId::new("Buy", "b");
    engine.downgrade().submit_json(id, "{}").await.unwrap();
    let handle = engine.handle::<Buy>("b").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_began_before_the_promise_has_no_deadline() {
    let (store, world) = (Memory::new(), World::default());
    assert_eq!(
        before::Buys::DEFINITION.fingerprint(),
        Buy::DEFINITION.fingerprint()
    );
    let services = before::BuysServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<before::Buys>(services);
    let first = builder.start().await.unwrap();
    busy(&world);
    drop(first.submit("b", before::Buys {}).await.unwrap());
    sleep(Duration::from_secs(1)).await;
    drop(first.shutdown(Duration::from_secs(1)).await);
    let second = engine(&store, &world).await;
    let handle = second.handle::<Buy>("b").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(1)),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn without_an_engine_it_is_on_record_as_well() {
    let world = World::default();
    let solo: Solo<Buy> = Solo::new(BuyServices { world });
    for limit in [None, Some(Duration::from_secs(3600))] {
        let mut run = solo.begin("b", "{}", limit).unwrap();
        let SoloStep::Write(written) = run.step().await.unwrap() else {
            panic!("it was not asked to release")
        };
        let tape = Tape::begin(SagaId::new("Buy", "b"), &written).unwrap();
        let records = record::decode(&tape.stored().commits[0].records).unwrap();
        assert!(records[0].deadline.is_some());
    }
}
