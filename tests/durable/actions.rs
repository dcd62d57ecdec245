//! Parked and stuck sagas, and the people who look after them.

use crate::durable::{
    basics::{Tower, TowerServices},
    world::{Trouble, World},
};
use std::time::Duration;
use typed_saga::{
    Completeness, Verdict,
    engine::{
        Action, Attribution, DurableOutcome, Engine, EngineError, Memory, NoOutput, SagaId,
        Settled, State,
    },
    runtime::Cancel,
    saga,
};

saga! {
    /// Something that may fail to be undone, and something that is asked for.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Bridge() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step left(world, key) -> u32 { world.call("+left", key)?; Ok(1) }
            #[retry(2, 1s..2s)]
            compensate(world, left, key) { let _ = left; world.call("-left", key) }

        #[late(3s)]
        step right(world, left, key) -> u32 { world.call("+right", key)?; Ok(left + 1) }
            #[retry(2, 1s..2s)]
            resolve(world, key) { world.call("?right", key)?; Ok(None) }
            #[retry(2, 1s..2s)]
            compensate(world, right, key) { let _ = right; world.call("-right", key) }

        #[idempotent]
        pivot open(world, right, key) -> u32 { world.call("+open", key)?; Ok(right + 1) }

        open
    }
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let world = world.clone();
    let builder = Engine::builder(store.clone())
        .register::<Bridge>(BridgeServices {
            world: world.clone(),
        })
        .register::<Tower>(TowerServices { world });
    builder.start().await.unwrap()
}

fn no(why: &'static str) -> Trouble {
    Trouble(Verdict::Refused, why.into())
}

fn unknown(why: &'static str) -> Trouble {
    Trouble(Verdict::Unknown, why.into())
}

fn somebody() -> Attribution {
    Attribution::new("ada", "looked at it")
}

/// A saga that is parked since `left` could not be undone.
async fn parked(engine: &Engine, world: &World) {
    world.fails("+open", no("closed"));
    world.fails("-left", no("stuck"));
    world.fails("-left", no("still stuck"));
    let handle = engine.submit("b", Bridge {}).await.unwrap();
    let DurableOutcome::Parked(parked) = handle.outcome().await.unwrap() else {
        panic!("it is parked");
    };
    assert_eq!(
        parked.to_string(),
        "step `open` failed: closed; parked, still applied: `left`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_parked_saga_is_resumed() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    parked(&engine, &world).await;
    let plan = engine.plan::<Bridge>("b", &Action::Resume).await.unwrap();
    assert_eq!(
        plan.to_string(),
        "`left`: compensation\nthen it is compensated"
    );
    assert_eq!(world.calls(), "+left +right +open -right -left -left");
    engine.resume::<Bridge>("b", somebody()).await.unwrap();
    let handle = engine.handle::<Bridge>("b").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(world.standing(), [""; 0]);
    let history = engine.history(&SagaId::new("Bridge", "b")).await.unwrap();
    let resumed = history
        .iter()
        .find(|entry| entry.record.by.is_some())
        .unwrap();
    assert_eq!(resumed.record.by.as_deref(), Some("ada"));
    assert_eq!(resumed.record.why.as_deref(), Some("looked at it"));
    let again = engine.resume::<Bridge>("b", somebody()).await;
    assert!(
        matches!(again, Err(EngineError::Refused { .. })),
        "{again:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_question_mark_keeps_a_parked_saga() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    world.fails("+open", no("closed"));
    world.fails("-left", no("stuck"));
    world.fails("-left", no("still stuck"));
    let cross = async || -> anyhow::Result<u32> {
        let handle = engine.submit("b", Bridge {}).await?;
        Ok(handle.outcome().await?.into_result()?)
    };
    let error = cross().await.unwrap_err();
    let error = error.downcast::<NoOutput<Bridge>>().unwrap();
    let parked = error.into_parked().unwrap();
    assert_eq!(*parked.saga(), SagaId::new("Bridge", "b"));
    let Completeness::Parked(unsettled) = parked.error().completeness() else {
        panic!("{parked:?}");
    };
    assert_eq!(unsettled.still_applied, ["left"]);

    let handle = parked.resume(somebody()).await.unwrap();
    let error = handle.outcome().await.unwrap().into_result().unwrap_err();
    let error = error.into_parked().expect_err("it is parked no more");
    assert!(matches!(error.outcome(), DurableOutcome::Compensated(_)));
    assert_eq!(world.standing(), [""; 0]);
    let again = parked.resume(somebody()).await;
    assert!(
        matches!(again, Err(EngineError::Refused { .. })),
        "{again:?}"
    );
}

/// A handle that has reported that the saga is parked reports what became of it since, wherever that
/// was.
#[tokio::test(start_paused = true)]
async fn a_handle_reports_what_another_worker_has_made_of_a_parked_saga() {
    let (store, world) = (Memory::shared(), World::default());
    let (one, two) = (engine(&store, &world).await, engine(&store, &world).await);
    world.fails("+open", no("closed"));
    world.fails("-left", no("stuck"));
    world.fails("-left", no("still stuck"));
    let handle = one.submit("b", Bridge {}).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");
    two.abandon::<Bridge>("b", somebody()).await.unwrap();
    for outcome in [handle.outcome().await, handle.finished().await] {
        let outcome = outcome.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Abandoned { .. }),
            "{outcome:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_waits_for_a_parked_saga_that_another_worker_resumes() {
    let (store, world) = (Memory::shared(), World::default());
    let (one, two) = (engine(&store, &world).await, engine(&store, &world).await);
    world.fails("+open", no("closed"));
    for _ in 0..4 {
        world.fails("-left", no("stuck"));
    }
    let handle = one.submit("b", Bridge {}).await.unwrap();
    let first = handle.outcome().await.unwrap();
    let second = handle.outcome().await.unwrap();
    let errors = [first.error().unwrap(), second.error().unwrap()];
    assert!(
        std::ptr::eq(errors[0], errors[1]),
        "while it stays parked, its error is returned by value"
    );
    two.resume::<Bridge>("b", somebody()).await.unwrap();
    let DurableOutcome::Parked(parked) = handle.finished().await.unwrap() else {
        panic!("it is parked again");
    };
    two.resume::<Bridge>("b", somebody()).await.unwrap();
    for outcome in [handle.outcome().await, handle.finished().await] {
        let outcome = outcome.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Compensated(_)),
            "{outcome:?}"
        );
    }
    let again = parked.resume(somebody()).await;
    assert!(
        matches!(again, Err(EngineError::Refused { .. })),
        "{again:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_stands_is_undone_by_hand() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    parked(&engine, &world).await;
    let undone = || Settled::Undone;
    let wrong = engine
        .settle::<Bridge>("b", "rigth", undone(), somebody())
        .await;
    assert!(
        matches!(wrong, Err(EngineError::NoStep { .. })),
        "{wrong:?}"
    );
    let wrong = engine
        .settle::<Bridge>("b", "right", undone(), somebody())
        .await;
    assert!(
        matches!(wrong, Err(EngineError::Refused { .. })),
        "{wrong:?}"
    );
    engine
        .settle::<Bridge>("b", "left", undone(), somebody())
        .await
        .unwrap();
    engine.resume::<Bridge>("b", somebody()).await.unwrap();
    let handle = engine.handle::<Bridge>("b").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(world.calls(), "+left +right +open -right -left -left");
}

#[tokio::test(start_paused = true)]
async fn what_is_in_doubt_is_settled_by_hand_with_its_effect() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    world.fails("+right", unknown("lost"));
    for _ in 0..2 {
        world.fails("?right", Trouble(Verdict::Transient, "busy".into()));
    }
    let handle = engine.submit("b", Bridge {}).await.unwrap();
    let DurableOutcome::Parked(parked) = handle.outcome().await.unwrap() else {
        panic!("it is parked");
    };
    assert_eq!(
        parked.to_string(),
        "step `right` failed: lost; parked, still applied: `left`, in doubt: `right`"
    );
    let text = Settled::applied(&"two").unwrap();
    let wrong = engine
        .settle::<Bridge>("b", "right", text, somebody())
        .await;
    assert!(
        matches!(wrong, Err(EngineError::NoEffect { .. })),
        "{wrong:?}"
    );
    let two = Settled::applied(&2).unwrap();
    engine
        .settle::<Bridge>("b", "right", two, somebody())
        .await
        .unwrap();
    engine.resume::<Bridge>("b", somebody()).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert!(world.calls().ends_with("-right -left"), "{}", world.calls());
}

