//! What an engine cannot read is visible from outside, and why.

use crate::{Site, common::trip};
use std::time::Duration;
use tokio::time::sleep;
use typed_saga::{
    engine::{DurableOutcome, Engine},
    sqlite::Sqlite,
};

const MANY: usize = 20;

/// Leaves sagas that run, each in a call that has not come back.
async fn leave(site: &Site) {
    let engine = site.engine().await;
    site.vendors.silent("+charge", true);
    for number in 0..MANY {
        let id = format!("trip-{number}");
        drop(engine.submit(id, trip()).await.unwrap());
    }
    engine.shutdown(Duration::ZERO).await;
    site.stop(engine).await;
    site.vendors.silent("+charge", false);
}

/// How many are unreadable, by each that counts them.
fn counted(site: &Site) -> [usize; 2] {
    let list = site.saga("list --state unreadable");
    let stats = site.saga("stats");
    assert_eq!((list.code, stats.code), (0, 0), "{list:?} {stats:?}");
    let number = stats.out.split(", ").nth(1).unwrap();
    let number = number.strip_suffix(" unreadable").unwrap();
    let lines = list.out.lines().filter(|line| line.contains("trip-"));
    [lines.count(), number.parse().unwrap()]
}

#[tokio::test(flavor = "multi_thread")]
async fn a07_what_an_engine_cannot_read_is_listed_while_it_runs_and_after() {
    let site = Site::new();
    leave(&site).await;
    assert_eq!(counted(&site), [0, 0]);

    let engine = Engine::builder(Sqlite::open(site.journal()).unwrap());
    let engine = engine.start().await.unwrap();
    while engine.unreadable().len() < MANY || counted(&site) != [MANY, MANY] {
        sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..2 {
        for line in ["why trip-7", "show trip-7"] {
            let said = site.saga(line);
            assert_eq!(said.code, 1, "{said:?}");
            let why = "unreadable: no saga of this name is registered\n";
            assert!(said.out.contains(why), "{said:?}");
            let (json, code) = site.json(line);
            let why = "no saga of this name is registered";
            assert_eq!((json["unreadable"].as_str(), code), (Some(why), 1));
        }
        let shown = site.saga("show trip-7").out;
        assert!(
            shown.contains("hotel"),
            "what is on record can be read: {shown}"
        );
        let planned = site.saga("cancel trip-7 --dry-run").out;
        assert!(planned.contains("may refuse this"), "{planned}");
        engine.shutdown(Duration::ZERO).await;
        assert_eq!(counted(&site), [MANY, MANY], "it is in the store");
    }
    site.stop(engine).await;

    let engine = site.engine().await;
    for number in 0..MANY {
        let saga = engine.submit(format!("trip-{number}"), trip()).await;
        let outcome = saga.unwrap().outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Completed(_)),
            "{outcome:?}"
        );
    }
    assert_eq!(counted(&site), [0, 0], "whoever can read it says so");
}
