//! An effect that cannot be recorded, and an engine that stops while the saga goes back: the next
//! engine finds the effect out again, undoes it, and still knows why the saga went back.

use crate::durable::world::{Trouble, World};
use std::{future::pending, time::Duration};
use tokio::time::timeout;
use typed_saga::{
    Cause, Key,
    engine::{DurableOutcome, Engine, Memory, State},
    runtime::CallKind,
    saga,
};

/// A price, which JSON cannot express: the first one, or every one.
fn price(world: &World, always: bool, key: &Key) -> Result<f64, Trouble> {
    let first = !world.calls().contains("+price");
    world.call("+price", key)?;
    Ok(if first || always { f64::NAN } else { 1.0 })
}

/// Undoes a price; the first time that takes for ever.
async fn undo(world: &World, key: &Key) -> Result<(), Trouble> {
    let first = !world.calls().contains("-price");
    if first {
        world.ledger().calls.push("-price".to_owned());
        pending::<()>().await;
    }
    world.call("-price", key)
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    durable saga Repeated(always: bool) with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step priced(world, always, key) -> f64 { price(world, *always, key) }
            compensate(world, priced, key) { let _ = priced; undo(world, key).await }
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    durable saga Asked(always: bool) with (world: World) -> Result<(), Trouble> {
        #[late(0s)]
        step priced(world, always, key) -> f64 { price(world, *always, key) }
            resolve() { Ok(Some(1.0)) }
            compensate(world, priced, key) { let _ = priced; undo(world, key).await }
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    durable saga ByKey(always: bool) with (world: World) -> Result<(), Trouble> {
        step priced(world, always, key) -> f64 { price(world, *always, key) }
            #[by_key]
            compensate(world, key) { undo(world, key).await }

        read checked(priced) -> bool { Ok(*priced > 0.0) }

        let _ = checked;
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    durable saga Beside(always: bool) with (world: World) -> Result<(), Trouble> {
        concurrent {
            #[idempotent]
            step first(world, key) -> u32 { world.call("+first", key)?; Ok(1) }
                compensate(world, key) { world.call("-first", key) }

            #[idempotent]
            step priced(world, always, key) -> f64 { price(world, *always, key) }
                compensate(world, priced, key) { let _ = priced; undo(world, key).await }
        }

        let _ = first;
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    durable saga Listed(always: bool) with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        for one: u32 in (=> [7])
        step priced(world, always, one, key) -> f64 { let _ = one; price(world, *always, key) }
            compensate(world, priced, key) { let _ = priced; undo(world, key).await }
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    durable saga Estimated() with (world: World) -> Result<Vec<f64>, Trouble> {
        read alone(world, key) -> f64 { world.call("alone", key)?; Ok(f64::NAN) }
            fallback() { Ok(1.0) }

        concurrent {
            read first(world, key) -> f64 { world.call("first", key)?; Ok(f64::NAN) }
                fallback() { Ok(2.0) }
            read second(world, key) -> f64 { world.call("second", key)?; Ok(3.0) }
        }

        vec![alone, first, second]
    }
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let world = || world.clone();
    let builder = Engine::builder(store.clone())
        .register::<Repeated>(RepeatedServices { world: world() })
        .register::<Asked>(AskedServices { world: world() })
        .register::<ByKey>(ByKeyServices { world: world() })
        .register::<Beside>(BesideServices { world: world() })
        .register::<Listed>(ListedServices { world: world() })
        .register::<Estimated>(EstimatedServices { world: world() });
    builder.start().await.unwrap()
}

/// Begins a saga, stops the engine while it undoes the price, and has the next one go on: then the
/// failure is there, for who waits, for who asks later, and in words.
macro_rules! stopped_while_it_undoes {
    ($Saga:ident { always: $always:expr }) => {
        stopped_while_it_undoes! { $Saga { always: $always }, "priced" }
    };
    ($Saga:ident { always: $always:expr }, $step:literal) => {{
        let (store, world) = (Memory::new(), World::default());
        let first = engine(&store, &world).await;
        let saga = $Saga { always: $always };
        drop(first.submit("p", saga).await.unwrap());
        while !world.calls().contains("-price") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // As if the process had ended.
        drop(first);
        let second = engine(&store, &world).await;
        for engine in [&second, &engine(&store, &world).await] {
            let handle = engine.handle::<$Saga>("p").await.unwrap();
            let outcome = timeout(Duration::from_secs(600), handle.outcome()).await;
            let outcome = outcome.expect("it ends").unwrap();
            let DurableOutcome::Compensated(error) = outcome else {
                panic!("{outcome:?}");
            };
            assert_eq!(error.failure().call(), CallKind::Action, "{error}");
            assert!(
                matches!(error.cause(), Cause::Unrecordable { .. }),
                "{error:?}"
            );
            let said = format!("step `{}` gave what cannot be recorded: it cannot be read back", $step);
            assert!(error.to_string().starts_with(&said), "{error}");
            assert!(error.is_clean(), "{error}");
            let status = engine.load::<$Saga>("p").await.unwrap().status;
            assert_eq!(status.row.state, State::Compensated);
            let why = format!(
                "compensated: failed first: `{}`: what it returned cannot be recorded: it cannot be read \
                 back: invalid type: null, expected f64",
                $step
            );
            assert!(status.why.starts_with(&why), "{}", status.why);
        }
        assert_eq!(world.standing(), [""; 0]);
    }};
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_is_asked_for_again_leaves_the_failure() {
    stopped_while_it_undoes!(Repeated { always: false });
    stopped_while_it_undoes!(Asked { always: false });
    stopped_while_it_undoes!(Beside { always: false });
    stopped_while_it_undoes!(Listed { always: false }, "priced[0]");
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_cannot_be_recorded_twice_leaves_the_failure() {
    stopped_while_it_undoes!(Repeated { always: true });
    stopped_while_it_undoes!(Beside { always: true });
    stopped_while_it_undoes!(Listed { always: true }, "priced[0]");
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_is_undone_by_key_leaves_the_failure() {
    stopped_while_it_undoes!(ByKey { always: true });
}

#[tokio::test(start_paused = true)]
async fn a_read_that_cannot_be_recorded_may_fall_back() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    let handle = engine.submit("e", Estimated {}).await.unwrap();
    let output = handle.outcome().await.unwrap().into_result().unwrap();
    assert_eq!(output, [1.0, 2.0, 3.0]);
    assert_eq!(world.calls(), "alone first second");
}
