//! The `finally` of a saga does not run while the saga is a child, wherever it is one and however it
//! ends; that of its parent runs.

use crate::durable::{
    lives::lives,
    world::{Trouble, World},
};
use std::{pin::pin, task::Poll, time::Duration};
use tokio::runtime::Builder;
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, Memory},
    saga,
};
use typed_saga_conformance::Faulty;

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Innermost(of: String) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step deep(world, key) -> u32 { world.call("+deep", key).map(|()| 1) }
            #[by_key]
            compensate(world, key) { world.call("-deep", key) }

        finally(world, of, outcome) { world.ends(of, &outcome.to_string()); }

        deep
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Inner(of: String) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step own(world, key) -> u32 { world.call("+own", key).map(|()| 1) }
            #[by_key]
            compensate(world, key) { world.call("-own", key) }

        #[allow(deprecated)]
        step innermost(of) -> u32 = saga Innermost { of: format!("{of}/innermost") } with (world);

        #[idempotent]
        step last(world, key) -> u32 { world.call("+last", key).map(|()| 1) }
            #[by_key]
            compensate(world, key) { world.call("-last", key) }

        finally(world, of, outcome) { world.ends(of, &outcome.to_string()); }

        own + innermost + last
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Outer() with (world: World) -> Result<u32, Trouble> {
        #[retry(2, 1s..1s, jitter = false)] #[timeout(1h)]
        #[allow(deprecated)]
        step plain() -> u32 = saga Inner { of: "plain".to_owned() } with (world)
            fallback() { Ok(0) }

        concurrent {
            #[timeout(1h)]
            #[allow(deprecated)]
            step sibling() -> u32 = saga Inner { of: "sibling".to_owned() } with (world);

            #[timeout(1h)]
            #[allow(deprecated)]
            for n: u32 in (=> 0..2)
            step each(n) -> u32 = saga Inner { of: format!("each {n}") } with (world);
        }

        #[idempotent]
        step bill(world, plain, sibling, each, key) -> u32 {
            world
                .call("+bill", key)
                .map(|()| plain + sibling + u32::try_from(each.len()).unwrap())
        }
            #[by_key]
            compensate(world, key) { world.call("-bill", key) }

        finally(world, outcome) { world.ends("outer", &outcome.to_string()); }

        bill
    }
}

impl World {
    /// A `finally` runs.
    fn ends(&self, of: &str, outcome: &str) {
        self.ledger()
            .calls
            .push(format!("finally of {of}: {outcome}"));
    }

    /// What the calls of `finally` said.
    fn ended(&self) -> Vec<String> {
        let mut calls = self.ledger().calls.clone();
        calls.retain(|call| call.starts_with("finally"));
        calls
    }
}

type Script = &'static [(&'static str, usize, Verdict)];

/// Children that complete; that fail and are run again; that fail for good, after which there is a
/// fallback; that their parent rolls back; and that cannot be undone.
const SCRIPTS: [(Script, &str); 5] = [
    (&[], "completed"),
    (&[("+last", 1, Verdict::Transient)], "completed"),
    (&[("+deep", 1, Verdict::Refused)], "completed"),
    (
        &[("+bill", 20, Verdict::Refused)],
        "step `bill` failed: on purpose; everything was undone",
    ),
    (
        &[
            ("+bill", 20, Verdict::Refused),
            ("-own", 1000, Verdict::Refused),
        ],
        "step `bill` failed: on purpose; ",
    ),
];

/// Each call fails at most so often.
fn world(script: Script, most: usize) -> World {
    let world = World::default();
    for (call, times, verdict) in script {
        for _ in 0..most.min(*times) {
            world.fails(call, Trouble(*verdict, "on purpose".into()));
        }
    }
    world
}

/// Only the parent has run its `finally`, at least once for its outcome, and for no other.
fn check(world: &World, outcome: &str, most: usize) {
    let (ended, calls) = (world.ended(), world.calls());
    let own = format!("finally of outer: {outcome}");
    assert!(
        ended.iter().all(|ended| ended.starts_with(&own)),
        "{ended:?}: {calls}"
    );
    assert!((1..=most).contains(&ended.len()), "{ended:?}: {calls}");
}

#[test]
fn in_memory() {
    for (script, outcome) in SCRIPTS {
        let world = world(script, usize::MAX);
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            drop(Outer {}.with(world.clone()).start().finished().await);
        });
        check(&world, outcome, 1);
    }
}

#[test]
fn without_a_runtime() {
    saga! {
        saga Inside(world: World) -> Result<(), String> {
            read done(world, key) { world.call("done", key).map_err(|_| String::new()) }
            finally(world, outcome) { world.ends("inside", &outcome.to_string()); }
            let () = done;
        }

        saga Outside(world: World) -> Result<(), String> {
            #[allow(deprecated)]
            step inside(world) = saga Inside { world: world.clone() };
            finally(world, outcome) { world.ends("outer", &outcome.to_string()); }
            let () = inside;
        }
    }
    let world = World::default();
    let ran = Outside {
        world: world.clone(),
    }
    .run();
    let mut ran = pin!(ran.into_future());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(matches!(ran.as_mut().poll(&mut cx), Poll::Ready(Ok(()))));
    check(&world, "completed", 1);
    assert_eq!(world.ledger().calls.len(), 2);
}

#[tokio::test]
async fn in_a_walk_by_hand() {
    let world = World::default();
    let services = OuterServices {
        world: world.clone(),
    };
    let at = Outer {}.walk().plain(&services).await.unwrap();
    drop(at);
    tokio::task::yield_now().await;
    assert_eq!(world.calls(), "+own +deep +last");
}

#[test]
fn wherever_a_process_ends() {
    let mut runs = 0;
    for (script, outcome) in SCRIPTS {
        let live = |crashes: &[(bool, u64)]| {
            // Here, compensations are tried for ever: they succeed after more attempts than in memory.
            let world = world(script, 20);
            let writes = lives(&Memory::new(), crashes, async |store: Faulty<Memory>| {
                let services = OuterServices {
                    world: world.clone(),
                };
                let builder = Engine::builder(store).register::<Outer>(services);
                let builder = builder.unload_after(Duration::from_millis(1));
                let engine = builder.start().await.unwrap();
                let handle = engine.submit("it", Outer {}).await.unwrap();
                let ended = handle.finished().await.unwrap();
                assert!(
                    !matches!(ended, DurableOutcome::OutputLost { .. }),
                    "{ended:?}"
                );
                drop(engine.shutdown(Duration::from_secs(60)).await);
            });
            check(&world, outcome, 1 + crashes.len());
            writes[0]
        };
        for write in 0..live(&[]) {
            live(&[(true, write)]);
            runs += 1;
        }
    }
    assert!(runs > 70, "{runs}");
}
