//! What is heard, asked and seen of durable sagas from outside.

use crate::durable::{
    basics::{Tower, TowerServices},
    covered::{File, FileServices},
    cut::answer_to,
    world::{Trouble, World},
};
use std::time::Duration;
use typed_saga::{
    Recording, Verdict,
    engine::{
        Action, Attribution, Builder, DurableOutcome, Engine, Filter, Memory, ReadStore, SagaId,
        Settled, State, Time,
        for_operators::{Answer, Request},
    },
    saga,
};

saga! {
    /// Something that is asked for when nobody knows.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Letter() with (world: World) -> Result<u32, Trouble> {
        #[late(2s)]
        step sent(world, key) -> u32 { world.call("+sent", key)?; Ok(1) }
            resolve(world, key) { world.call("?sent", key)?; Ok(Some(5)) }
            compensate(world, sent, key) { let _ = sent; world.call("-sent", key) }

        sent
    }
}

fn builder(store: &Memory, world: &World) -> Builder {
    let world = world.clone();
    Engine::builder(store.clone())
        .register::<Letter>(LetterServices {
            world: world.clone(),
        })
        .register::<Tower>(TowerServices { world })
}

fn later() -> Trouble {
    Trouble(Verdict::Transient, "later".into())
}

#[tokio::test(start_paused = true)]
async fn what_resolve_found_is_on_record() {
    let (store, world) = (Memory::new(), World::default());
    let engine = builder(&store, &world).start().await.unwrap();
    world.fails("+sent", Trouble(Verdict::Unknown, "no answer".into()));
    let handle = engine.submit("l", Letter {}).await.unwrap();
    assert_eq!(handle.outcome().await.unwrap().into_result().unwrap(), 5);
    let loaded = engine.load::<Letter>("l").await.unwrap();
    assert_eq!(loaded.effects.sent, Some(5));
    assert_eq!(world.calls(), "+sent ?sent");
}

