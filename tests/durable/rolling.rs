//! Two versions of a saga on one store, as in a rolling deployment.

use crate::durable::{
    fleet::{LEASE, MOMENT, later},
    store::Troubled,
    world::World,
};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use typed_saga::engine::{DurableOutcome, Engine, Filter, Memory, ReadStore, SagaId, Store};
use typed_saga_conformance::Faulty;

macro_rules! version {
    ($version:ident, $step:ident) => {
        mod $version {
            use crate::durable::world::{Trouble, World};
            use typed_saga::saga;

            saga! {
                #[classify(Trouble::verdict)]
                #[timeout(5s)]
                pub(super) durable saga Mast() with (world: World) -> Result<(), Trouble> {
                    #[idempotent] #[retry(9, 1s..1s, jitter = false)]
                    step $step(world, key) -> u32 { world.call("+mast", key)?; Ok(1) }
                        compensate(world, $step, key) { let _ = $step; world.call("-mast", key) }
                }
            }
        }
    };
}

version! { old, pole }
version! { new, spar }

async fn old_worker(store: &Memory, world: &World) -> Engine {
    let services = old::MastServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<old::Mast>(services);
    builder.lease(LEASE).name("old").start().await.unwrap()
}

async fn new_worker(store: impl Store, world: &World) -> Engine {
    let services = new::MastServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store).register::<new::Mast>(services);
    builder.lease(LEASE).name("new").start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_worker_claims_its_own_version_first() {
    let (store, world) = (Memory::shared(), World::default());
    let one = old_worker(&store, &world).await;
    world.fails("+mast", later());
    drop(one.submit("m", old::Mast {}).await.unwrap());
    sleep(MOMENT).await;
    // Both could claim what the first one leaves; only those of its version can read it.
    let newer = new_worker(store.clone(), &world).await;
    let same = old_worker(&store, &world).await;
    assert_eq!(one.shutdown(MOMENT).await, []);
    let handle = same.handle::<old::Mast>("m").await.unwrap();
    let outcome = timeout(Duration::from_secs(60), handle.outcome()).await;
    let outcome = outcome.expect("it goes on").unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(())),
        "{outcome:?}"
    );
    assert_eq!(newer.unreadable().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_one_version_cannot_read_waits_for_another() {
    let (store, world) = (Memory::shared(), World::default());
    let one = old_worker(&store, &world).await;
    world.fails("+mast", later());
    drop(one.submit("m", old::Mast {}).await.unwrap());
    sleep(MOMENT).await;
    let newer = new_worker(store.clone(), &world).await;
    assert_eq!(one.shutdown(MOMENT).await, []);
    sleep(Duration::from_secs(60)).await;
    let listed = newer.unreadable();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(world.calls(), "+mast");
    let row = store
        .load(SagaId::new("Mast", "m"))
        .await
        .unwrap()
        .unwrap()
        .row;
    assert_eq!(row.claimed, None, "it is released");
    // It starves nobody.
    let other = newer.submit("n", new::Mast {}).await.unwrap();
    let outcome = other.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(())),
        "{outcome:?}"
    );

    let again = old_worker(&store, &world).await;
    let handle = again.handle::<old::Mast>("m").await.unwrap();
    let outcome = timeout(Duration::from_secs(60), handle.outcome()).await;
    let outcome = outcome.expect("it goes on").unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(())),
        "{outcome:?}"
    );
    let told = newer
        .handle::<new::Mast>("m")
        .await
        .unwrap()
        .outcome()
        .await;
    assert!(
        matches!(told, Ok(DurableOutcome::Completed(()))),
        "{told:?}"
    );
}

/// Whichever write of the worker that cannot read the saga fails, the worker does not keep it.
#[tokio::test(start_paused = true)]
async fn what_one_version_cannot_read_is_released_though_the_store_was_away() {
    for write in 2..8 {
        let (store, world) = (Memory::shared(), World::default());
        let one = old_worker(&store, &world).await;
        world.fails("+mast", later());
        drop(one.submit("m", old::Mast {}).await.unwrap());
        sleep(MOMENT).await;
        let faulty = Faulty::new(store.clone()).unavailable(write..write + 2);
        let newer = new_worker(faulty, &world).await;
        assert_eq!(one.shutdown(MOMENT).await, []);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(newer.unreadable().len(), 1, "write {write}");
        let stored = store.load(SagaId::new("Mast", "m")).await.unwrap();
        assert_eq!(stored.unwrap().row.claimed, None, "write {write}");

        let again = old_worker(&store, &world).await;
        let handle = again.handle::<old::Mast>("m").await.unwrap();
        let outcome = timeout(Duration::from_secs(60), handle.outcome()).await;
        let outcome = outcome.expect("it goes on").unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Completed(())),
            "{outcome:?}"
        );
    }
}

/// Between the list and the look, which may take long.
#[tokio::test(start_paused = true)]
async fn what_has_ended_since_it_was_listed_is_left_alone() {
    let (store, world) = (Memory::shared(), World::default());
    let one = old_worker(&store, &world).await;
    world.fails("+mast", later());
    drop(one.submit("m", old::Mast {}).await.unwrap());
    sleep(MOMENT).await;
    assert_eq!(one.shutdown(MOMENT).await, []);
    let mut slow = Troubled::new(&store);
    slow.late_list = Duration::from_secs(30);
    let newer = new_worker(slow, &world).await;
    let same = old_worker(&store, &world).await;
    let handle = same.handle::<old::Mast>("m").await.unwrap();
    let outcome = timeout(Duration::from_secs(20), handle.outcome()).await;
    let outcome = outcome.expect("it goes on").unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(())),
        "{outcome:?}"
    );
    sleep(Duration::from_secs(120)).await;
    assert_eq!(newer.unreadable().len(), 0);
    let row = &store.list(Filter::default()).await.unwrap()[0];
    assert_eq!((&row.unreadable, row.claimed), (&None, None));
}
