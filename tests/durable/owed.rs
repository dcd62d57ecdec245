//! A `finally` that a crash or a shutdown cut off is started again, whatever an operator or a sender
//! records of the parked saga meanwhile.

use crate::durable::cut::answer_to;
use crate::durable::world::{Trouble, World};
use serde_json::value::RawValue;
use std::{future::pending, time::Duration};
use tokio::time::sleep;
use typed_saga::{
    Verdict,
    engine::{
        Action, Attribution, DurableOutcome, Engine, Memory, ReadStore, SagaId, Settled, Time,
        for_operators::{Answer, Request},
    },
    saga,
};

saga! {
    /// Parks after its pivot, before the signal.
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Parks() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        pivot paid(world, key) -> u32 { world.call("+paid", key).map(|()| 1) }

        #[late(0s)]
        step mail(world, key) -> u32 { world.call("+mail", key).map(|()| 1) }
            #[retry(1)]
            resolve(world, key) { world.call("?mail", key).map(|()| None) }

        #[timeout(never)]
        signal read -> u32;

        finally(world) {
            world.ledger().calls.push("finally".to_owned());
            if world.ledger().trouble.remove("finally").is_some() {
                pending::<()>().await;
            }
            world.ledger().calls.push("over".to_owned());
        }

        paid + mail + read
    }
}

/// What somebody asks of the parked saga.
fn requests() -> [Action; 2] {
    [
        Action::Settle {
            step: "mail".to_owned(),
            settled: Settled::Applied(1.into()),
        },
        Action::Signal {
            signal: "read".to_owned(),
            value: RawValue::from_string("1".to_owned()).unwrap(),
        },
    ]
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let world = world.clone();
    let builder = Engine::builder(store.clone()).register::<Parks>(ParksServices { world });
    builder.start().await.unwrap()
}

/// A saga that is parked, and whose `finally` was cut off: by a shutdown, or by a crash.
async fn cut_off(store: &Memory, world: &World, shuts_down: bool) {
    world.fails("+mail", Trouble(Verdict::Unknown, "no answer".into()));
    world.fails("?mail", Trouble(Verdict::Refused, "not now".into()));
    world.fails("finally", Trouble(Verdict::Unknown, "it hangs".into()));
    let first = engine(store, world).await;
    let handle = first.submit("p", Parks {}).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");
    while !world.calls().ends_with("finally") {
        sleep(Duration::from_millis(1)).await;
    }
    if shuts_down {
        drop(first.shutdown(Duration::from_secs(1)).await);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_of_a_parked_saga_leaves_its_finally_due() {
    for (action, shuts_down) in requests()
        .into_iter()
        .flat_map(|action| [true, false].map(|shuts_down| (action.clone(), shuts_down)))
    {
        let (store, world) = (Memory::new(), World::default());
        cut_off(&store, &world, shuts_down).await;
        let said = format!("{action:?} {shuts_down}");
        let request = Request {
            action,
            who: Attribution::new("grace", "by hand"),
        };
        let text = serde_json::to_string(&request).unwrap();
        let saga = SagaId::new("Parks", "p");
        let sent = store.send(saga, text, Time::default()).await.unwrap();
        let engine = engine(&store, &world).await;
        let handle = engine.handle::<Parks>("p").await.unwrap();
        drop(handle.finished().await.unwrap());
        sleep(Duration::from_secs(1)).await;
        let answer = answer_to(&store, sent).await.unwrap();
        let answer = serde_json::from_str::<Answer>(&answer).unwrap();
        assert_eq!(answer, Answer::Done, "{said}");
        assert_eq!(
            world.calls(),
            "+paid +mail ?mail finally finally over",
            "{said}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_parked_saga_is_resumed_after_its_finally() {
    for (shuts_down, is_sent) in [(true, true), (true, false), (false, true), (false, false)] {
        let (store, world) = (Memory::new(), World::default());
        cut_off(&store, &world, shuts_down).await;
        let who = Attribution::new("grace", "by hand");
        if is_sent {
            let request = Request {
                action: Action::Resume,
                who: who.clone(),
            };
            let text = serde_json::to_string(&request).unwrap();
            let saga = SagaId::new("Parks", "p");
            let _ = store.send(saga, text, Time::default()).await.unwrap();
        }
        let engine = engine(&store, &world).await;
        if !is_sent {
            engine.resume::<Parks>("p", who).await.unwrap();
        }
        sleep(Duration::from_secs(60)).await;
        assert_eq!(
            world.calls(),
            "+paid +mail ?mail finally finally over ?mail +mail",
            "{shuts_down} {is_sent}"
        );
    }
}
