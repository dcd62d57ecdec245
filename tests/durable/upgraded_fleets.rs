//! What a switch costs.

use crate::durable::{
    releases::version,
    upgraded::{LATER, MOMENT, left, records},
    world::World,
};
use std::time::Duration;
use tokio::time::sleep;
use typed_saga::engine::{DurableOutcome, Engine, Memory};
use typed_saga_conformance::Faulty;

version! { waits
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[savepoint(3, 1m..1m, jitter = false)] #[idempotent] #[retry(9, 1d..1d, jitter = false)]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) }
            compensate(world, key) { world.call("-a", key) }
        #[timeout(never)] signal go -> bool;
        { let _ = (a, go); }
    }
}

version! { waits_with_fewer
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[savepoint(2, 1m..1m, jitter = false)] #[idempotent] #[retry(2, 1d..1d, jitter = false)]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) }
            compensate(world, key) { world.call("-a", key) }
        #[timeout(never)] signal go -> bool;
        { let _ = (a, go); }
    }
}

/// Whether it waits for a signal, or for its next attempt.
#[tokio::test(start_paused = true)]
async fn a_run_that_only_waits_costs_no_write() {
    for fails in [false, true] {
        let (store, world) = (Memory::new(), World::default());
        if fails {
            world.fails("+a", LATER);
        }
        let services = waits::OrderServices {
            world: world.clone(),
        };
        left(store.clone(), (waits::Order {}, services), MOMENT).await;
        let before = records(&store).await;

        let faulty = Faulty::new(store.clone());
        let services = waits_with_fewer::OrderServices {
            world: world.clone(),
        };
        let builder = Engine::builder(faulty.clone());
        let engine = builder.register::<waits_with_fewer::Order>(services);
        let engine = engine.start().await.unwrap();
        // A minute of an engine that has a run which waits.
        sleep(Duration::from_secs(60)).await;
        let handle = engine.handle::<waits_with_fewer::Order>("o").await.unwrap();
        let now = records(&store).await;
        assert_eq!(format!("{now:?}"), format!("{before:?}"), "{fails}");

        let signal = waits_with_fewer::OrderSignal::Go(true);
        engine
            .signal::<waits_with_fewer::Order>("o", signal)
            .await
            .unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Completed(())),
            "{outcome:?}"
        );
        let records = records(&store).await;
        let switches = records.iter().filter(|record| record.from_here);
        assert_eq!(switches.count(), 1, "{records:?}");
    }
}
