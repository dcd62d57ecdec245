//! What is recorded with an event is recorded with that event alone, also where many calls begin and end
//! in one poll.

use crate::durable::world::{Trouble, World};
use serde_json::Value;
use typed_saga::{
    Verdict,
    engine::{Engine, Memory, ReadStore as _, SagaId},
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Leaf(number: u32) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step leaf(world, number, key) -> u32 { world.call("+leaf", key).map(|()| number + 1) }
            #[by_key]
            compensate(world, key) { world.call("-leaf", key) }

        leaf + 1
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Tree(numbers: Vec<u32>) with (world: World) -> Result<Vec<u32>, Trouble> {
        concurrent {
            #[idempotent]
            step own(world, key) -> u32 { world.call("+own", key).map(|()| 10) }
                #[by_key]
                compensate(world, key) { world.call("-own", key) }

            step left(numbers) -> u32 = saga Leaf { number: numbers[0] } with (world);

            #[late(0s)]
            step asked(world, key) -> u32 { world.call("+asked", key).map(|()| 0) }
                resolve(world, key) { world.call("?asked", key).map(|()| Some(30)) }
                compensate(world, asked, key) { let _ = asked; world.call("-asked", key) }

            step right(numbers) -> u32 = saga Leaf { number: numbers[1] } with (world);

            #[idempotent] #[concurrent(2)]
            for number: u32 in (numbers => numbers[2..].to_vec())
            step each(world, number, key) -> u32 { world.call("+each", key).map(|()| number + 1) }
                #[by_key]
                compensate(world, key) { world.call("-each", key) }

            #[idempotent]
            step instead(world, key) -> u32 { world.call("+instead", key).map(|()| 0) }
                fallback() { Ok(70) }
                compensate(world, instead, key) { let _ = instead; world.call("-instead", key) }
        }

        [vec![own, left, asked, right, instead], each].concat()
    }
}

#[tokio::test(start_paused = true)]
async fn each_value_is_in_the_record_of_its_own_event() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("+asked", Trouble(Verdict::Unknown, "no answer".into()));
    world.fails("+instead", Trouble(Verdict::Refused, "no".into()));
    let builder = Engine::builder(store.clone()).register::<Tree>(TreeServices { world });
    let engine = builder.start().await.unwrap();
    let numbers = vec![20, 40, 50, 60];
    let handle = engine.submit("t", Tree { numbers }).await.unwrap();
    let output = handle.outcome().await.unwrap().into_result().unwrap();
    assert_eq!(output, [10, 22, 30, 42, 70, 51, 61]);

    let stored = store.load(SagaId::new("Tree", "t")).await.unwrap().unwrap();
    let mut told = Vec::new();
    for commit in &stored.commits {
        let records: Vec<Value> = serde_json::from_str(&commit.records).unwrap();
        for record in records
            .iter()
            .filter(|record| record.get("error").is_none())
        {
            if let (Some(step), Some(value)) = (record["step"].as_str(), record.get("value")) {
                told.push(format!(
                    "{} {step} {value}",
                    record["what"].as_str().unwrap()
                ));
            }
        }
    }
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "applied each[0] 51",
            "applied each[1] 61",
            "applied left 22",
            "applied left/leaf 21",
            "applied own 10",
            "applied right 42",
            "applied right/leaf 41",
            "attempting each [50,60]",
            r#"attempting left {"number":20}"#,
            r#"attempting right {"number":40}"#,
            "fell_back instead 70",
            "resolved asked 30",
        ]
    );
}
