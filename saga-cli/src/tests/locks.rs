//! `saga locks`, and what `saga why` says of who waits for whom.

use super::{
    failure, json, nobody,
    recorded::{Recorded, worker},
    run, text,
};
use crate::args::Args;
use anstream::adapter::strip_str;
use clap::Parser as _;
use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::sleep;
use typed_saga::{
    Lock, Verdict,
    engine::{
        Engine, Memory, ReadStore as _, SagaId, Store as _,
        for_stores::{Hold, Mark, TAKEOVERS, Turn, Unfit, Worker},
    },
    saga,
};

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
    durable saga Ship(order: u64, parks: bool) with () -> Result<(), Cow<'static, str>> {
        #[timeout(never)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        #[idempotent]
        pivot sent(order, _key) {
            sleep(Duration::from_secs(600)).await;
            let _ = order;
            Ok(())
        }
        #[idempotent]
        step noted(parks, _key) { if *parks { Err("no such book".into()) } else { Ok(()) } }
    }
}

saga! {
    #[classify(refused)]
    #[timeout(1h)]
    durable saga Close(order: u64) with () -> Result<(), Cow<'static, str>> {
        #[timeout(never)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        #[idempotent]
        step closed(_key) { sleep(Duration::from_secs(600)).await; Ok(()) }
            compensate none
    }
}

