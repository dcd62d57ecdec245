//! What is asked of a saga reaches an engine that runs, and one that is yet to start.

use crate::{
    Site,
    common::{BookTrip, trip},
};
use std::{fs, time::Duration};
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, SagaId, State},
};

/// What is said where nobody can be asked.
const NO_ENGINE: &str =
    "saga: there is no terminal to confirm at: check with --dry-run, then pass --yes\n";

/// A trip that is parked, since its hotel could not be cancelled.
async fn parked(site: &Site, engine: &Engine) {
    let vendors = &site.vendors;
    vendors.fail("+charge", 1, Verdict::Refused, "card declined");
    vendors.fail("-hotel", 2, Verdict::Transient, "no line");
    let handle = engine.submit("trip-42", trip()).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");
}

/// A trip that is parked, since nobody knows whether there is a car.
async fn doubtful(site: &Site, engine: &Engine) {
    let vendors = &site.vendors;
    vendors.fail("+car", 1, Verdict::Unknown, "connection lost");
    vendors.fail("?car", 2, Verdict::Transient, "busy");
    let handle = engine.submit("trip-43", trip()).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");
}

async fn state(engine: &Engine, id: &str) -> State {
    let saga = SagaId::new("BookTrip", id);
    engine.status(&saga).await.unwrap().row.state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_saga_is_resumed() {
    let site = Site::new();
    let engine = site.engine().await;
    parked(&site, &engine).await;
    let dry = site.saga("resume trip-42 --dry-run");
    assert!(
        dry.out
            .contains("1.  hotel  compensation\nthen it is compensated\n"),
        "{dry:?}"
    );
    let nobody = site.saga("resume trip-42");
    assert_eq!((nobody.err.as_str(), nobody.code), (NO_ENGINE, 2));
    assert_eq!(state(&engine, "trip-42").await, State::Parked);

    let said = site.saga("resume trip-42 --yes --why ready");
    assert_eq!(said.code, 0, "{said:?}");
    let done = "done: recorded; to follow it: saga why BookTrip/trip-42\n";
    assert!(said.out.ends_with(done), "{said:?}");
    let handle = engine.handle::<BookTrip>("trip-42").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    let history = site.saga("show trip-42").out;
    assert!(history.contains("by ada, why: ready"), "{history}");
    let why = site.saga("why trip-42").out;
    assert_eq!(why, "compensated: failed first: `charge`: card declined\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_or_is_in_doubt_is_settled() {
    let site = Site::new();
    let engine = site.engine().await;
    parked(&site, &engine).await;
    doubtful(&site, &engine).await;
    let (answer, code) = site.json("settle trip-42 hotel --undone --yes --why phoned");
    assert_eq!(
        (answer["answer"].as_str(), code),
        (Some("done"), 0),
        "{answer}"
    );
    assert_eq!(state(&engine, "trip-42").await, State::Parked);

    let said = site.saga("settle trip-43 car --applied 7 --yes --why phoned");
    assert!(
        said.out
            .ends_with("to continue: saga resume BookTrip/trip-43\n"),
        "{said:?}"
    );
    for id in ["trip-42", "trip-43"] {
        assert_eq!(site.saga(&format!("resume {id} --yes")).code, 0);
        let handle = engine.handle::<BookTrip>(id).await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Compensated(_)),
            "{outcome:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a04_resume_all_takes_up_every_parked_saga() {
    let site = Site::new();
    let engine = site.engine().await;
    parked(&site, &engine).await;
    doubtful(&site, &engine).await;
    let said = site.saga("resume --all --yes --why ready");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.ends_with("done: 2 of 2 sagas resumed, 0 failed\n"),
        "{said:?}"
    );
    for id in ["trip-42", "trip-43"] {
        let handle = engine.handle::<BookTrip>(id).await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(!matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");
    }
    let none = site.saga("resume --all --yes");
    assert_eq!(
        (none.out.as_str(), none.code),
        ("no such saga is parked\n\nnothing was done\n", 0)
    );
}

/// The program knows no types: the engine has the last word.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_refuses() {
    let site = Site::new();
    let engine = site.engine().await;
    doubtful(&site, &engine).await;
    let said = site.saga("settle trip-43 car --applied \"seven\" --yes --why x");
    assert_eq!(said.code, 3, "{said:?}");
    let last = said.out.lines().last().unwrap();
    assert!(
        last.starts_with("refused: this is not an effect of `car`: "),
        "{said:?}"
    );
    let (answer, code) = site.json("settle trip-43 car --applied \"seven\" --yes --why x");
    assert_eq!(
        (answer["answer"].as_str(), code),
        (Some("refused"), 3),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_is_cancelled_and_another_abandoned() {
    let site = Site::new();
    let engine = site.engine().await;
    site.vendors.silent("+hotel", true);
    engine.submit("trip-1", trip()).await.unwrap();
    let runs = loop {
        let why = site.saga("why trip-1").out;
        if why.contains("`hotel`") {
            break why;
        }
    };
    assert!(runs.starts_with("runs `hotel`, attempt 1, for "), "{runs}");
    let said = site.saga("cancel trip-1 --yes");
    assert_eq!(said.code, 0, "{said:?}");
    let history = site.saga("show trip-1").out;
    assert!(history.contains("cancel_requested"), "{history}");
    assert!(history.contains("by ada"), "{history}");

    site.vendors.silent("+hotel", false);
    parked(&site, &engine).await;
    let said = site.saga("abandon trip-42 --yes --why enough");
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(state(&engine, "trip-42").await, State::Abandoned);
    assert_eq!(site.saga("why trip-42").out, "abandoned by ada: enough\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_engine_takes_up_what_was_asked_when_there_was_none() {
    let site = Site::new();
    let engine = site.engine().await;
    parked(&site, &engine).await;
    site.stop(engine).await;
    let said = site.saga("resume trip-42 --yes --wait 99999999w");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.ends_with(
            "sent: no engine has answered yet: the next one that opens the journal will act on it\n"
        ),
        "{said:?}"
    );
    assert!(site.saga("why trip-42").out.starts_with("parked: "));

    let engine = site.engine().await;
    let compensated = async {
        while state(&engine, "trip-42").await != State::Compensated {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), compensated)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_nobody_owns_is_purged() {
    let site = Site::new();
    let engine = site.engine().await;
    for id in ["trip-1", "trip-2"] {
        let handle = engine.submit(id, trip()).await.unwrap();
        drop(handle.outcome().await.unwrap());
    }
    parked(&site, &engine).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let said = site.saga("purge --older-than 10ms --yes");
    assert_eq!(said.code, 3, "{said:?}");
    let process = std::process::id();
    let owned = format!("saga: process {process} owns the journal: its engine purges by itself");
    assert!(said.err.starts_with(&owned), "{said:?}");

    site.stop(engine).await;
    let nobody = site.saga("purge --older-than 10ms");
    assert_eq!((nobody.err.as_str(), nobody.code), (NO_ENGINE, 2));
    let (purged, code) = site.json("purge --older-than 10ms --yes");
    assert_eq!((purged["purged"].as_u64(), code), (Some(2), 0), "{purged}");
    let (list, _) = site.json("list");
    assert_eq!(list["sagas"].as_array().unwrap().len(), 1, "{list}");
    let gone = site.saga("why trip-1");
    assert_eq!(gone.code, 3);
    assert!(
        gone.err.starts_with("saga: there is no saga `trip-1`"),
        "{gone:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_saga_is_purged_from_every_byte() {
    let site = Site::new();
    let engine = site.engine().await;
    for (id, city) in [("trip-1", "Lisbon"), ("trip-2", "Atlantis")] {
        let city = city.to_owned();
        let trip = BookTrip { city, ..trip() };
        let handle = engine.submit(id, trip).await.unwrap();
        drop(handle.outcome().await.unwrap());
    }
    site.stop(engine).await;
    let without = site.saga("purge trip-2 --yes");
    assert_eq!(without.code, 2, "the reason is missing: {without:?}");
    let (purged, code) = site.json("purge trip-2 --yes --why asked --vacuum");
    let did = |what: &str| purged[what].as_bool();
    assert_eq!(
        (did("purged"), did("vacuumed"), code),
        (Some(true), Some(true), 0),
        "{purged}"
    );
    for file in fs::read_dir(site.place.path()).unwrap() {
        let file = file.unwrap().path();
        let bytes = fs::read(&file).unwrap();
        let has = |word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
        assert!(!has(b"Atlantis"), "{}", file.display());
        let is_journal = file == site.journal();
        assert_eq!(has(b"Lisbon"), is_journal, "{}", file.display());
    }
    assert_eq!(recorded(&site, "trip-2"), [record()]);
}

/// What is recorded of a saga that was purged.
fn record() -> (String, String) {
    let text = r#"{"action":"purge","who":{"by":"ada","why":"asked"}}"#;
    (text.to_owned(), "\"done\"".to_owned())
}

/// The messages to a saga, with their answers.
fn recorded(site: &Site, id: &str) -> Vec<(String, String)> {
    let journal = rusqlite::Connection::open(site.journal()).unwrap();
    let sql = "SELECT text, answer FROM inbox WHERE id = ?1";
    let mut messages = journal.prepare(sql).unwrap();
    let messages = messages.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)));
    messages.unwrap().map(Result::unwrap).collect()
}

/// The deletion and its record are one commit, whatever fails afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_purge_that_fails_after_it_has_deleted_a_saga_is_recorded() {
    let site = Site::new();
    let engine = site.engine().await;
    let handle = engine.submit("trip-1", trip()).await.unwrap();
    drop(handle.outcome().await.unwrap());
    site.stop(engine).await;
    let reads = rusqlite::Connection::open(site.journal()).unwrap();
    let read = "BEGIN; SELECT count(*) FROM saga";
    reads.execute_batch(read).unwrap();
    let said = site.saga("purge trip-1 --yes --why asked --vacuum");
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.err.contains("another process reads it"), "{said:?}");
    reads.execute_batch("COMMIT").unwrap();
    let (list, _) = site.json("list");
    assert_eq!(list["sagas"].as_array().unwrap().len(), 0, "{list}");
    assert_eq!(recorded(&site, "trip-1"), [record()]);
}
