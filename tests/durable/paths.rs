//! What people see of sagas that are steps, and do to their steps, by path.

use crate::durable::world::{Trouble, World};
use std::time::Duration;
use typed_saga::{
    Verdict,
    engine::{
        Action, Attribution, DurableOutcome, Engine, EngineError, Memory, ReadStore, Refused,
        SagaId, Settled,
    },
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Wrap() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step paper(world, key) -> u32 { world.call("+paper", key).map(|()| 1) }
            #[retry(2, 1s..1s, jitter = false)]
            compensate(world, paper, key) { let _ = paper; world.call("-paper", key) }

        #[late(3s)]
        step bow(world, paper, key) -> u32 { world.call("+bow", key).map(|()| paper + 1) }
            #[retry(2, 1s..1s, jitter = false)]
            resolve(world, key) { world.call("?bow", key).map(|()| None) }
            #[retry(2, 1s..1s, jitter = false)]
            compensate(world, bow, key) {
                world.call(if *bow == 7 { "-bow 7" } else { "-bow" }, key)
            }

        paper + bow
    }

    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Gift() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step stock(world, key) -> u32 { world.call("+stock", key).map(|()| 10) }
            compensate(world, stock, key) { let _ = stock; world.call("-stock", key) }

        step wrapped() -> u32 = saga Wrap {} with (world);

        #[idempotent]
        step bill(world, wrapped, key) -> u32 { world.call("+bill", key).map(|()| wrapped + 5) }
            compensate none

        stock + bill
    }
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let services = GiftServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<Gift>(services);
    builder.start().await.unwrap()
}