fn refused(_: &str) -> Verdict {
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

/// The key stays where it is, and a dry run already says why.
async fn keeps(journal: &Recorded, why: &str) {
    for how in ["--dry-run", "--yes"] {
        let free = failure(journal, &format!("locks order 7 --free --why x {how}")).await;
        assert_eq!(free, (why.to_owned(), 3), "{how}");
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
    let why = "Ship/a keeps `order 7`, as it can be read: wait for its end, or cancel or abandon it \
               (saga why Ship/a)";
    keeps(&journal, why).await;
    sleep(Duration::from_secs(600)).await;
    let journal = recorded(&store).await;
    let why =
        "Ship/a keeps `order 7`, as it is parked: resume, settle or abandon it (saga why Ship/a)";
    keeps(&journal, why).await;
    let shown: serde_json::Value = serde_json::from_str(&json(&journal, "show c").await).unwrap();
    let place = &shown["locks"][0];
    assert_eq!(
        (&place["key"], &place["state"]),
        (&"7".into(), &"waiting".into()),
        "{shown}"
    );
    let said = text(&journal, "why c").await;
    assert!(
        said.contains("held by Ship/a, which is parked, for 13m"),
        "{said}"
    );
}

/// An engine that knows only `Close`, in a journal in which these of `Ship` have a key or wait for it,
/// and two of `Close` wait.
async fn left(store: &Memory, ships: &[&str]) -> Engine {
    let first = Engine::builder(store.clone()).register::<Ship>(ShipServices {});
    let first = first.start().await.unwrap();
    let (order, parks) = (7, false);
    for id in ships {
        drop(first.submit(*id, Ship { order, parks }).await.unwrap());
    }
    sleep(Duration::from_secs(60)).await;
    drop(first);
    let second = Engine::builder(store.clone()).register::<Close>(CloseServices {});
    let second = second.start().await.unwrap();
    for id in ["b", "c"] {
        drop(second.submit(id, Close { order }).await.unwrap());
    }
    sleep(Duration::from_secs(60)).await;
    second
}

/// What a command prints, whatever its exit code.
async fn said(journal: &Recorded, line: &str) -> String {
    let report = run(journal, line, &mut nobody()).await.unwrap();
    strip_str(&report.text).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_freed_from_a_saga_that_no_engine_can_read() {
    let store = Memory::new();
    let engine = left(&store, &["a"]).await;
    let journal = recorded(&store).await;
    let waits = "waits for the lock `order_lock`, forever; `order 7` is held by Ship/a, which is \
                 unreadable, for 1m\n";
    assert_eq!(said(&journal, "why b").await, waits);
    let holds = "unreadable: no saga of this name is registered; it holds `order 7`, and 2 sagas wait \
                 for it: Close/b is next\n";
    assert_eq!(said(&journal, "why a").await, holds);
    let missing = failure(&journal, "locks order 8 --free --why x --yes").await;
    let why = "no saga has `order 8`: there is nothing to free";
    assert_eq!(missing, (why.to_owned(), 3));
    let free = "locks order 7 --free --why gone --by ann";
    let (_, code) = failure(&journal, free).await;
    assert_eq!(code, 2, "it is to be confirmed");
    let would = format!(
        "Ship/a: {holds}\nit would lose `order 7`: Close/b is next\n\
         as soon as an engine can read it, it goes on: two sagas may then work on `order 7`\n\n"
    );
    let dry = said(&journal, &format!("{free} --dry-run")).await;
    assert_eq!(dry, format!("{would}nothing was done\n"));
    assert_eq!(said(&journal, "why b").await, waits);
    let done = said(&journal, &format!("{free} --yes")).await;
    assert_eq!(done, format!("{would}done: Ship/a has lost `order 7`\n"));
    sleep(Duration::from_secs(60)).await;
    let journal = recorded(&store).await;
    let listed = said(&journal, "locks order 7").await;
    assert!(listed.contains("Close/b  has it"), "{listed}");
    drop(engine);
    let both = Engine::builder(store.clone()).register::<Ship>(ShipServices {});
    let both = both.register::<Close>(CloseServices {});
    let both = both.start().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let journal = recorded(&store).await;
    let why = said(&journal, "why a").await;
    let lost = "; its key of the lock `order_lock` was freed by an operator\n";
    assert!(why.ends_with(lost), "{why}");
    let holds = said(&journal, "why b").await;
    assert!(
        holds.ends_with("it holds `order 7`, and one saga waits for it: Close/c is next\n"),
        "{holds}"
    );
    let handle = both.handle::<Ship>("a").await.unwrap();
    drop(handle.finished().await.unwrap());
    let journal = recorded(&store).await;
    assert_eq!(said(&journal, "why a").await, "completed\n");
}

/// The request is on record, with who made it.
#[tokio::test(start_paused = true)]
async fn what_was_freed_is_said_as_json() {
    let store = Memory::new();
    let _engine = left(&store, &["a", "w"]).await;
    let journal = recorded(&store).await;
    let free = json(&journal, "locks order 7 --free --why gone --by ann --yes").await;
    let free: serde_json::Value = serde_json::from_str(&free).unwrap();
    assert_eq!(
        (&free["from"]["id"], &free["next"]["id"]),
        (&"a".into(), &"w".into()),
        "{free}"
    );
    let message = free["message"].as_u64().unwrap();
    let answer = store
        .message(message)
        .await
        .unwrap()
        .and_then(|it| it.answer);
    assert_eq!(answer.as_deref(), Some("\"done\""));
    let would = text(&journal, "locks order 7 --free --why gone --dry-run").await;
    let waited = "it would lose `order 7`: Close/b is next\nas soon as an engine can read it, it gets in \
                  line again: it was still waiting at the lock\n";
    assert!(would.contains(waited), "{would}");
    for line in [
        "--free",
        "order --free",
        "order 7 --free",
        "order 7 --why x",
        "order 7 --yes",
    ] {
        let words = ["saga", "locks"].into_iter().chain(line.split(' '));
        Args::try_parse_from(words).unwrap_err();
    }
}

/// It may be able to read the saga.
#[tokio::test(start_paused = true)]
async fn a_key_is_not_freed_before_the_next_engine_has_looked() {
    let store = Memory::new();
    drop(left(&store, &["a"]).await);
    store.open(worker()).await.unwrap();
    let journal = recorded(&store).await;
    let why = "Ship/a keeps `order 7`, as an engine has started since it was found unreadable, and \
               may be able to read it: that one finds out within two leases, so try again then (saga \
               why Ship/a)";
    keeps(&journal, why).await;
}

/// Its journal can be read, and so it can be abandoned.
#[tokio::test(start_paused = true)]
async fn a_quarantined_saga_keeps_its_keys() {
    let store = Memory::shared();
    let engine = Engine::builder(store.clone()).register::<Ship>(ShipServices {});
    let engine = engine.start().await.unwrap();
    let (order, parks) = (7, false);
    drop(engine.submit("a", Ship { order, parks }).await.unwrap());
    sleep(Duration::from_secs(60)).await;
    drop(engine);
    let lease = Duration::from_secs(30);
    let doomed = || Worker { lease, ..worker() };
    for _ in 0..TAKEOVERS {
        sleep(lease * 2).await;
        let epoch = store.open(doomed()).await.unwrap().epoch;
        drop(store.claim(epoch, Turn(1), 9).await.unwrap());
        drop(store.claim_suspect(epoch, Turn(1)).await.unwrap());
    }
    sleep(lease * 2).await;
    let epoch = store.open(doomed()).await.unwrap().epoch;
    drop(store.claim_suspect(epoch, Turn(1)).await.unwrap());
    let (fingerprint, why) = (0, "ten workers have died with it".into());
    let unfit = Mark::Unfit(Unfit { fingerprint, why });
    let due = Some(store.now().await.unwrap());
    let release = store.release(
        epoch,
        Hold::new(SagaId::new("Ship", "a"), Turn(1)),
        due,
        unfit,
        Vec::new(),
    );
    release.await.unwrap();
    let journal = recorded(&store).await;
    let why =
        "Ship/a keeps `order 7`, as it is quarantined: resume or abandon it (saga why Ship/a)";
    keeps(&journal, why).await;
}
