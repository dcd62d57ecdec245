//! Arms of a `when` on an engine: what was decided about one is on record, and closes the others.

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
    pub(crate) durable saga Pay(sum: u32) with (world: World) -> Result<_, Trouble> {
        #[idempotent]
        step cart(world, key) -> u32 { world.call("+cart", key)?; Ok(1) }
            compensate(world, key) { world.call("-cart", key) }

        when (sum, world => {
            world.ledger().calls.push("large?".to_owned());
            *sum > 100
        }) {
            #[idempotent] #[retry(3, 1h..1h, jitter = false)]
            step invoice(world, cart, key) -> u32 { world.call("+invoice", key)?; Ok(cart + 1) }
                compensate(world, key) { world.call("-invoice", key) }
        } else when (sum, world => {
            world.ledger().calls.push("some?".to_owned());
            *sum > 10
        }) {
            #[idempotent] #[retry(3, 1h..1h, jitter = false)]
            step card(world, key) -> u32 { world.call("+card", key)?; Ok(2) }
                compensate(world, key) { world.call("-card", key) }

            #[idempotent]
            step points(world, card, key) -> u32 { world.call("+points", key)?; Ok(card + 1) }
                compensate(world, key) { world.call("-points", key) }
        } else {
            #[idempotent] #[retry(3, 1h..1h, jitter = false)]
            step cash(world, key) -> u32 { world.call("+cash", key)?; Ok(5) }
                compensate(world, key) { world.call("-cash", key) }
        }

        #[idempotent]
        pivot sent(world, invoice, points, cash, key) -> u32 {
            world.call("+sent", key)?;
            Ok(invoice.or(*points).or(*cash).unwrap_or(0))
        }
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    pub(crate) durable saga Settle(sum: u32) with (world: World) -> Result<_, Trouble> {
        when (sum => *sum > 100) {
            #[idempotent]
            step paid(world, key) -> u32 { world.call("+invoice", key)?; Ok(1) }
                compensate(world, key) { world.call("-invoice", key) }
        } else {
            #[name = "cash"]
            #[idempotent]
            step paid(world, key) -> u32 { world.call("+cash", key)?; Ok(2) }
                compensate(world, key) { world.call("-cash", key) }
        }

        #[idempotent] #[retry(3, 1h..1h, jitter = false)]
        step stamp(world, paid, key) -> u32 { world.call("+stamp", key)?; Ok(paid + 10) }
            compensate(world, key) { world.call("-stamp", key) }
    }
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let services = PayServices {
        world: world.clone(),
    };
    let others = SettleServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<Pay>(services);
    let builder = builder.register::<Settle>(others);
    builder.start().await.unwrap()
}

/// Of each arm: a sum, what is called until it has run, the steps whose conditions are on record, and the
/// output.
const ARMS: [(u32, &str, &[(&str, bool)], u32); 3] = [
    (500, "+cart large? +invoice", &[("invoice", true)], 2),
    (
        50,
        "+cart large? some? +card",
        &[("invoice", false), ("card", true)],
        3,
    ),
    (
        5,
        "+cart large? some? +cash",
        &[("invoice", false), ("card", false)],
        5,
    ),
];

#[tokio::test(start_paused = true)]
async fn each_condition_that_was_evaluated_is_on_record() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    for (sum, calls, decided, sent) in ARMS {
        let (_, id) = calls.rsplit_once('+').unwrap();
        let handle = engine.submit(id, Pay { sum }).await.unwrap();
        let DurableOutcome::Completed(effects) = handle.outcome().await.unwrap() else {
            panic!("it completes")
        };
        assert_eq!(effects.sent, sent);
        let history = engine.history(&SagaId::new("Pay", id)).await.unwrap();
        let records = history.iter().map(|entry| &entry.record);
        let records = records.map(|record| serde_json::to_string(record).unwrap());
        let found: Vec<_> = records
            .filter(|record| record.contains("decided"))
            .collect();
        let expected = decided.iter().map(|(step, taken)| {
            format!(r#"{{"what":"decided","step":"{step}","taken":{taken}}}"#)
        });
        assert_eq!(found, expected.collect::<Vec<_>>());
        let loaded = engine.load::<Pay>(id).await.unwrap();
        let taken = [
            loaded.effects.invoice,
            loaded.effects.points,
            loaded.effects.cash,
        ];
        // Each of the others was skipped.
        assert_eq!(taken.into_iter().flatten().flatten().count(), 1);
        assert!(taken.iter().all(Option::is_some));
    }
}