fn somebody() -> Attribution {
    Attribution::new("ada", "looked at it")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parks {
    /// `wrapped/paper` could not be undone.
    Standing,
    /// It is not known whether `wrapped/bow` happened.
    InDoubt,
}

/// A saga that is parked.
async fn parked(how: Parks) -> (Memory, World, Engine) {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    let busy = || Trouble(Verdict::Transient, "busy".into());
    match how {
        Parks::Standing => {
            world.fails("+bill", Trouble(Verdict::Refused, "no money".into()));
            (0..2).for_each(|_| world.fails("-paper", busy()));
        }
        Parks::InDoubt => {
            world.fails("+bow", Trouble(Verdict::Unknown, "no answer".into()));
            (0..2).for_each(|_| world.fails("?bow", busy()));
        }
    }
    let handle = engine.submit("g", Gift {}).await.unwrap();
    let DurableOutcome::Parked(parked) = handle.outcome().await.unwrap() else {
        panic!("it is parked")
    };
    let expected = match how {
        Parks::Standing => "step `bill` failed: no money; parked, still applied: `wrapped/paper`",
        Parks::InDoubt => {
            "step `wrapped/bow` failed: no answer; parked, still applied: `wrapped/paper`, \
             in doubt: `wrapped/bow`"
        }
    };
    assert_eq!(parked.to_string(), expected);
    (store, world, engine)
}

async fn why(engine: &Engine) -> String {
    let status = engine.status(&SagaId::new("Gift", "g")).await;
    status.unwrap().why
}

#[tokio::test(start_paused = true)]
async fn where_a_child_is_is_told_by_path() {
    let (.., engine) = parked(Parks::Standing).await;
    assert_eq!(
        why(&engine).await,
        "parked: failed first: `bill`: no money; \
         `wrapped/paper` is not compensated (its compensation failed twice, last: busy)"
    );
    let plan = engine.plan::<Gift>("g", &Action::Resume).await.unwrap();
    assert_eq!(
        plan.to_string(),
        "`wrapped/paper`: compensation\nthen it is compensated"
    );

    let (.., engine) = parked(Parks::InDoubt).await;
    assert_eq!(
        why(&engine).await,
        "parked: failed first: `wrapped/bow`: no answer; \
         `wrapped/paper` is still applied, because its compensation was skipped, \
         `wrapped/bow` is in doubt (`resolve` failed twice, last: busy)"
    );
    let plan = engine.plan::<Gift>("g", &Action::Resume).await.unwrap();
    assert_eq!(
        plan.to_string(),
        "`wrapped/bow`: resolve\nwhat follows depends on the result of `resolve` of `wrapped/bow`"
    );

    let (store, world) = (Memory::new(), World::default());
    world.fails("+bow", Trouble(Verdict::Unknown, "no answer".into()));
    let engine = self::engine(&store, &world).await;
    engine.submit("g", Gift {}).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let waits = why(&engine).await;
    assert!(
        waits.starts_with("`wrapped/bow` is in doubt; waits until ")
            && waits.ends_with("when it can no longer arrive late, after: no answer"),
        "{waits}"
    );
    let plan = engine.plan::<Gift>("g", &Action::Cancel).await.unwrap();
    assert_eq!(
        plan.to_string(),
        "`wrapped/bow`: resolve\nwhat follows depends on the result of `resolve` of `wrapped/bow`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_of_a_child_is_settled_by_path_and_the_next_process_goes_on() {
    let seven = || Settled::applied(&7).unwrap();
    for (how, path, settled, then) in [
        (Parks::Standing, "wrapped/paper", Settled::Undone, Ok("")),
        (
            Parks::Standing,
            "wrapped/paper",
            seven(),
            Err("`wrapped/paper` is not in doubt"),
        ),
        (
            Parks::Standing,
            "wrapped/paper",
            Settled::NotApplied,
            Err("`wrapped/paper` is not in doubt"),
        ),
        (Parks::InDoubt, "wrapped/bow", seven(), Ok("-bow 7 -paper")),
        (
            Parks::InDoubt,
            "wrapped/bow",
            Settled::NotApplied,
            Ok("-paper"),
        ),
        (Parks::InDoubt, "wrapped/bow", Settled::Undone, Ok("-paper")),
    ] {
        for restarts in [false, true] {
            let (store, world, mut engine) = parked(how).await;
            let calls = world.calls();
            let said = engine
                .settle::<Gift>("g", path, settled.clone(), somebody())
                .await;
            let then = match then {
                Ok(then) => {
                    said.unwrap();
                    then
                }
                Err(why) => {
                    assert_eq!(said.unwrap_err().to_string(), format!("Gift/g: {why}"));
                    continue;
                }
            };
            if restarts {
                drop(engine.shutdown(Duration::from_secs(60)).await);
                engine = self::engine(&store, &world).await;
            }
            engine.resume::<Gift>("g", somebody()).await.unwrap();
            let handle = engine.handle::<Gift>("g").await.unwrap();
            let outcome = handle.outcome().await.unwrap();
            let DurableOutcome::Compensated(error) = outcome else {
                panic!("{how:?} {settled:?}: {outcome:?}");
            };
            assert!(error.is_clean(), "{error}");
            let after = world.calls().split_off(calls.len());
            assert_eq!(after.trim(), then, "{how:?} {settled:?}");
            let stored = store.load(SagaId::new("Gift", "g")).await.unwrap().unwrap();
            let records: String = stored.commits.iter().map(|it| &*it.records).collect();
            let record = format!(r#"{{"what":"settled","step":"{path}""#);
            assert!(records.contains(&record), "{records}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_steps_of_a_child_are_settled_and_with_an_effect_of_theirs() {
    let (_, world, engine) = parked(Parks::InDoubt).await;
    let calls = world.calls();
    let settle = async |path: &str, settled| {
        let said = engine.settle::<Gift>("g", path, settled, somebody()).await;
        said.unwrap_err()
    };
    let whole = settle("wrapped", Settled::Undone).await;
    assert_eq!(
        whole.to_string(),
        "Gift/g: `wrapped` consists of steps, and only those are settled: \
         `wrapped/paper`, `wrapped/bow`"
    );
    assert!(matches!(
        whole,
        EngineError::Refused {
            why: Refused::Whole { .. },
            ..
        }
    ));
    for path in ["wrapped/ribbon", "wrapped/bow/x", "bow", "bill/bow"] {
        let unknown = settle(path, Settled::Undone).await;
        assert_eq!(unknown.to_string(), format!("Gift/g has no step `{path}`"));
    }
    let text = Settled::applied(&"seven").unwrap();
    let wrong = settle("wrapped/bow", text).await.to_string();
    let expected = "this is not an effect of `wrapped/bow`: invalid type: string \"seven\"";
    assert!(wrong.starts_with(expected), "{wrong}");
    assert_eq!(world.calls(), calls);
}

#[tokio::test(start_paused = true)]
async fn a_step_of_a_child_that_waits_is_settled_while_its_parent_is_under_way() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+bow", Trouble(Verdict::Unknown, "no answer".into()));
    let engine = engine(&store, &world).await;
    let handle = engine.submit("g", Gift {}).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let seven = Settled::applied(&7).unwrap();
    let settled = engine.settle::<Gift>("g", "wrapped/bow", seven, somebody());
    settled.await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    let DurableOutcome::Completed(output) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(output, 10 + (1 + 7) + 5);
    assert_eq!(world.calls(), "+stock +paper +bow +bill");
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Shipping(boxes: Vec<u8>) with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        for size: u8 in (boxes => boxes.clone())
        step packed(world, size, key) { let _ = size; world.call("+packed", key) }
            compensate(world, key) { world.call("-packed", key) }

        step _wrapped() -> u32 = saga Wrap {} with (world);

        #[late(0s)]
        pivot paid(world, key) { world.call("+paid", key) }
            #[retry(1)]
            resolve(world, key) { world.call("?paid", key).map(|()| None) }
    }
}

/// An item, and a saga that is a step, have come to an end of their own; the whole has not.
#[tokio::test(start_paused = true)]
async fn what_a_parked_saga_keeps_is_not_said_to_be_too_late() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+paid", Trouble(Verdict::Unknown, "no answer".into()));
    world.fails("?paid", Trouble(Verdict::Transient, "busy".into()));
    let services = ShippingServices { world };
    let builder = Engine::builder(store).register::<Shipping>(services);
    let engine = builder.start().await.unwrap();
    let boxes = vec![1, 2];
    let handle = engine.submit("s", Shipping { boxes }).await.unwrap();
    assert!(matches!(
        handle.outcome().await,
        Ok(DurableOutcome::Parked(_))
    ));
    // What tools have written as `_wrapped` is `wrapped`.
    for (step, shown) in [
        ("packed[0]", "packed[0]"),
        ("_wrapped/paper", "wrapped/paper"),
    ] {
        let undone = Action::Settle {
            step: step.to_owned(),
            settled: Settled::Undone,
        };
        let refused = engine.plan::<Shipping>("s", &undone).await.unwrap_err();
        let why = format!("the saga is parked because of another step, and `{shown}` is applied");
        assert!(refused.to_string().contains(&why), "{refused}");
    }
}
