//! Two steps that are undone together, and that later versions do without, or add.

use crate::durable::{
    releases::version,
    upgraded::{LATER, MOMENT, NO, ends, left},
    world::World,
};
use typed_saga::engine::{DurableOutcome, Memory};

version! { with_both
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step record(world, key) -> u32 { world.call("+record", key).map(|()| 1) }
            compensate(world, key) { world.call("-record", key) }

        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step entry(world, record, key) { let _ = record; world.call("+entry", key) }
            compensate with record

        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step last(world, key) { world.call("+last", key) } compensate none
    }
}

version! { retired
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[retired] #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step record(world, key) -> u32 { world.call("+record", key).map(|()| 1) }
            compensate(world, key) { world.call("-record", key) }

        #[retired] #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step entry(world, record, key) { let _ = record; world.call("+entry", key) }
            compensate with record

        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step last(world, key) { world.call("+last", key) } compensate none
    }
}

version! { without
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step last(world, key) { world.call("+last", key) } compensate none
    }
}

version! { introduced
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[introduced] #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step record(world, key) -> u32 { world.call("+record", key).map(|()| 1) }
            compensate(world, key) { world.call("-record", key) }

        #[introduced] #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step entry(world, record, key) { let _ = record; world.call("+entry", key) }
            compensate with record

        #[idempotent] #[retry(9, 1m..1m, jitter = false)]
        step last(world, key) { world.call("+last", key) } compensate none
    }
}

/// What one version leaves after its call `stops` has failed once, and how the other one ends it: the
/// calls, and what stands. `fails`: its last step is refused.
macro_rules! goes_on {
    ($old:ident, $new:ident, $stops:literal, $fails:literal) => {{
        let (store, world) = (Memory::new(), World::default());
        world.fails($stops, LATER);
        if $fails {
            world.fails("+last", NO);
        }
        let services = $old::OrderServices {
            world: world.clone(),
        };
        left(store.clone(), ($old::Order {}, services), MOMENT).await;
        let services = $new::OrderServices {
            world: world.clone(),
        };
        let outcome = ends::<$new::Order>(store, services).await.unwrap();
        assert_eq!(
            matches!(outcome, DurableOutcome::Compensated(_)),
            $fails,
            "{outcome:?}"
        );
        (world.calls(), world.standing())
    }};
}

#[tokio::test(start_paused = true)]
async fn both_are_retired_together() {
    let (calls, standing) = goes_on!(with_both, retired, "+last", false);
    assert_eq!(calls, "+record +entry +last +last");
    assert_eq!(standing, ["entry", "last", "record"]);

    let (calls, standing) = goes_on!(with_both, retired, "+last", true);
    assert_eq!(calls, "+record +entry +last +last -record");
    // One call undoes both.
    assert_eq!(standing, ["entry"]);

    // It has begun to make the entry, and has not made it.
    let (calls, _) = goes_on!(with_both, retired, "+entry", true);
    assert_eq!(calls, "+record +entry +entry +last -record");

    let (calls, standing) = goes_on!(with_both, retired, "+record", false);
    assert_eq!(calls, "+record +record +last");
    assert_eq!(standing, ["last", "record"]);

    let (calls, standing) = goes_on!(retired, retired, "+last", false);
    assert_eq!(calls, "+last +last");
    assert_eq!(standing, ["last"]);
}

#[tokio::test(start_paused = true)]
async fn both_are_introduced_together() {
    let (calls, standing) = goes_on!(without, introduced, "+last", true);
    assert_eq!((&*calls, standing.len()), ("+last +last", 0));

    let (calls, standing) = goes_on!(introduced, introduced, "+entry", true);
    assert_eq!(calls, "+record +entry +entry +last -record");
    assert_eq!(standing, ["entry"]);
}