#[tokio::test(start_paused = true)]
async fn another_process_goes_on_in_the_arm_that_was_taken() {
    for (sum, calls, _, sent) in ARMS {
        let (store, world) = (Memory::new(), World::default());
        let call = ["+invoice", "+card", "+cash"];
        let call = call.into_iter().find(|call| calls.ends_with(call)).unwrap();
        world.fails(call, Trouble(Verdict::Transient, "not now".into()));
        let first = engine(&store, &world).await;
        let handle = first.submit("p", Pay { sum }).await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(handle);
        first.shutdown(Duration::from_secs(1)).await;
        assert_eq!(world.calls(), calls);

        let second = engine(&store, &world).await;
        let handle = second.submit("p", Pay { sum }).await.unwrap();
        let DurableOutcome::Completed(effects) = handle.outcome().await.unwrap() else {
            panic!("it completes")
        };
        assert_eq!(effects.sent, sent);
        let asked = world.calls().matches('?').count();
        assert_eq!(asked, calls.matches('?').count(), "nothing is asked again");
    }
}

#[tokio::test(start_paused = true)]
async fn another_process_undoes_the_arm_that_was_taken() {
    for (sum, _, _, _) in ARMS {
        let (store, world) = (Memory::new(), World::default());
        world.fails("+sent", Trouble(Verdict::Refused, "no stamps".into()));
        world.fails("-cart", Trouble(Verdict::Transient, "in use".into()));
        let first = engine(&store, &world).await;
        let handle = first.submit("p", Pay { sum }).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        drop(handle);
        first.shutdown(Duration::from_millis(1)).await;
        let second = engine(&store, &world).await;
        let handle = second.submit("p", Pay { sum }).await.unwrap();
        let DurableOutcome::Compensated(error) = handle.outcome().await.unwrap() else {
            panic!("it goes back")
        };
        assert!(error.is_clean());
        assert!(world.ledger().standing.is_empty(), "{sum}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_process_reads_what_either_arm_made() {
    for (sum, step, calls, paid) in [
        (500, "paid", "+invoice +stamp", 1),
        (50, "cash", "+cash +stamp", 2),
    ] {
        let (store, world) = (Memory::new(), World::default());
        world.fails("+stamp", Trouble(Verdict::Transient, "no ink".into()));
        let first = engine(&store, &world).await;
        let handle = first.submit("s", Settle { sum }).await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(handle);
        first.shutdown(Duration::from_secs(1)).await;
        assert_eq!(world.calls(), calls);

        let second = engine(&store, &world).await;
        let handle = second.submit("s", Settle { sum }).await.unwrap();
        let DurableOutcome::Completed(effects) = handle.outcome().await.unwrap() else {
            panic!("it completes")
        };
        assert_eq!((effects.paid, effects.stamp), (paid, paid + 10));
        let history = second.history(&SagaId::new("Settle", "s")).await.unwrap();
        let records = history.iter().map(|entry| &entry.record);
        let mut records = records.map(|record| serde_json::to_string(record).unwrap());
        let started = format!(r#""step":"{step}""#);
        assert!(records.any(|record| record.contains(&started)));
        let loaded = second.load::<Settle>("s").await.unwrap().effects;
        let made = [loaded.paid, loaded.cash].into_iter().flatten().flatten();
        assert_eq!(made.collect::<Vec<_>>(), [paid]);
    }
}
