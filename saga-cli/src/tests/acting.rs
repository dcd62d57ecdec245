//! `resume`, `settle`, `abandon`, `cancel`, `purge`.

use super::{
    failure, failure_by, json, night, nobody,
    recorded::{Recorded, worker},
    run, somebody, text,
};
use anstream::adapter::strip_str;
use insta::assert_snapshot;
use std::time::Duration;
use typed_saga::engine::{Filter, ReadStore, SagaId, State, Store};

/// The messages that wait, as `saga text`.
async fn inbox(journal: &Recorded) -> Vec<String> {
    let messages = journal.memory.messages().await.unwrap();
    let texts = messages.iter();
    texts
        .map(|message| format!("{} {}", message.saga, message.text))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn plans() {
    let night = night().await;
    let mut all = Vec::new();
    for line in [
        "resume trip-3",
        "resume trip-4",
        "settle trip-3 hotel --undone --why x",
        "settle trip-4 car --applied 7 --why x",
        "settle trip-4 car --not-applied --why x",
        "settle trip-7 hotel --undone --why x",
        "settle refund-9 hold --undone --why x",
        "abandon trip-4 --why x",
        "cancel trip-7",
    ] {
        let shown = text(&night, &format!("{line} --dry-run")).await;
        all.push(format!("$ saga {line} --dry-run\n{shown}"));
    }
    assert_snapshot!(all.join("\n"));
    let plan = json(&night, "settle trip-4 car --applied 7 --why x --dry-run").await;
    assert_snapshot!("a_plan_as_json", plan);
    assert_eq!(inbox(&night).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_refused_before_anything_is_sent() {
    let night = night().await;
    for (line, expected) in [
        (
            "resume trip-7 --yes",
            "BookTrip/trip-7: the saga is not parked",
        ),
        (
            "abandon trip-2 --yes --why x",
            "BookTrip/trip-2: the saga is neither parked nor waiting",
        ),
        (
            "cancel trip-2 --yes",
            "BookTrip/trip-2: it is too late: the pivot has passed, or the saga has ended",
        ),
        (
            "resume trip-5 --dry-run",
            "BookTrip/trip-5: it is too late: the pivot has passed, or the saga has ended",
        ),
        (
            "settle trip-3 car --undone --yes --why x",
            "BookTrip/trip-3: `car` is neither in doubt nor left applied by a failed compensation",
        ),
        (
            "settle trip-3 hotle --undone --yes --why x",
            "BookTrip/trip-3 has no step `hotle`; did you mean `hotel`?",
        ),
    ] {
        assert_eq!(failure(&night, line).await, (expected.to_owned(), 3));
    }
    let (text, code) = failure(&night, "resume trip-8 --yes").await;
    assert_eq!(code, 1);
    assert!(
        text.starts_with("BookTrip/trip-8 is unreadable: commit"),
        "{text}"
    );
    assert_eq!(inbox(&night).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn somebody_must_agree() {
    let night = night().await.left();
    let declined = failure_by(&night, "resume trip-3", &mut somebody(false)).await;
    assert_eq!(declined, ("nothing was done".to_owned(), 3));
    let nobody = failure(&night, "resume trip-3").await;
    let expected = "there is no terminal to confirm at: check with --dry-run, then pass --yes";
    assert_eq!(nobody, (expected.to_owned(), 2));
    assert_eq!(inbox(&night).await, [""; 0]);

    let mut agrees = somebody(true);
    let report = run(&night, "resume trip-3 --by ada --why ready", &mut agrees).await;
    assert_eq!(
        strip_str(&report.unwrap().text).to_string(),
        "sent: no engine has answered yet: the next one that opens the journal will act on it\n"
    );
    assert!(
        agrees.shown[0].contains("resume would run\n"),
        "{agrees:?}",
        agrees = agrees.shown
    );
    assert_eq!(
        inbox(&night).await,
        [r#"BookTrip/trip-3 {"action":"resume","who":{"by":"ada","why":"ready"}}"#]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_sent() {
    let night = night().await.left();
    assert!(
        !text(&night, "show trip-4")
            .await
            .contains("not answered yet")
    );
    for line in [
        "cancel trip-7 --yes --by ada",
        "abandon trip-3 --yes --by ada --why enough",
        "settle trip-4 car --yes --by ada --why seen --applied {\"id\":7}",
        "settle trip-4 car --yes --by ada --why seen --not-applied",
        "settle trip-4 car --yes --by ada --why seen --undone",
    ] {
        text(&night, line).await;
    }
    assert_eq!(
        inbox(&night).await,
        [
            r#"BookTrip/trip-7 {"action":"cancel","who":{"by":"ada"}}"#,
            r#"BookTrip/trip-3 {"action":"abandon","who":{"by":"ada","why":"enough"}}"#,
            r#"BookTrip/trip-4 {"action":{"settle":{"step":"car","settled":{"applied":{"id":7}}}},"who":{"by":"ada","why":"seen"}}"#,
            r#"BookTrip/trip-4 {"action":{"settle":{"step":"car","settled":"not_applied"}},"who":{"by":"ada","why":"seen"}}"#,
            r#"BookTrip/trip-4 {"action":{"settle":{"step":"car","settled":"undone"}},"who":{"by":"ada","why":"seen"}}"#,
        ]
    );
    let shown = text(&night, "show trip-4").await;
    let (_, asked) = shown
        .split_once("requests that are not answered yet\n")
        .unwrap();
    assert_snapshot!("what_waits_for_an_engine", asked);
    let again = text(&night, "resume trip-4 --dry-run").await;
    let note = "\nan earlier request is not answered yet: saga show BookTrip/trip-4\n";
    assert!(again.contains(note), "{again}");
    let shown: serde_json::Value =
        serde_json::from_str(&json(&night, "show trip-4").await).unwrap();
    assert_eq!(shown["inbox"][0]["request"]["who"]["by"], "ada");
}

/// An engine that answers so, a moment later.
async fn answered(line: &str, answer: &str) -> (String, String, u8) {
    let night = night().await;
    let memory = night.memory.clone();
    let answer = answer.to_owned();
    let engine = tokio::spawn(async move {
        let epoch = memory.open(worker()).await.unwrap().epoch;
        let message = loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if let Some(message) = memory.messages().await.unwrap().pop() {
                break message;
            }
        };
        let answered = memory.answer(epoch, vec![(message.number, answer)]);
        answered.await.unwrap();
    });
    let report = run(&night, line, &mut nobody()).await.unwrap();
    engine.await.unwrap();
    let text = strip_str(&report.text).to_string();
    let last = text.lines().last().unwrap().to_owned();
    (last, report.json, report.code)
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_answers() {
    for (line, said) in [
        (
            "resume trip-3",
            "done: recorded; to follow it: saga why BookTrip/trip-3",
        ),
        (
            "settle trip-3 hotel --undone --why x",
            "done: recorded; to continue: saga resume BookTrip/trip-3",
        ),
        (
            "abandon trip-3 --why x",
            "done: recorded; nothing more of it will run",
        ),
    ] {
        let (last, json, code) = answered(&format!("{line} --yes"), r#""done""#).await;
        assert_eq!((last.as_str(), code), (said, 0));
        assert!(json.contains(r#""answer": "done""#), "{json}");
    }
    let (last, json, code) = answered("resume trip-3 --yes", r#"{"refused":"not\nnow"}"#).await;
    assert_eq!((last.as_str(), code), ("refused: not now", 3));
    assert!(json.contains(r#""reason": "not\nnow""#), "{json}");
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_does_not_answer() {
    let night = night().await;
    let begin = tokio::time::Instant::now();
    let text = text(&night, "resume trip-3 --yes --wait 2s").await;
    assert!(begin.elapsed() >= Duration::from_secs(2));
    let last = text.lines().last().unwrap();
    assert_eq!(
        last,
        "sent: no engine has answered yet: the engine of process 42, or the next one that opens the journal, will act on it"
    );
}

#[tokio::test(start_paused = true)]
async fn what_ended_long_ago_is_purged() {
    let night = night().await.left();
    let count = async || {
        let rows = night.memory.list(Filter::default()).await.unwrap();
        rows.len()
    };
    let all = count().await;
    assert_snapshot!(text(&night, "purge --older-than 10s --dry-run").await);
    let dry = json(&night, "purge --older-than 10s --dry-run").await;
    assert_snapshot!("a_purge_as_json", dry);
    let declined = failure_by(&night, "purge --older-than 10s", &mut somebody(false)).await;
    assert_eq!(declined, ("nothing was done".to_owned(), 3));
    assert_eq!(count().await, all);
    assert_eq!(
        text(&night, "purge --older-than 1d --yes").await,
        "no such saga ended before 2026-11-19T22:05:17.060Z\n"
    );

    let purged = text(
        &night,
        "purge --older-than 10s --saga BookTrip --state completed --yes",
    )
    .await;
    assert!(
        purged.ends_with("done: 1 purged; their ids are free again\n"),
        "{purged}"
    );
    let purged = text(&night, "purge --older-than 10s --yes").await;
    assert!(
        purged.ends_with("done: 3 purged; their ids are free again\n"),
        "{purged}"
    );
    let rows = night.memory.list(Filter::default()).await.unwrap();
    assert!(rows.iter().all(|row| !row.is_at_rest()));
    assert!(rows.iter().any(|row| row.state == State::Parked));
}

#[tokio::test(start_paused = true)]
async fn one_saga_that_has_ended_is_purged_and_who_asked_for_it_is_recorded() {
    let night = night().await.left();
    for (id, why) in [
        (
            "trip-3",
            "it is parked: resume, settle or abandon it (saga why BookTrip/trip-3)",
        ),
        (
            "trip-7",
            "it has not ended: wait for its end, or cancel or abandon it (saga why BookTrip/trip-7)",
        ),
    ] {
        let refused = failure(&night, &format!("purge {id} --yes --why asked")).await;
        assert_eq!(refused, (format!("BookTrip/{id} is not purged: {why}"), 3));
    }
    let asked = SagaId::new("BookTrip", "trip-1");
    let asked = night.memory.send(asked, "{}".to_owned(), night.now);
    let asked = asked.await.unwrap();
    let refused = failure(&night, "purge BookTrip/trip-1 --yes --why asked").await;
    let why = "BookTrip/trip-1 is not purged: it has a request that no engine has answered yet: saga show BookTrip/trip-1";
    assert_eq!(refused, (why.to_owned(), 3));
    let epoch = night.memory.open(worker()).await.unwrap().epoch;
    let answered = night.memory.answer(epoch, vec![(asked, "{}".to_owned())]);
    answered.await.unwrap();

    let line = "purge BookTrip/trip-1 --by ada --why asked";
    let dry = text(&night, &format!("{line} --dry-run")).await;
    assert_eq!(
        dry,
        "BookTrip/trip-1: completed\n\nits journal, its events and its requests would be deleted\n\nnothing was done\n"
    );
    let purged = text(&night, &format!("{line} --yes --vacuum")).await;
    assert!(
        purged.ends_with(
            "done: purged; its id is free again\nnothing was rewritten: in a database, autovacuum frees the rows, and VACUUM FULL removes them\n"
        ),
        "{purged}"
    );
    let trip = Filter::of(SagaId::new("BookTrip", "trip-1"));
    assert_eq!(night.memory.list(trip).await.unwrap(), []);
    let refund = Filter::of(SagaId::new("Refund", "trip-1"));
    let refund = night.memory.list(refund).await.unwrap();
    assert_eq!(refund.len(), 1, "only one of this id");
    assert_eq!(inbox(&night).await, [""; 0], "the request is answered");
    let gone = failure(&night, &format!("{line} --yes")).await;
    assert_eq!(gone.1, 3, "{gone:?}");
}

#[tokio::test(start_paused = true)]
async fn an_engine_purges_by_itself() {
    let mut asked = somebody(true);
    let (text, code) = failure_by(&night().await, "purge --older-than 10s", &mut asked).await;
    assert!(asked.shown.is_empty(), "there is nothing to agree to");
    assert_eq!(code, 3);
    assert_eq!(
        text,
        "process 42 owns the journal: its engine purges by itself (`Builder::retain`), or when it is asked (`Engine::purge`); \
         `saga purge` is for a journal that no engine has open"
    );
}