#[tokio::test(start_paused = true)]
async fn a_recovery_is_heard_of() {
    let (store, world) = (Memory::new(), World::default());
    let first = Recording::default();
    let engine = builder(&store, &world).observe(first.clone());
    let engine = engine.start().await.unwrap();
    world.fails("+wall", later());
    drop(engine.submit("t", Tower { height: 4 }).await.unwrap());
    tokio::time::sleep(Duration::from_millis(1)).await;
    drop(engine.shutdown(Duration::from_secs(1)).await);
    assert!(first.lines().join("\n").contains("starts"), "{first:?}");

    let second = Recording::default();
    let engine = builder(&store, &world).observe(second.clone());
    let engine = engine.start().await.unwrap();
    let handle = engine.handle::<Tower>("t").await.unwrap();
    drop(handle.outcome().await.unwrap());
    let told = second.lines().join("\n");
    assert!(told.contains("is recovered from its journal"), "{told}");
    assert!(!told.contains(" starts"), "{told}");
    assert!(told.contains("ends: completed"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn who_joins_a_saga_is_not_heard_to_start_one() {
    let (store, world) = (Memory::new(), World::default());
    let heard = Recording::default();
    let engine = builder(&store, &world).observe(heard.clone());
    let engine = engine.start().await.unwrap();
    let handle = engine.submit("t", Tower { height: 4 }).await.unwrap();
    drop(handle.outcome().await.unwrap());
    let before = heard.lines();
    let again = engine.submit("t", Tower { height: 4 }).await.unwrap();
    drop(again.outcome().await.unwrap());
    assert_eq!(heard.lines(), before);
}

fn resume() -> String {
    let request = Request {
        action: Action::Resume,
        who: Attribution::new("grace", "the line is back"),
    };
    serde_json::to_string(&request).unwrap()
}

/// A saga that asks for ever.
async fn in_doubt(engine: &Engine, world: &World) -> SagaId {
    world.fails("+sent", Trouble(Verdict::Unknown, "no answer".into()));
    for _ in 0..300 {
        world.fails("?sent", later());
    }
    drop(engine.submit("l", Letter {}).await.unwrap());
    tokio::time::sleep(Duration::from_secs(3600)).await;
    SagaId::new("Letter", "l")
}

#[tokio::test(start_paused = true)]
async fn a_message_reaches_a_running_engine_and_a_stopped_one() {
    let (store, world) = (Memory::new(), World::default());
    let engine = builder(&store, &world).start().await.unwrap();
    let saga = in_doubt(&engine, &world).await;
    let now = Time::default();
    // It asks for ever, so it is not parked: the engine says so.
    let refused = store.send(saga.clone(), resume(), now).await.unwrap();
    let nonsense = store
        .send(saga.clone(), "{}".to_owned(), now)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let answer = answer_to(&store, refused).await.unwrap();
    let answer: Answer = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        answer,
        Answer::Refused("Letter/l: the saga is not parked".to_owned())
    );
    let answer = answer_to(&store, nonsense).await.unwrap();
    assert!(answer.contains("not understood"), "{answer}");

    drop(engine.shutdown(Duration::from_secs(1)).await);
    let cancel = Request {
        action: Action::Cancel,
        who: Attribution::new("grace", "enough"),
    };
    let text = serde_json::to_string(&cancel).unwrap();
    let cancelled = store.send(saga.clone(), text, now).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(answer_to(&store, cancelled).await, None);
    let engine = builder(&store, &world).start().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let answer = answer_to(&store, cancelled).await.unwrap();
    assert_eq!(
        serde_json::from_str::<Answer>(&answer).unwrap(),
        Answer::Done
    );
    let handle = engine.handle::<Letter>("l").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    let history = engine.history(&saga).await.unwrap();
    let asked = history
        .iter()
        .find(|entry| entry.record.by.is_some())
        .unwrap();
    assert_eq!(asked.record.why.as_deref(), Some("enough"));
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_is_purged_after_a_while() {
    let (store, world) = (Memory::new(), World::default());
    let engine = builder(&store, &world).retain(Duration::from_secs(60));
    let engine = engine.start().await.unwrap();
    let handle = engine.submit("t", Tower { height: 4 }).await.unwrap();
    drop(handle.outcome().await.unwrap());
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert_eq!(engine.list(Filter::default()).await.unwrap().len(), 1);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(engine.list(Filter::default()).await.unwrap().len(), 0);
    // It runs again now.
    let handle = engine.submit("t", Tower { height: 4 }).await.unwrap();
    drop(handle.outcome().await.unwrap());
    assert_eq!(world.calls(), "+base +wall +roof +base +wall +roof");
}

#[tokio::test(start_paused = true)]
async fn what_only_other_workers_run_is_not_purged() {
    let (store, world) = (Memory::shared(), World::default());
    let engine = builder(&store, &world).retain(Duration::from_secs(60));
    let engine = engine.start().await.unwrap();
    let services = FileServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<File>(services);
    let other = builder.start().await.unwrap();
    let tower = engine.submit("t", Tower { height: 4 }).await.unwrap();
    drop(tower.outcome().await.unwrap());
    let file = other.submit("f", File { pages: 3 }).await.unwrap();
    drop(file.outcome().await.unwrap());
    let names = async || {
        tokio::time::sleep(Duration::from_secs(120)).await;
        let rows = engine.list(Filter::default()).await.unwrap();
        rows.iter()
            .map(|row| row.saga.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["File/f"]);
    other.shutdown(Duration::from_secs(1)).await;
    assert_eq!(names().await, [""; 0], "nobody runs it any more");
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_waits_says_for_what() {
    let (store, world) = (Memory::new(), World::default());
    let engine = builder(&store, &world).start().await.unwrap();
    world.fails("+wall", later());
    let handle = engine.submit("t", Tower { height: 4 }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let status = handle.status().await.unwrap();
    assert_eq!(status.row.state, State::Running);
    assert!(status.why.starts_with("waits until 2"), "{}", status.why);
    assert!(
        status
            .why
            .ends_with("before the next attempt of `wall`, after: later"),
        "{}",
        status.why
    );
}

saga! {
    /// Something that is paid for, and labelled then.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Parcel() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        pivot paid(world, key) -> u32 { world.call("+paid", key)?; Ok(1) }
        #[idempotent]
        step label(world, paid, key) -> u32 { world.call("+label", key)?; Ok(*paid) }

        label
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_of_one_saga_is_done_in_that_order() {
    let (store, world) = (Memory::new(), World::default());
    let parcels = || {
        let world = world.clone();
        Engine::builder(store.clone()).register::<Parcel>(ParcelServices { world })
    };
    let engine = parcels().start().await.unwrap();
    let ids: Vec<SagaId> = (0..40)
        .map(|n| SagaId::new("Parcel", n.to_string()))
        .collect();
    for saga in &ids {
        world.fails("+label", Trouble(Verdict::Refused, "no such street".into()));
        let handle = engine.submit(saga.id.to_string(), Parcel {}).await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");
    }
    drop(engine.shutdown(Duration::from_secs(1)).await);

    let by_hand = Request {
        action: Action::Settle {
            step: "label".to_owned(),
            settled: Settled::Applied(serde_json::from_str("77").unwrap()),
        },
        who: Attribution::new("grace", "printed by hand"),
    };
    let by_hand = serde_json::to_string(&by_hand).unwrap();
    let mut asked = Vec::new();
    for saga in &ids {
        for text in [by_hand.clone(), resume()] {
            let sent = store.send(saga.clone(), text, Time::default()).await;
            asked.push(sent.unwrap());
        }
    }
    let engine = parcels().start().await.unwrap();
    for number in asked {
        while answer_to(&store, number).await.is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    for saga in &ids {
        let handle = engine.handle::<Parcel>(&saga.id).await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert_eq!(outcome.into_result().unwrap(), 77);
    }
}
