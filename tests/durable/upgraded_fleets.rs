//! A fleet of workers, and what a switch costs.

use crate::durable::{
    releases::version,
    upgraded::{LATER, MOMENT, NO, ends, left, many_turns, records, two_turns},
    world::World,
};
use saga::engine::{
    DurableOutcome, Engine, Memory, Store, for_logs::record::RecordKind, for_stores::Worker,
};
use saga_conformance::Faulty;
use std::time::Duration;
use tokio::time::sleep;

/// A worker whose build of the library reads `redefined` as one that counts from the beginning: it
/// does not register what it reads.
async fn older(store: &Memory) -> saga::engine::for_stores::Epoch {
    let worker = Worker {
        name: "older".into(),
        lease: Duration::from_secs(86_400),
        runs: Vec::new(),
        after: None,
    };
    store.open(worker).await.unwrap().epoch
}

#[tokio::test(start_paused = true)]
async fn while_an_older_build_is_registered_the_counts_are_those_of_the_beginning() {
    for is_there in [true, false] {
        let (store, world) = (Memory::shared(), World::default());
        (0..9).for_each(|_| world.fails("+b", NO));
        let services = many_turns::OrderServices {
            world: world.clone(),
        };
        left(store.clone(), (many_turns::Order {}, services), MOMENT).await;
        let epoch = older(&store).await;
        if !is_there {
            store.close(epoch).await.unwrap();
        }
        let services = two_turns::OrderServices {
            world: world.clone(),
        };
        let outcome = ends::<two_turns::Order>(store.clone(), services).await;
        assert!(
            matches!(outcome, Ok(DurableOutcome::Compensated(_))),
            "{outcome:?}"
        );
        let records = records(&store).await;
        let switches: Vec<_> = records
            .iter()
            .filter(|record| record.what == RecordKind::Redefined)
            .map(|record| record.from_here)
            .collect();
        // With the counts of the beginning it is the first version, word for word.
        assert_eq!(switches, if is_there { vec![] } else { vec![true] });
        let turns = records
            .iter()
            .filter(|record| record.what == RecordKind::Turned);
        assert_eq!(turns.count(), if is_there { 4 } else { 2 });
    }
}

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
