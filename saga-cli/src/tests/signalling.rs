//! `saga signal`, answered by an engine that runs.

use super::{
    common::{Trouble, Vendors},
    nobody,
    recorded::Recorded,
    run, text,
};
use crate::args::Args;
use anstream::adapter::strip_str;
use clap::Parser;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::sleep;
use typed_saga::{
    engine::{Engine, Memory, for_stores::Clock},
    runtime::Signalled,
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1m)]
    durable saga Expense(archives: bool) with (vendors: Vendors) -> Result<u32, Trouble> {
        #[idempotent]
        step hold(vendors, key) -> u32 { vendors.call("+hold", key).await.map(|()| 1) }
            compensate(vendors, key) { vendors.call("-hold", key).await }

        #[timeout(1h)]
        signal approved -> u32;

        #[idempotent]
        step pay(vendors, approved, key) -> u32 {
            vendors.call("+pay", key).await.map(|()| *approved)
        }
            compensate(vendors, key) { vendors.call("-pay", key).await }

        #[when(archives => *archives)]
        #[timeout(never)]
        signal archived -> Option<String>;

        {
            let _ = archived;
            hold + pay
        }
    }
}

/// An engine that runs, one of whose sagas listens for `approved`, and its journal.
async fn listening(archives: bool) -> (Engine, Recorded) {
    let (memory, vendors) = (Memory::new(), Vendors::default());
    let builder = Engine::builder(memory.clone()).register::<Expense>(ExpenseServices { vendors });
    let engine = builder.start().await.unwrap();
    engine.submit("e", Expense { archives }).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let journal = Recorded {
        memory,
        now: Clock::system().now(),
        owner: Arc::new(Mutex::new(Some("process 42".to_owned()))),
        ..Recorded::empty()
    };
    (engine, journal)
}

/// The last line that a command prints, or why it does nothing, and the exit code.
async fn said(journal: &Recorded, line: &str) -> (String, u8) {
    match run(journal, line, &mut nobody()).await {
        Ok(report) => {
            let text = strip_str(&report.text).to_string();
            (text.lines().last().unwrap().to_owned(), report.code)
        }
        Err(failure) => (failure.to_string(), failure.code()),
    }
}

const DONE: &str = "done: recorded; to follow it: saga why Expense/e";

#[tokio::test(start_paused = true)]
async fn what_is_answered() {
    let (_engine, journal) = listening(true).await;
    for (line, answer, code) in [
        (
            "signal e aproved 7",
            "Expense/e has no signal `aproved`; did you mean `approved`?",
            3,
        ),
        ("signal e hold 7", "Expense/e has no signal `hold`", 3),
        ("signal nobody approved 7", "there is no saga `nobody`", 3),
        (
            r#"signal e approved "seven""#,
            "refused: this is not an effect of `approved`: invalid type: string \"seven\", expected u32 \
             at line 1 column 7",
            3,
        ),
        (
            "signal e approved",
            "refused: this is not an effect of `approved`: invalid type: null, expected u32 at line 1 \
             column 4",
            3,
        ),
        // It has not come there yet.
        (r#"signal e archived "shelf""#, DONE, 0),
        (
            r#"signal e archived "shelf""#,
            "Expense/e: `archived` was accepted before",
            3,
        ),
        (
            "signal e archived null",
            "Expense/e: `archived` was accepted before, with another value",
            3,
        ),
        ("signal e approved 7 --by ada --why looked", DONE, 0),
        (
            "signal e approved 7",
            "Expense/e: `approved` was accepted before",
            3,
        ),
    ] {
        let line = format!("{line} --yes");
        assert_eq!(
            said(&journal, &line).await,
            (answer.to_owned(), code),
            "{line}"
        );
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(text(&journal, "why e").await, "completed\n");
    assert_eq!(
        said(&journal, "signal e approved 8 --yes").await.0,
        "Expense/e: `approved` was accepted before, with another value"
    );
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_went_back_hears_none() {
    let (_engine, journal) = listening(true).await;
    text(&journal, "cancel e --yes").await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        text(&journal, "why e").await,
        "compensated: it was cancelled\n"
    );
    let late = "Expense/e: it is too late: the saga no longer waits for `approved`";
    assert_eq!(
        said(&journal, "signal e approved 7 --yes").await,
        (late.to_owned(), 3)
    );
}

/// In the words of the engine, which tells whoever sends it one from code that it is too late.
#[tokio::test(start_paused = true)]
async fn a_saga_that_was_abandoned_hears_none() {
    let (engine, journal) = listening(true).await;
    text(&journal, "abandon e --why lost --yes").await;
    let late = "Expense/e: it is too late: the saga no longer waits for `approved`";
    assert_eq!(
        said(&journal, "signal e approved 7 --yes").await,
        (late.to_owned(), 3)
    );
    let answer = engine.signal::<Expense>("e", ExpenseSignal::Approved(7));
    assert_eq!(answer.await.unwrap(), Signalled::TooLate);
    assert_eq!(
        said(&journal, "signal e aproved 7 --yes").await.0,
        "Expense/e has no signal `aproved`; did you mean `approved`?"
    );
}

#[tokio::test(start_paused = true)]
async fn what_would_follow_is_shown_and_nothing_is_sent() {
    let (_engine, journal) = listening(true).await;
    let shown = text(&journal, "signal e approved 7 --dry-run").await;
    let plan = "signal would run\n  1.  approved  signal\n  2.  pay       action\n\
                then it waits for the signal `archived`\n\nnothing was done\n";
    assert!(shown.ends_with(plan), "{shown}");
    assert!(
        text(&journal, "why e")
            .await
            .starts_with("expects the signal `approved`: waits until")
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_and_not_taken_is_shown() {
    let (_engine, journal) = listening(false).await;
    for line in [
        r#"signal e archived "shelf" --yes"#,
        "signal e approved 7 --yes",
    ] {
        assert_eq!(said(&journal, line).await.0, DONE);
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(text(&journal, "why e").await, "completed\n");
    let shown = text(&journal, "show e").await;
    let row = shown.lines().find(|line| line.starts_with("  archived "));
    let row = row.unwrap();
    assert!(row.contains(" skipped "), "{row}");
    assert!(row.ends_with(r#"accepted, not taken: "shelf""#), "{row}");
}

#[test]
fn what_is_no_json_is_wrong_usage() {
    let line = ["saga", "--journal", "-", "signal", "e", "approved", "{by"];
    let error = Args::try_parse_from(line).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let text = error.to_string();
    assert!(text.contains("invalid value '{by' for '[JSON]'"), "{text}");
}