#[tokio::test(start_paused = true)]
async fn a_parked_saga_is_abandoned_for_good() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    parked(&engine, &world).await;
    engine.abandon::<Bridge>("b", somebody()).await.unwrap();
    let handle = engine.handle::<Bridge>("b").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Abandoned { .. }),
        "{outcome:?}"
    );
    assert_eq!(handle.status().await.unwrap().row.state, State::Abandoned);
    let resumed = engine.resume::<Bridge>("b", somebody()).await;
    assert!(
        matches!(resumed, Err(EngineError::Refused { .. })),
        "{resumed:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn only_a_parked_saga_is_abandoned_or_resumed() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    let handle = engine.submit("t", Tower { height: 1 }).await.unwrap();
    drop(handle.outcome().await.unwrap());
    for action in [Action::Abandon, Action::Resume] {
        let refused = engine.act::<Tower>("t", action, somebody()).await;
        assert!(
            matches!(refused, Err(EngineError::Refused { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_compensation_that_is_tried_for_ever_is_undone_by_hand() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    world.fails("+roof", no("rain"));
    for _ in 0..200 {
        world.fails("-base", Trouble(Verdict::Transient, "stuck".into()));
    }
    let handle = engine.submit("t", Tower { height: 1 }).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let why = handle.status().await.unwrap().why;
    assert!(
        why.starts_with("stuck: the compensation of `base` has failed"),
        "{why}"
    );
    let undone = engine.settle::<Tower>("t", "base", Settled::Undone, somebody());
    undone.await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_sleeps_is_cancelled() {
    let (store, world) = (Memory::new(), World::default());
    let engine = Engine::builder(store.clone())
        .register::<Tower>(TowerServices {
            world: world.clone(),
        })
        .unload_after(Duration::from_millis(1))
        .start()
        .await
        .unwrap();
    world.fails("+wall", Trouble(Verdict::Transient, "later".into()));
    let handle = engine.submit("t", Tower { height: 1 }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(handle.status().await.unwrap().row.state, State::Waiting);
    assert_eq!(handle.cancel().await.unwrap(), Cancel::Accepted);
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(world.calls(), "+base +wall -base");
    assert_eq!(handle.cancel().await.unwrap(), Cancel::TooLate);
}
