//! `when` blocks on an engine: the decision is on record, and is not made again.

use crate::durable::world::{Trouble, World};
use std::time::Duration;
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, Memory, SagaId},
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    pub(crate) durable saga Wrap(gift: bool) with (world: World) -> Result<_, Trouble> {
        #[idempotent]
        step goods(world, key) -> u32 { world.call("+goods", key)?; Ok(1) }
            compensate(world, key) { world.call("-goods", key) }

        when (gift, world => {
            world.ledger().calls.push("gift?".to_owned());
            *gift
        }) {
            #[idempotent] #[retry(3, 1h..1h, jitter = false)]
            step paper(world, goods, key) -> u32 { world.call("+paper", key)?; Ok(goods + 1) }
                compensate(world, key, paper) { let _ = paper + 1; world.call("-paper", key) }

            #[idempotent]
            step ribbon(world, paper, key) -> u32 { world.call("+ribbon", key)?; Ok(paper + 1) }
                compensate(world, key) { world.call("-ribbon", key) }
        }

        #[idempotent]
        pivot sent(world, ribbon, key) -> u32 { world.call("+sent", key)?; Ok(ribbon.unwrap_or(0)) }
    }
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let services = WrapServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<Wrap>(services);
    builder.start().await.unwrap()
}

async fn records(engine: &Engine, id: &str) -> Vec<String> {
    let history = engine.history(&SagaId::new("Wrap", id)).await.unwrap();
    let records = history.iter().map(|entry| &entry.record);
    records
        .map(|record| serde_json::to_string(record).unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_decision_is_on_record() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    for (id, gift) in [("yes", true), ("no", false)] {
        let handle = engine.submit(id, Wrap { gift }).await.unwrap();
        let DurableOutcome::Completed(effects) = handle.outcome().await.unwrap() else {
            panic!("it completes")
        };
        assert_eq!(effects.paper, gift.then_some(2));
        assert_eq!(effects.ribbon, gift.then_some(3));
        let decided = format!(r#"{{"what":"decided","step":"paper","taken":{gift}}}"#);
        let records = records(&engine, id).await;
        assert_eq!(
            records.iter().filter(|record| **record == decided).count(),
            1,
            "{records:?}"
        );
        let loaded = engine.load::<Wrap>(id).await.unwrap();
        assert_eq!(loaded.effects.paper, Some(gift.then_some(2)));
    }
    assert_eq!(
        world.calls(),
        "+goods gift? +paper +ribbon +sent +goods gift? +sent"
    );
}

#[tokio::test(start_paused = true)]
async fn another_process_goes_on_inside_without_asking_again() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+paper", Trouble(Verdict::Transient, "none left".into()));
    let first = engine(&store, &world).await;
    let handle = first.submit("w", Wrap { gift: true }).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    drop(handle);
    first.shutdown(Duration::from_secs(1)).await;
    assert_eq!(world.calls(), "+goods gift? +paper");

    let second = engine(&store, &world).await;
    let handle = second.submit("w", Wrap { gift: true }).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(_)),
        "{outcome:?}"
    );
    assert_eq!(world.calls(), "+goods gift? +paper +paper +ribbon +sent");
}

#[tokio::test(start_paused = true)]
async fn it_is_undone_by_another_process_with_what_is_plain_inside() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+sent", Trouble(Verdict::Refused, "no stamps".into()));
    world.fails("-ribbon", Trouble(Verdict::Transient, "knotted".into()));
    let first = engine(&store, &world).await;
    let handle = first.submit("w", Wrap { gift: true }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    drop(handle);
    first.shutdown(Duration::from_millis(1)).await;
    let second = engine(&store, &world).await;
    let handle = second.submit("w", Wrap { gift: true }).await.unwrap();
    let DurableOutcome::Compensated(error) = handle.outcome().await.unwrap() else {
        panic!("it goes back")
    };
    assert!(error.is_clean());
    let calls = world.calls();
    assert!(calls.ends_with("-ribbon -paper -goods"), "{calls}");
    assert!(world.ledger().standing.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_undecided_block_is_decided_by_the_next_process() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+goods", Trouble(Verdict::Unknown, "cut off".into()));
    let first = engine(&store, &world).await;
    let handle = first.submit("w", Wrap { gift: false }).await.unwrap();
    drop(handle);
    first.shutdown(Duration::ZERO).await;
    let second = engine(&store, &world).await;
    let handle = second.submit("w", Wrap { gift: false }).await.unwrap();
    let DurableOutcome::Completed(effects) = handle.outcome().await.unwrap() else {
        panic!("it completes")
    };
    assert_eq!((effects.paper, effects.sent), (None, 0));
}
