//! `resume --all`, and those of a name, a step or a state.

use super::{
    failure, failure_by, json, night, nobody,
    recorded::{Recorded, worker},
    run, somebody, text,
};
use anstream::adapter::strip_str;
use typed_saga::engine::{ReadStore, Store, StoreError};

/// The sagas that were asked something, and what.
async fn asked(journal: &Recorded) -> Vec<String> {
    let messages = journal.memory.messages().await.unwrap();
    let asked = messages.iter();
    asked
        .map(|message| format!("{} {}", message.saga, message.text))
        .collect()
}

const ADA: &str = r#"{"action":"resume","who":{"by":"ada","why":"up"}}"#;

#[tokio::test(start_paused = true)]
async fn a04_resume_all_resumes_what_is_meant() {
    for (line, sagas) in [
        ("--all", &["BookTrip/trip-3", "BookTrip/trip-4"][..]),
        ("--saga BookTrip", &["BookTrip/trip-3", "BookTrip/trip-4"]),
        ("--all --saga Refund", &[]),
        ("--step car", &["BookTrip/trip-4"]),
        ("--state in-doubt", &["BookTrip/trip-4"]),
        ("--state unfinished", &[]),
        (
            "--state in-doubt,unfinished --step car",
            &["BookTrip/trip-4"],
        ),
        ("--state in-doubt --step hotel", &[]),
        // That of the other is kept, since its `car` is in doubt.
        ("--step hotel", &["BookTrip/trip-3"]),
        ("--state still-applied", &["BookTrip/trip-3"]),
        ("--state still-applied --step hotel", &["BookTrip/trip-3"]),
    ] {
        let night = night().await.left();
        let said = text(&night, &format!("resume {line} --yes --by ada --why up")).await;
        let sent: Vec<_> = sagas.iter().map(|saga| format!("{saga} {ADA}")).collect();
        assert_eq!(asked(&night).await, sent, "{line}: {said}");
        if sagas.is_empty() {
            assert_eq!(
                said, "no such saga is parked\n\nnothing was done\n",
                "{line}"
            );
            continue;
        }
        let many = if sagas.len() == 1 {
            "1 saga"
        } else {
            "2 sagas"
        };
        assert!(
            said.contains(&format!("this would resume {many}\n")),
            "{said}"
        );
        assert!(
            said.contains(&format!("done: 0 of {many} resumed, 0 failed\n")),
            "{said}"
        );
        assert!(said.contains("sent: no engine has answered yet"), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a04_resume_all_asks_before_and_does_nothing_when_dry() {
    let night = night().await.left();
    let dry = text(&night, "resume --all --dry-run").await;
    assert!(
        dry.starts_with("BookTrip/trip-3: parked: failed first: `charge`"),
        "{dry}"
    );
    assert!(
        dry.ends_with("\nthis would resume 2 sagas\n\nnothing was done\n"),
        "{dry}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&json(&night, "resume --all --dry-run").await).unwrap();
    assert_eq!(
        (&json["found"], &json["dry_run"]),
        (&2.into(), &true.into())
    );
    let declined = failure_by(&night, "resume --all", &mut somebody(false)).await;
    assert_eq!(declined, ("nothing was done".to_owned(), 3));
    assert_eq!(
        failure(&night, "resume --all").await.1,
        2,
        "nobody is there"
    );
    assert_eq!(asked(&night).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn resume_all_promises_nothing_for_sagas_that_cannot_be_read() {
    let mut night = night().await.left();
    night.broken = Some(StoreError::corrupt("page 7 is bad"));
    let dry = text(&night, "resume --all --dry-run").await;
    let would = "\nthis would resume 0 sagas\n\nnothing was done\n";
    assert!(dry.ends_with(would), "{dry}");
    let report = run(&night, "resume --all --yes", &mut nobody()).await;
    let report = report.unwrap();
    let done = strip_str(&report.text).to_string();
    let failed = "\ndone: 0 of 2 sagas resumed, 2 failed\n";
    assert!(done.ends_with(failed), "{done}");
    assert_eq!((report.code, asked(&night).await), (3, Vec::new()));
}

/// An engine that lets one saga go on, and refuses the other.
#[tokio::test(start_paused = true)]
async fn a04_resume_all_counts_and_names_what_failed() {
    let night = night().await;
    let memory = night.memory.clone();
    let engine = tokio::spawn(async move {
        let epoch = memory.open(worker()).await.unwrap().epoch;
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            let messages = memory.messages().await.unwrap();
            if messages.len() < 2 {
                continue;
            }
            let answers = messages.iter().map(|message| {
                let refused = &*message.saga.id == "trip-4";
                let answer = if refused {
                    r#"{"refused":"not now"}"#
                } else {
                    r#""done""#
                };
                (message.number, answer.to_owned())
            });
            return memory.answer(epoch, answers.collect()).await.unwrap();
        }
    });
    let report = run(&night, "resume --all --yes", &mut nobody())
        .await
        .unwrap();
    engine.await.unwrap();
    let text = strip_str(&report.text).to_string();
    let said = "failed: BookTrip/trip-4: not now\ndone: 1 of 2 sagas resumed, 1 failed\n";
    assert!(text.ends_with(said), "{text}");
    assert_eq!(report.code, 3);
    let json: serde_json::Value = serde_json::from_str(&report.json).unwrap();
    let counts = ["found", "resumed", "failed", "unanswered"].map(|count| json[count].clone());
    assert_eq!(counts, [2, 1, 1, 0]);
    assert_eq!(json["sagas"][1]["error"], "not now");
    assert_eq!(json["sagas"][0]["answer"], "done");
}
