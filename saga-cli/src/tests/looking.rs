//! `list`, `show`, `why`, `stats`.

use super::{
    failure, json, night, nobody,
    recorded::{Recorded, worker},
    run, text,
};
use anstream::adapter::strip_str;
use insta::assert_snapshot;
use std::{sync::Arc, time::Duration};
use typed_saga::engine::{
    SagaId, Store, StoreError,
    for_operators::look::Reader,
    for_stores::{Commit, Hold, Mark, NewSaga, TAKEOVERS, Turn, Unfit},
};

#[tokio::test(start_paused = true)]
async fn a_list() {
    let night = night().await;
    assert_snapshot!(text(&night, "list").await);
    assert_snapshot!("a_list_as_json", json(&night, "list").await);
    let colours = run(&night, "list", &mut nobody()).await.unwrap().text;
    assert!(
        colours.contains("\u{1b}[1m\u{1b}[31mparked\u{1b}[0m"),
        "{colours:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_in_a_terminal() {
    let night = night().await.narrow(100);
    let text = text(&night, "list --state parked,stuck,unreadable").await;
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    assert_snapshot!(text);
}

#[tokio::test(start_paused = true)]
async fn a03_a_call_that_runs_for_ten_times_its_limit_is_stuck() {
    let stuck = async |minutes: u64, left: bool| {
        let mut night = night().await;
        night.now = night.now.after(Duration::from_secs(60 * minutes));
        if left {
            night = night.left();
        }
        text(&night, "list --state stuck --saga BookTrip").await
    };
    assert_eq!(stuck(9, false).await, "no such sagas\n");
    let late = stuck(10, false).await;
    let says = "stuck: `hotel` has run for more than ten times its limit of 1m; runs `hotel`";
    assert!(late.contains("trip-7") && late.contains(says), "{late}");
    // Where no engine is alive, the call does not run: it is lost.
    assert_eq!(stuck(10, true).await, "no such sagas\n");
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_list() {
    let night = night().await;
    let ids = async |line: &str| {
        let json: serde_json::Value = serde_json::from_str(&json(&night, line).await).unwrap();
        let sagas = json["sagas"].as_array().unwrap().iter();
        let ids = sagas.map(|saga| saga["id"].as_str().unwrap().to_owned());
        (
            ids.collect::<Vec<_>>().join(" "),
            json["more"].as_bool().unwrap(),
        )
    };
    for (line, expected) in [
        ("list --saga Refund", ("refund-9 trip-1", false)),
        ("list --state completed", ("trip-1 trip-1", false)),
        ("list --state parked --limit 1", ("trip-3", true)),
        ("list --state parked --limit 2", ("trip-3 trip-4", false)),
        ("list --state stuck", ("refund-9", false)),
        (
            "list --state unreadable,abandoned",
            ("trip-8 trip-5", false),
        ),
        ("list --state waiting,compensated", ("trip-6 trip-2", false)),
        ("list --limit 0", ("", true)),
    ] {
        let (ids, more) = ids(line).await;
        assert_eq!((ids.as_str(), more), expected, "{line}");
    }
    let more = text(&night, "list --limit 1").await;
    assert!(
        more.ends_with("the first 1; there are more: see --limit, --state, --saga\n"),
        "{more}"
    );
    assert_eq!(text(&night, "list --saga Other").await, "no such sagas\n");
    assert_eq!(text(&Recorded::empty(), "list").await, "no sagas\n");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_parked() {
    let night = night().await;
    assert_snapshot!(text(&night, "show trip-4").await);
    assert_snapshot!(
        "one_that_is_parked_as_json",
        json(&night, "show trip-4").await
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_runs() {
    assert_snapshot!(text(&night().await.narrow(80), "show trip-7").await);
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_read() {
    let night = night().await;
    assert_snapshot!(text(&night, "show trip-8").await);
    assert_snapshot!(
        "one_that_cannot_be_read_as_json",
        json(&night, "show trip-8").await
    );
}

#[tokio::test(start_paused = true)]
async fn sentences() {
    let night = night().await;
    let mut all = Vec::new();
    for id in [
        "BookTrip/trip-1",
        "trip-2",
        "trip-3",
        "trip-4",
        "trip-5",
        "trip-6",
        "trip-7",
        "trip-8",
        "refund-9",
    ] {
        all.push(format!(
            "{id}: {}",
            text(&night, &format!("why {id}")).await
        ));
    }
    assert_snapshot!(all.concat());
    assert_snapshot!("a_sentence_as_json", json(&night, "why trip-8").await);
}

/// Nobody has at hand what an engine that is gone had.
#[tokio::test(start_paused = true)]
async fn a_sentence_when_no_engine_is_alive() {
    let night = night().await.left();
    assert_eq!(
        text(&night, "why trip-7").await,
        "was started under another engine; waits to be recovered\n"
    );
}

#[tokio::test(start_paused = true)]
async fn numbers() {
    let night = night().await;
    assert_snapshot!(text(&night, "stats").await);
    assert_snapshot!("numbers_as_json", json(&night, "stats").await);
    assert_eq!(text(&Recorded::empty(), "stats").await, "no sagas\n");
}

/// Whatever shows it, it is not unreadable, too.
#[tokio::test(start_paused = true)]
async fn a_saga_that_kills_has_one_word() {
    let night = night().await;
    let saga = SagaId::new("BookTrip", "trip-7");
    let mut epoch = night.memory.open(worker()).await.unwrap().epoch;
    for _ in 0..=TAKEOVERS {
        epoch = night.memory.open(worker()).await.unwrap().epoch;
        night
            .memory
            .claim_one(epoch, Turn(1), saga.clone(), None)
            .await
            .unwrap();
    }
    let unfit = Mark::Unfit(Unfit {
        fingerprint: 0,
        why: "ten processes have died with it".into(),
    });
    let release = night.memory.release(
        epoch,
        Hold::new(saga, Turn(1)),
        Some(night.now),
        unfit,
        Vec::new(),
    );
    release.await.unwrap();

    let listed = text(&night, "list --state quarantined").await;
    assert!(
        listed.contains("BookTrip  trip-7  quarantined  "),
        "{listed}"
    );
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let listed = text(&night, "list --state unreadable").await;
    assert!(!listed.contains("trip-7"), "{listed}");
    let counted = text(&night, "stats").await;
    let expected = "total 10, 1 unreadable, 1 quarantined, 1 stuck\n";
    assert!(counted.ends_with(expected), "{counted}");
    let report = run(&night, "why trip-7", &mut nobody()).await.unwrap();
    let why = strip_str(&report.text).to_string();
    assert_eq!(why, "quarantined: ten processes have died with it\n");
}

/// As the console counts, which has no time to look at all of them.
#[tokio::test(start_paused = true)]
async fn some_are_looked_at_in_each_state() {
    let night = night().await;
    let reader = Reader::new(Arc::new(night.clone()), night.now).await;
    let reader = reader.unwrap();
    // Three run, of which the last two are damaged and stuck.
    for (limit, partly, unreadable, stuck, first) in
        [(0, true, 0, 0, 0), (2, true, 1, 0, 3), (3, false, 1, 1, 4)]
    {
        let overview = reader.overview(Some(limit)).await.unwrap();
        assert_eq!(
            (overview.partly, overview.unreadable, overview.stuck),
            (partly, unreadable, stuck),
            "{limit}"
        );
        assert_eq!(overview.first.len(), first, "{limit}");
        assert_eq!((overview.total, overview.parked), (10, 2), "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_of_sagas() {
    let night = night().await;
    for (line, expected) in [
        (
            "why trip-1",
            (
                "`trip-1` is the id of several sagas; name one of: BookTrip/trip-1, Refund/trip-1",
                2,
            ),
        ),
        (
            "show refund9",
            ("there is no saga `refund9`; did you mean `refund-9`?", 3),
        ),
        (
            "show Refund/refund-8",
            (
                "there is no saga `Refund/refund-8`; did you mean `Refund/refund-9`, `Refund/trip-1`?",
                3,
            ),
        ),
        ("why x", ("there is no saga `x`", 3)),
    ] {
        let (text, code) = failure(&night, line).await;
        assert_eq!((text.as_str(), code), expected);
    }
    assert_eq!(text(&night, "why Refund/trip-1").await, "completed\n");
}

/// More than are read at once, of a definition that nobody has kept.
#[tokio::test]
async fn many() {
    let journal = Recorded::empty();
    let epoch = journal.memory.open(worker()).await.unwrap().epoch;
    for number in 0..1_200 {
        let new = NewSaga {
            saga: SagaId::new("Lost", format!("lost-{number:04}")),
            input: "{}".to_owned(),
            fingerprint: 7,
            due: None,
            life: None,
        };
        let first = Commit {
            seq: 0,
            at: journal.now,
            records: r#"[{"what":"started"}]"#.to_owned(),
        };
        journal
            .memory
            .create(Some((epoch, Turn(1))), new, Some(first))
            .await
            .unwrap();
    }
    let numbers = text(&journal, "stats").await;
    assert!(
        numbers.ends_with("\ntotal 1200, 1200 unreadable, 0 quarantined, 0 stuck\n"),
        "{numbers}"
    );
    let all = text(&journal, "list --limit 2000").await;
    assert_eq!(all.lines().count(), 1_201);
    let last = all.lines().last().unwrap();
    assert_eq!(
        last,
        "Lost  lost-1199  unreadable  0s            unreadable: the definition that it was run with (0000000000000007) is not in the store"
    );
    let (unknown, _) = failure(&journal, "why lost-9911").await;
    assert!(
        unknown.starts_with("there is no saga `lost-9911`; did you mean `lost-"),
        "{unknown}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_damaged_or_not_available() {
    let mut night = night().await;
    night.broken = Some(StoreError::corrupt("page 7 is bad"));
    assert_eq!(
        text(&night, "why trip-3").await,
        "unreadable: the store is damaged: page 7 is bad\n"
    );
    let shown = text(&night, "show trip-3").await;
    assert!(
        shown.starts_with("BookTrip/trip-3  unreadable\n"),
        "{shown}"
    );
    night.broken = Some(StoreError::unavailable("the disk is gone"));
    let expected = ("the store is not available: the disk is gone".to_owned(), 1);
    for line in ["list", "why trip-3", "stats", "resume trip-3 --yes"] {
        assert_eq!(failure(&night, line).await, expected, "{line}");
    }
}
