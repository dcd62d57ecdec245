//! `saga outbox`, and what other commands know of events that are not delivered.

use super::{failure, json, nobody, recorded::Recorded, run, text};
use crate::args::Args;
use anstream::adapter::strip_str;
use clap::Parser;
use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::sleep;
use typed_saga::{
    Key,
    engine::{Engine, EventFilter, Memory, for_stores::Clock},
    saga,
};

/// A bus that is down until somebody puts it up.
#[derive(Clone, Default)]
struct Bus(Arc<AtomicBool>);

impl Bus {
    async fn publish(&self, _: &u32, _: &Key) -> Result<(), Cow<'static, str>> {
        sleep(Duration::from_millis(1)).await;
        if self.0.load(Ordering::SeqCst) {
            Ok(())
        } else {
            Err("the bus is down".into())
        }
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1m)]
    durable saga Send(parcels: u32) with (bus: Bus) -> Result<u32, Cow<'static, str>> emit u32 {
        #[idempotent]
        step sent(parcels, key) -> u32 { let _ = key; Ok(*parcels) }
            compensate none;

        emit(sent => (0..*sent).collect::<Vec<_>>());
        publish(bus, event, key) = Bus::publish;

        sent
    }
}

/// An engine that runs, with a saga whose first event is stuck, and its journal.
async fn stuck() -> (Engine, Recorded, Bus) {
    let (memory, bus) = (Memory::new(), Bus::default());
    let services = SendServices { bus: bus.clone() };
    let builder = Engine::builder(memory.clone()).register::<Send>(services);
    let engine = builder.start().await.unwrap();
    let handle = engine.submit("s", Send { parcels: 2 }).await.unwrap();
    drop(handle.outcome().await.unwrap());
    while engine.outbox().undelivered().await.unwrap()[0].stuck == 0 {
        sleep(Duration::from_millis(100)).await;
    }
    let journal = Recorded {
        memory,
        now: Clock::system().now(),
        owner: Arc::new(Mutex::new(Some("process 42".to_owned()))),
        ..Recorded::empty()
    };
    (engine, journal, bus)
}

/// What a command prints, and the exit code.
async fn said(journal: &Recorded, line: &str) -> (String, u8) {
    let report = run(journal, line, &mut nobody()).await.unwrap();
    (strip_str(&report.text).to_string(), report.code)
}

#[tokio::test(start_paused = true)]
async fn events_that_are_not_delivered_are_listed() {
    let (_engine, journal, _) = stuck().await;
    let listed = text(&journal, "outbox").await;
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines.len(), 3, "{listed}");
    assert!(lines[1].starts_with("Send/s  0"), "{listed}");
    assert!(
        lines[1].contains("stuck: it failed 10 times, last: the bus is down"),
        "{listed}"
    );
    assert!(lines[2].contains("after another"), "{listed}");
    for (line, events) in [
        ("outbox s", 2),
        ("outbox --saga Send --limit 1", 1),
        ("outbox --stuck", 1),
        ("outbox --saga Other", 0),
    ] {
        let listed: serde_json::Value = serde_json::from_str(&json(&journal, line).await).unwrap();
        assert_eq!(listed["events"].as_array().unwrap().len(), events, "{line}");
        assert_eq!(listed["more"], line.contains("limit"), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_command_says_why_an_event_is_not_delivered() {
    let (engine, journal, _) = stuck().await;
    let shown: serde_json::Value = serde_json::from_str(&json(&journal, "show s").await).unwrap();
    let event = &shown["events"][0];
    assert_eq!(event["error"], "the bus is down", "{event}");
    assert_eq!(event["payload"], 0, "{event}");
    assert!(event["delivered"].is_null(), "{event}");
    for line in ["why s", "show s"] {
        let why = text(&journal, line).await;
        let said = "completed; event 0 is not delivered yet \
                    (stuck: it failed 10 times, last: the bus is down)";
        assert!(why.contains(said), "{why}");
    }
    let status = engine
        .status(&typed_saga::engine::SagaId::new("Send", "s"))
        .await;
    assert!(status.unwrap().why.contains("event 0 is not delivered yet"));
    let counted = text(&journal, "stats").await;
    assert!(
        counted.ends_with("events not delivered: 2, 1 stuck\n"),
        "{counted}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_stuck_can_be_redelivered_at_once() {
    let (engine, journal, bus) = stuck().await;
    bus.0.store(true, Ordering::SeqCst);
    let (done, _) = said(&journal, "outbox s --redeliver --yes --by ann").await;
    assert!(
        done.contains("its first undelivered event would be delivered at once"),
        "{done}"
    );
    assert!(done.contains("done: it is due now"), "{done}");
    let handle = engine.handle::<Send>("s").await.unwrap();
    drop(handle.finished().await.unwrap());
    assert_eq!(
        text(&journal, "outbox").await,
        "no event waits to be delivered\n"
    );
    assert_eq!(text(&journal, "why s").await, "completed\n");
    for line in [
        "outbox s --redeliver --yes",
        "outbox s --redeliver --dry-run",
        "outbox s --skip --event 0 --why broken --dry-run",
        "outbox s --redeliver --event 2 --dry-run",
    ] {
        let (why, code) = failure(&journal, line).await;
        assert_eq!(code, 3, "{line}: {why}");
        assert!(
            why.contains("no event of it can be made due"),
            "{line}: {why}"
        );
    }
    let (again, code) = said(&journal, "outbox s --redeliver --event 1 --yes").await;
    assert_eq!(code, 0, "one that was delivered: {again}");
}

#[tokio::test(start_paused = true)]
async fn redelivery_is_of_one_saga() {
    let usage = Args::try_parse_from(["saga", "outbox", "--redeliver"]);
    usage.unwrap_err();
    let (_engine, journal, _) = stuck().await;
    let (why, code) = failure(&journal, "outbox x --redeliver --yes").await;
    assert_eq!(code, 3, "{why}");
}

#[tokio::test(start_paused = true)]
async fn an_event_is_skipped_for_a_reason() {
    for line in [
        "outbox s --skip",
        "outbox --skip --why broken",
        "outbox s --skip --redeliver --why broken",
    ] {
        let words = ["saga"].into_iter().chain(line.split(' '));
        assert!(Args::try_parse_from(words).is_err(), "{line}");
    }
    let (engine, journal, _) = stuck().await;
    for (event, is_there) in [("0", true), ("1", false), ("2", false)] {
        let line = format!("outbox s --skip --event {event} --why broken --dry-run");
        let planned = run(&journal, &line, &mut nobody()).await;
        assert_eq!(
            planned.is_ok(),
            is_there,
            "event {event}: there are 0 and 1, and 1 waits"
        );
    }
    let (done, code) = said(&journal, "outbox s --skip --why broken --yes --by ann").await;
    assert_eq!(code, 0, "{done}");
    assert!(done.contains("done: it will not be delivered"), "{done}");
    let events = engine.outbox().list(EventFilter::default()).await.unwrap();
    assert_eq!(events[0].skipped.as_deref(), Some("broken (by ann)"));
    assert!(events[0].delivered.is_some() && events[1].delivered.is_none());
    let listed = text(&journal, "outbox").await;
    assert!(!listed.contains("Send/s  0"), "{listed}");
    assert!(listed.contains("Send/s  1"), "{listed}");
}
