//! Writes that take effect after whoever asked for them has given up.

use crate::durable::{
    basics::{Tower, TowerServices},
    fleet::LEASE,
    world::World,
};
use std::time::Duration;
use tokio::time::timeout;
use typed_saga::engine::{Engine, Memory, ReadStore, SagaId, Store, for_stores::NewSaga};
use typed_saga_conformance::Faulty;

/// One saga that was ordered, run by a worker of which one write takes effect late. Gives how many
/// writes there were.
async fn run(write: u64) -> u64 {
    let (store, world) = (Memory::shared(), World::default());
    let saga = SagaId::new("Tower", "t");
    let new = NewSaga {
        saga: saga.clone(),
        input: r#"{"height":4}"#.into(),
        fingerprint: 7,
        due: None,
    };
    store.create(None, new, None).await.unwrap();
    let late = Faulty::new(store.clone()).late(write..write + 1, Duration::from_secs(2));
    let services = TowerServices {
        world: world.clone(),
    };
    let builder = Engine::builder(late.clone()).register::<Tower>(services);
    let engine = builder.lease(LEASE).start().await.unwrap();
    let handle = engine.handle::<Tower>("t").await.unwrap();
    let outcome = timeout(Duration::from_secs(120), handle.outcome()).await;
    let outcome = outcome.unwrap_or_else(|_| panic!("write {write}: it stands still"));
    assert_eq!(outcome.unwrap().into_result().unwrap(), 42, "write {write}");
    assert_eq!(world.calls(), "+base +wall +roof", "write {write}");
    let row = store.load(saga).await.unwrap().unwrap().row;
    assert_eq!(row.claimed, None, "write {write}");
    drop(engine.shutdown(LEASE).await);
    late.writes()
}

#[tokio::test(start_paused = true)]
async fn whichever_write_is_done_late_nothing_is_lost_or_done_twice() {
    let writes = run(u64::MAX - 1).await;
    assert!(writes > 5, "there are {writes} writes");
    // The first two open the store and register the saga.
    for write in 2..writes {
        run(write).await;
    }
}
