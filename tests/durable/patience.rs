//! A vendor that is down for a while, and one that will never do it.

use crate::durable::world::{Trouble, World};
use std::future::pending;
use typed_saga::{
    Verdict,
    engine::{Action, Attribution, DurableOutcome, Engine, EngineError, Memory, Settled},
    saga,
};

saga! {
    /// No step says how often it is attempted.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Parcel() with (world: World) -> Result<u32, Trouble> {
        read price(world, key) -> u32 { world.call("price", key).map(|()| 100) }

        #[idempotent]
        step held(world, key) { world.call("+held", key) }
            compensate(world, key) { world.call("-held", key) }

        #[idempotent]
        pivot paid(world, key) { world.call("+paid", key) }

        concurrent {
            #[idempotent]
            step label(world, key) -> u32 { world.call("+label", key).map(|()| 1) }

            #[idempotent]
            step sent(world, label, key) -> u32 { world.call("+sent", key).map(|()| label + 1) }
        }

        price + sent
    }

    /// None of its calls is repeated, unless it is known that the last one did nothing.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Once() with (world: World) -> Result<u32, Trouble> {
        #[late(0s)]
        step held(world, key) { world.call("+held", key) }
            resolve(world, key) { world.call("?held", key).map(|()| None) }
            compensate(world, key) { world.call("-held", key) }

        step seat(world, key) { world.call("+seat", key) }
            #[by_key]
            compensate(world, key) { world.call("-seat", key) }

        #[late(0s)]
        step bag(world, key) { world.call("+bag", key) }
            resolve(world, key) { world.call("?bag", key).map(|()| None) }
            compensate none

        #[late(0s)]
        pivot paid(world, key) -> u32 { world.call("+paid", key).map(|()| 1) }
            resolve(world, key) { world.call("?paid", key).map(|()| None) }

        let () = held;
        let () = seat;
        let () = bag;
        paid
    }

    /// It is paid into the void. One attempt takes 10 seconds to settle, so the deadline is 18 seconds
    /// after the start.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    #[within(28s)]
    durable saga Hurried() with (world: World) -> Result<(), Trouble> {
        #[late(0s)]
        pivot paid(world, key) { world.call("paid", key)?; pending().await }
            #[retry(1)]
            resolve(world, key) { world.call("?paid", key).map(|()| None) }
    }
}

async fn engine(world: &World) -> Engine {
    let (parcel, once, hurried) = (world.clone(), world.clone(), world.clone());
    let builder = Engine::builder(Memory::new())
        .register::<Parcel>(ParcelServices { world: parcel })
        .register::<Once>(OnceServices { world: once })
        .register::<Hurried>(HurriedServices { world: hurried });
    builder.start().await.unwrap()
}

const STEPS: [&str; 5] = ["price", "+held", "+paid", "+label", "+sent"];

#[tokio::test(start_paused = true)]
async fn a_vendor_that_is_down_for_a_while_refuses_no_order() {
    let (world, id) = (World::default(), "p");
    for call in STEPS {
        (0..4).for_each(|_| world.fails(call, Trouble(Verdict::Transient, "busy".into())));
    }
    let engine = engine(&world).await;
    let handle = engine.submit(id, Parcel {}).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(102)),
        "{outcome:?}"
    );
}

const ONCE: [&str; 4] = ["+held", "+seat", "+bag", "+paid"];

/// By its verdict; or as `resolve` says, or since its key is cancelled.
#[tokio::test(start_paused = true)]
async fn what_is_known_to_have_done_nothing_is_attempted_five_times() {
    for verdict in [Verdict::Transient, Verdict::Unknown] {
        let cases = ONCE.into_iter().flat_map(|call| [(call, 4), (call, 5)]);
        for (call, fails) in cases {
            let world = World::default();
            (0..fails).for_each(|_| world.fails(call, Trouble(verdict, "busy".into())));
            let engine = engine(&world).await;
            let once = engine.submit("o", Once {}).await.unwrap();
            let outcome = once.outcome().await.unwrap();
            let completed = matches!(outcome, DurableOutcome::Completed(1));
            assert_eq!(completed, fails < 5, "{verdict:?} {call} {outcome:?}");
            let calls = world.calls().split(' ').filter(|it| *it == call).count();
            assert_eq!(calls, 5, "{verdict:?} {call}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_attempted_once() {
    for call in ONCE {
        let world = World::default();
        world.fails(call, Trouble(Verdict::Refused, "never".into()));
        let engine = engine(&world).await;
        let once = engine.submit("o", Once {}).await.unwrap();
        let outcome = once.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Compensated(_)),
            "{outcome:?}"
        );
        let calls = world.calls().split(' ').filter(|it| *it == call).count();
        assert_eq!(calls, 1, "{call}");
    }
}

/// Attempts begin after 0, 5, 10 and 15 seconds, and a little more each time.
#[tokio::test(start_paused = true)]
async fn after_the_deadline_a_pivot_that_did_nothing_is_not_attempted_again() {
    let world = World::default();
    let engine = engine(&world).await;
    let hurried = engine.submit("h", Hurried {}).await.unwrap();
    let outcome = hurried.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(world.calls(), ["paid ?paid"; 4].join(" "));
}

#[tokio::test(start_paused = true)]
async fn one_that_says_no_is_asked_once() {
    for call in &STEPS[..3] {
        let world = World::default();
        world.fails(call, Trouble(Verdict::Refused, "never".into()));
        let handle = engine(&world).await.submit("p", Parcel {}).await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Compensated(_)),
            "{outcome:?}"
        );
    }
}

/// The courier refuses the address, and somebody prints the label.
#[tokio::test(start_paused = true)]
async fn what_can_never_succeed_is_done_by_hand() {
    let (world, id) = (World::default(), "p");
    world.fails("+label", Trouble(Verdict::Refused, "no such street".into()));
    let engine = engine(&world).await;
    let handle = engine.submit(id, Parcel {}).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");

    let who = || Attribution::new("ada", "printed by hand");
    let settle = |step: &str, settled| Action::Settle {
        step: step.to_owned(),
        settled,
    };
    let applied = Settled::Applied(serde_json::json!(7));
    let by_hand = settle("label", applied.clone());
    let planned = engine.plan::<Parcel>(id, &by_hand).await.unwrap();
    assert_eq!(planned.to_string(), "`sent`: action\nthen it is completed");
    for (step, settled) in [
        ("label", Settled::NotApplied),
        ("label", Settled::Undone),
        ("sent", applied.clone()),
        ("price", applied.clone()),
    ] {
        let refused = engine.plan::<Parcel>(id, &settle(step, settled)).await;
        assert!(
            matches!(refused, Err(EngineError::Refused { .. })),
            "{refused:?}"
        );
    }
    let wrong = Settled::Applied(serde_json::json!("seven"));
    let refused = engine.settle::<Parcel>(id, "label", wrong, who()).await;
    assert!(
        matches!(refused, Err(EngineError::NoEffect { .. })),
        "{refused:?}"
    );

    engine
        .settle::<Parcel>(id, "label", applied, who())
        .await
        .unwrap();
    engine.resume::<Parcel>(id, who()).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(108)),
        "{outcome:?}"
    );
    let labels = world.calls().matches("+label").count();
    assert_eq!(labels, 1, "the courier is not asked again");
}
