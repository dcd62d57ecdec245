//! `saga locks`, and what `saga why` says of who waits for whom.

use super::{json, recorded::Recorded, text};
use saga::{
    Lock, Verdict,
    engine::{Engine, Memory, ReadStore as _},
    saga,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::sleep;

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    #[classify(refused)]
    #[timeout(1h)]
    durable saga Ship(order: u64, parks: bool) with () -> Result<(), &'static str> {
        #[timeout(never)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        #[idempotent]
        pivot sent(order, _key) {
            sleep(Duration::from_secs(600)).await;
            let _ = order;
            Ok(())
        }
        #[idempotent]
        step noted(parks, _key) { if *parks { Err("no such book") } else { Ok(()) } }
    }
}

fn refused(_: &&'static str) -> Verdict {
    Verdict::Refused
}

/// The journal of an engine that runs, as it is now.
async fn recorded(store: &Memory) -> Recorded {
    Recorded {
        memory: store.clone(),
        now: store.now().await.unwrap(),
        owner: Arc::new(Mutex::new(Some("process 42".to_owned()))),
        ..Recorded::empty()
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_whom_is_listed_and_said() {
    let store = Memory::new();
    let engine = Engine::builder(store.clone()).register::<Ship>(ShipServices {});
    let engine = engine.start().await.unwrap();
    for (id, order) in [("a", 7), ("b", 7), ("c", 7), ("d", 8)] {
        let parks = id == "a";
        drop(engine.submit(id, Ship { order, parks }).await.unwrap());
    }
    sleep(Duration::from_secs(180)).await;
    let journal = recorded(&store).await;
    let listed = text(&journal, "locks").await;
    let lines: Vec<_> = listed.lines().map(str::trim_end).collect();
    assert_eq!(
        lines,
        [
            "lock   key  saga    state   for",
            "order  7    Ship/a  has it  3m",
            "order  7    Ship/b  waits   3m",
            "order  7    Ship/c  waits   3m",
            "order  8    Ship/d  has it  3m",
        ]
    );
    for (line, places) in [
        ("locks order 7 --limit 2", 2),
        ("locks order 8", 1),
        ("locks stock", 0),
        ("locks --of b", 1),
    ] {
        let listed: serde_json::Value = serde_json::from_str(&json(&journal, line).await).unwrap();
        assert_eq!(listed["locks"].as_array().unwrap().len(), places, "{line}");
        assert_eq!(listed["more"], line.contains("limit"), "{line}");
    }
    let waits = "waits for the lock `order_lock`, forever; `order 7` is held by Ship/a, which is \
                 running, for 3m\n";
    assert_eq!(text(&journal, "why b").await, waits);
    let holds = text(&journal, "why a").await;
    let said = "; it holds `order 7`, and 2 sagas wait for it: Ship/b is next\n";
    assert!(holds.ends_with(said), "{holds}");
    let alone = text(&journal, "why d").await;
    assert!(!alone.contains("order 8"), "{alone}");
    sleep(Duration::from_secs(600)).await;
    let journal = recorded(&store).await;
    let said = text(&journal, "why c").await;
    assert!(
        said.contains("held by Ship/a, which is parked, for 13m"),
        "{said}"
    );
}
