//! What the records of failures have, and what is seen if the value of an error is not among it.

use super::{
    note_error, tree,
    world::{How, LIMIT, Seen, Tree, TreeServices},
};
use crate::durable::lives::lives;
use serde_json::Value;
use std::time::Duration;
use typed_saga::{
    Cause,
    engine::{DurableOutcome, Engine, Memory, ReadStore, SagaId},
};

/// Runs the saga on an engine. Gives its records.
fn records(fails: &str, how: How, seen: &Seen) -> Vec<Value> {
    let memory = Memory::new();
    lives(&memory, &[], async |store| {
        let services = TreeServices { seen: seen.clone() };
        let engine = Engine::builder(store).register::<Tree>(services);
        let engine = engine.effect_limit(LIMIT);
        let engine = engine.unload_after(Duration::from_millis(1));
        let engine = engine.start().await.unwrap();
        let handle = engine.submit("it", tree(fails, how)).await.unwrap();
        match handle.finished().await.unwrap() {
            DurableOutcome::Compensated(error) => note_error(seen, "outcome", &error),
            other => panic!("{other:?}"),
        }
    });
    let mut records = Vec::new();
    lives(&memory, &[], async |store| {
        let stored = store.load(SagaId::new("Tree", "it")).await.unwrap();
        records.clear();
        for commit in stored.unwrap().commits {
            let more: Vec<Value> = serde_json::from_str(&commit.records).unwrap();
            records.extend(more);
        }
    });
    records
}

/// The record of this kind that has an error.
fn of_kind<'r>(records: &'r [Value], what: &str) -> &'r Value {
    let mut records = records.iter();
    let found = records.find(|record| record["what"] == what && !record["error"].is_null());
    found.unwrap_or_else(|| panic!("no record is `{what}`"))
}

#[test]
fn b1_the_records_have_the_value_beside_the_text() {
    let all = records("last", How::Refuses, &Seen::waiting(true));
    let rejected = of_kind(&all, "rejected");
    let flaw = serde_json::json!({ "code": 0, "what": "Plain" });
    assert_eq!(rejected["value"], serde_json::json!({ "Own": flaw }));
    // The text is that of the value as it is read back.
    let text = rejected["error"].as_str().unwrap();
    assert!(text.contains("fresh: false"), "{text}");
    let undone = of_kind(&all, "compensation_failed");
    assert_eq!(
        undone["value"]["code"]
            .as_u64()
            .or(undone["value"]["Own"]["code"].as_u64()),
        Some(7)
    );

    // The record of the child saga has its own error, that of the parent's step the converted one.
    let all = records("child/leaf/two", How::Refuses, &Seen::default());
    let values = all.iter().filter(|record| !record["error"].is_null());
    let values: Vec<_> = values.map(|record| &record["value"]).collect();
    let converted = serde_json::json!({ "OfChild": { "flaw": flaw, "converted": true } });
    assert!(values.contains(&&flaw), "{values:?}");
    assert!(values.contains(&&converted), "{values:?}");
}

/// An error that is its text: everywhere, and in the record, which says why.
fn is_its_text(how: How, why: &str) {
    for fails in ["last", "items2", "child/leaf/two", "side/one"] {
        let seen = Seen::waiting(true);
        let all = records(fails, how, &seen);
        let rejected = of_kind(&all, "rejected");
        assert!(rejected["value"].is_null(), "{rejected}");
        let said = rejected["why"].as_str().unwrap_or_default();
        assert!(said.contains(why), "{fails}: {rejected}");
        let views = seen.views();
        assert!(
            views["outcome"][0].contains("Recorded {"),
            "{fails}: {views:?}"
        );
        let first = &views["first"];
        assert!(first[0].contains("Recorded {") && first.iter().all(|view| *view == first[0]));
    }
}

#[test]
fn b1_what_cannot_be_recorded_is_its_text() {
    is_its_text(How::Odd, "odd");
}

#[test]
fn b1_what_is_too_large_is_its_text() {
    is_its_text(How::Large, &LIMIT.to_string());
}

/// A saga and its next version, which has another error.
macro_rules! version {
    ($version:ident, $error:ty, $fails:expr) => {
        mod $version {
            use typed_saga::{Verdict, saga};

            saga! {
                #[classify(verdict)] #[timeout(5s)]
                pub(super) durable saga Pay(sum: u32) with (seen: super::Seen) -> Result<u32, $error> {
                    read paid(sum, seen) -> u32 {
                        let _ = (sum, seen);
                        Err($fails)
                    }
                    paid
                }
            }

            fn verdict(_: &$error) -> Verdict {
                Verdict::Refused
            }
        }
    };
}

version! { old, String, "too much".to_owned() }
version! { new, u64, 7 }

#[test]
fn b1_what_a_new_version_cannot_decode_is_its_text() {
    let memory = Memory::new();
    lives(&memory, &[], async |store| {
        let services = old::PayServices {
            seen: Seen::default(),
        };
        let engine = Engine::builder(store).register::<old::Pay>(services);
        let engine = engine.start().await.unwrap();
        let handle = engine.submit("it", old::Pay { sum: 1 }).await.unwrap();
        assert!(matches!(
            handle.outcome().await.unwrap(),
            DurableOutcome::Compensated(_)
        ));
    });
    lives(&memory, &[], async |store| {
        let services = new::PayServices {
            seen: Seen::default(),
        };
        let engine = Engine::builder(store).register::<new::Pay>(services);
        let engine = engine.start().await.unwrap();
        let handle = engine.handle::<new::Pay>("it").await.unwrap();
        match handle.outcome().await.unwrap() {
            DurableOutcome::Compensated(error) => {
                let cause = error.failure().cause();
                assert!(matches!(cause, Cause::Recorded { .. }), "{cause:?}");
                assert!(cause.to_string().contains("too much"), "{cause}");
            }
            other => panic!("{other:?}"),
        }
    });
}
