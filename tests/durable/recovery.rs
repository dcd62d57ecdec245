//! What one engine began, the next one ends.

use crate::durable::{
    basics::{Tower, TowerServices},
    world::{Trouble, World},
};
use std::time::Duration;
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, EngineError, Memory, State},
};

async fn engine(store: &Memory, world: &World) -> Engine {
    let services = TowerServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<Tower>(services);
    builder.start().await.unwrap()
}

fn later() -> Trouble {
    Trouble(Verdict::Transient, "later".into())
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_waits_goes_on_with_the_next_engine() {
    let (store, world) = (Memory::new(), World::default());
    let first = engine(&store, &world).await;
    world.fails("+wall", later());
    let handle = first.submit("t", Tower { height: 4 }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(world.calls(), "+base +wall");
    assert_eq!(first.shutdown(Duration::from_secs(1)).await, []);
    let stopped = handle.outcome().await;
    assert!(
        matches!(stopped, Err(EngineError::Stopped { .. })),
        "{stopped:?}"
    );

    let second = engine(&store, &world).await;
    let handle = second.handle::<Tower>("t").await.unwrap();
    assert_eq!(handle.outcome().await.unwrap().into_result().unwrap(), 42);
    assert_eq!(world.calls(), "+base +wall +wall +roof");
}

#[tokio::test(start_paused = true)]
async fn a_second_engine_fences_the_first() {
    let (store, world) = (Memory::new(), World::default());
    let first = engine(&store, &world).await;
    world.fails("+wall", later());
    let handle = first.submit("t", Tower { height: 4 }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let second = engine(&store, &world).await;
    let stopped = handle.outcome().await;
    assert!(
        matches!(stopped, Err(EngineError::Stopped { reason: Some(_) })),
        "{stopped:?}"
    );
    let refused = first.submit("u", Tower { height: 4 }).await;
    assert!(
        matches!(refused, Err(EngineError::Stopped { .. })),
        "{refused:?}"
    );
    let handle = second.handle::<Tower>("t").await.unwrap();
    assert_eq!(handle.outcome().await.unwrap().into_result().unwrap(), 42);
    // Whichever engine made the second attempt: one of them was recorded.
    assert_eq!(world.standing(), ["base", "roof", "wall"]);
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_takes_no_slot() {
    let (store, world) = (Memory::new(), World::default());
    let services = TowerServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<Tower>(services);
    let builder = builder.max_active(1).unload_after(Duration::from_millis(1));
    let engine = builder.start().await.unwrap();
    world.fails("+wall", later());
    let sleeper = engine.submit("a", Tower { height: 1 }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(sleeper.status().await.unwrap().row.state, State::Waiting);
    let other = engine.submit("b", Tower { height: 2 }).await.unwrap();
    assert_eq!(other.outcome().await.unwrap().into_result().unwrap(), 22);
    assert_eq!(sleeper.outcome().await.unwrap().into_result().unwrap(), 12);
}

#[tokio::test(start_paused = true)]
async fn more_sagas_than_slots_all_end() {
    let (store, world) = (Memory::new(), World::default());
    let services = TowerServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<Tower>(services);
    let engine = builder.max_active(3).start().await.unwrap();
    let mut handles = Vec::new();
    for height in 0..50 {
        let id = format!("t-{height}");
        handles.push(engine.submit(id, Tower { height }).await.unwrap());
    }
    for (height, handle) in (0..50).zip(handles) {
        let output = handle.outcome().await.unwrap().into_result().unwrap();
        assert_eq!(output, height * 10 + 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_holds_across_engines() {
    let (store, world) = (Memory::new(), World::default());
    let first = engine(&store, &world).await;
    world.fails("+wall", later());
    let submit = first.submit("t", Tower { height: 4 });
    drop(submit.deadline(Duration::from_millis(100)).await.unwrap());
    tokio::time::sleep(Duration::from_millis(1)).await;
    drop(first.shutdown(Duration::from_secs(1)).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let second = engine(&store, &world).await;
    let handle = second.handle::<Tower>("t").await.unwrap();
    let DurableOutcome::Compensated(error) = handle.outcome().await.unwrap() else {
        panic!("it is compensated");
    };
    assert_eq!(
        error.to_string(),
        "the saga exceeded its deadline; everything before it was undone"
    );
}
