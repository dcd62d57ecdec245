//! Twelve levels of children, each the child of the next, continued by the next process in the middle
//! of them.

use crate::durable::{
    lives::lives,
    world::{Trouble, World},
};
use std::time::Duration;
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, Memory},
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Level0() with (world: World) -> Result<usize, Trouble> {
        #[idempotent]
        step floor(world, key) -> usize { world.call("+floor", key).map(|()| 1) }
            #[by_key]
            compensate(world, key) { world.call("-floor", key) }

        floor
    }
}

macro_rules! above {
    ($lower:ident: $saga:ident) => {
        saga! {
            #[classify(Trouble::verdict)]
            #[timeout(10s)]
            durable saga $saga() with (world: World) -> Result<usize, Trouble> {
                step lower() -> usize = saga $lower {} with (world);

                #[idempotent]
                step floor(world, lower, key) -> usize {
                    world.call("+floor", key).map(|()| lower + 1)
                }
                    #[by_key]
                    compensate(world, key) { world.call("-floor", key) }

                floor
            }
        }
    };
}

above!(Level0: Level1);
above!(Level1: Level2);
above!(Level2: Level3);
above!(Level3: Level4);
above!(Level4: Level5);
above!(Level5: Level6);
above!(Level6: Level7);
above!(Level7: Level8);
above!(Level8: Level9);
above!(Level9: Level10);
above!(Level10: Level11);

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Tower() with (world: World) -> Result<usize, Trouble> {
        step lower() -> usize = saga Level11 {} with (world);

        #[idempotent]
        step roof(world, lower, key) -> usize { world.call("+roof", key).map(|()| lower + 1) }
            #[by_key]
            compensate(world, key) { world.call("-roof", key) }

        roof
    }
}

/// Builds the tower in processes that end at these writes, and then to its end. Returns how many
/// writes each process made.
fn check(completes: bool, crashes: &[(bool, u64)]) -> Vec<u64> {
    let (memory, world) = (Memory::new(), World::default());
    if !completes {
        // A call that is lost with its process is repeated.
        for _ in 0..20 {
            world.fails("+roof", Trouble(Verdict::Refused, "on purpose".into()));
        }
    }
    let mut ended = None;
    let writes = lives(&memory, crashes, async |store| {
        let services = TowerServices {
            world: world.clone(),
        };
        let builder = Engine::builder(store).register::<Tower>(services);
        let builder = builder.unload_after(Duration::from_millis(1));
        let engine = builder.start().await.unwrap();
        let handle = engine.submit("tower-42", Tower {}).await.unwrap();
        ended = Some(match handle.outcome().await.unwrap() {
            DurableOutcome::Completed(floors) => floors,
            DurableOutcome::Compensated(error) => {
                assert!(error.is_clean(), "{error}");
                0
            }
            other => panic!("{other:?}"),
        });
        drop(engine.shutdown(Duration::from_secs(60)).await);
    });
    let floors = if completes { 13 } else { 0 };
    let context = format!("{crashes:?}: {}", world.calls());
    assert_eq!(ended, Some(floors), "{context}");
    assert_eq!(world.standing().len(), floors, "{context}");
    writes
}

#[test]
fn wherever_a_process_ends_the_next_one_goes_on_in_the_middle_of_twelve_levels() {
    for completes in [true, false] {
        let writes = check(completes, &[])[0];
        assert!(writes > 13, "{writes}");
        for write in (0..writes).step_by(5) {
            for done in [false, true] {
                check(completes, &[(done, write)]);
            }
        }
    }
}
