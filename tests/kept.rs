//! Files that users have on their disks: each later version opens them and finishes every saga in them.
//!
//! `v1.sqlite` was written by the first version. It has sagas in every state, and records of every kind.
//! `v1.txt` says of each saga what is on record, then how it ends and which calls that takes, each with
//! its attempt and its key. The file never changes. The text changes only where a rule does.
//!
//! `TODAY` says the same of a file that this version writes.
//!
//! # Adding the file of a later version
//!
//! 1. Declare sagas with what the language has gained in `sagas.rs`, register them in `library.rs`,
//!    and say in `write.rs` how far each comes before its engine is stopped.
//! 2. Write the file, and read what the failing test prints, if it is not what `TODAY` says; believe it
//!    only if it is right:
//!
//!    ```text
//!    KEPT=kept/v2.sqlite cargo test -p saga-tests kept::written_today
//!    ```
//! 3. Keep that text as `v2.txt`, which `TODAY` says from then on, and add the file to [`FILES`], the
//!    fingerprints to [`FINGERPRINTS`].

mod library;
mod sagas;
mod siblings;
mod world;
mod write;

use library::{
    Version, answer, ask, crash, declared, engine, fingerprint_of_kept, list, load, outcome,
};
use serde_json::Value;
use siblings::by_sibling;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};
use world::{Answer, World};
use write::{APPROVE, CANCEL, RESUME};

/// The files, the oldest first, each with what becomes of its sagas.
const FILES: [(&str, &str); 1] = [("v1", include_str!("kept/v1.txt"))];

/// What becomes of the sagas of a file that this version writes.
const TODAY: &str = FILES[0].1;

/// The definitions in the files.
const FINGERPRINTS: [(&str, u64); 9] = DECLARED;

/// Those of the declarations, as this version makes them.
const DECLARED: [(&str, u64); 9] = [
    ("Convoy", 0xfd3c_bad3_0d2f_1610),
    ("Gate", 0xf759_04b2_0962_391b),
    ("Odd", 0xfd62_2ff2_4d0d_1765),
    ("Parcel", 0x1fa7_ba35_d7c8_64ce),
    ("Patience", 0xa249_eb06_8a4f_046e),
    ("Tour", 0xac11_a1c8_d282_0152),
    ("Tour", 0xce2c_76e2_35b4_1d64),
    ("Tower", 0xad52_8f19_1077_eccc),
    ("Trip", 0x3ed0_2aba_9f2f_95a0),
];

/// The kinds of record.
const KINDS: [&str; 39] = [
    "abandoned",
    "applied",
    "attempting",
    "awaiting",
    "cancel_requested",
    "compensated",
    "compensating",
    "compensation_failed",
    "deadline_passed",
    "decided",
    "ended",
    "failing",
    "fallback_declined",
    "falling_back",
    "fell_back",
    "finished",
    "kept",
    "late_passed",
    "lost",
    "panicked",
    "received",
    "redefined",
    "rejected",
    "resolve_failed",
    "resolved",
    "resolving",
    "resumed",
    "settled",
    "signalled",
    "skipped",
    "started",
    "timed_out",
    "turn_declined",
    "turned",
    "unrecordable",
    "waited",
    "waiting",
    "when_panicked",
    "woken",
];

/// What operators ask of sagas that cannot end by themselves. Sagas that are parked after that are
/// resumed.
const ASKED: [(&str, &str, &str); 10] = [
    (
        "Odd",
        "pivot",
        r#"{"action":{"settle":{"step":"sealed","settled":{"applied":2.5}}}}"#,
    ),
    ("Parcel", "unreached", APPROVE),
    ("Parcel", "item", APPROVE),
    ("Parcel", "nested", APPROVE),
    ("Parcel", "listens", APPROVE),
    (
        "Parcel",
        "used-up",
        r#"{"action":{"settle":{"step":"label","settled":{"applied":8}}}}"#,
    ),
    ("Patience", "century", CANCEL),
    ("Patience", "timed-out", CANCEL),
    (
        "Tower",
        "doubt",
        r#"{"action":{"settle":{"step":"lamp","settled":"not_applied"}}}"#,
    ),
    (
        "Tower",
        "kept",
        r#"{"action":{"settle":{"step":"wall","settled":"undone"}}}"#,
    ),
];

/// Finishes all sagas of a file, and reports as `v1.txt` does.
async fn finish(file: &Path) -> String {
    let sagas = list(file).await;
    let mut before = Vec::new();
    for (saga, id) in &sagas {
        before.push(load(file, saga, id).await);
    }
    let world = World::default();
    world.script("in-doubt", "resolve charge", &[Answer::Odd]);
    world.script("patient", "there", &[Answer::Transient]);
    world.script("unreached", "price", &[Answer::Transient]);
    world.script("reached", "price", &[Answer::Refused]);
    world.script("redefined", "there", &[Answer::Transient]);
    let engine = engine(file, &world, Version::Hasty).await;
    let mut text = String::new();
    for ((saga, id), kept) in sagas.iter().zip(&before) {
        writeln!(text, "{saga}/{id}: {}", kept.state).unwrap();
        for record in &kept.records {
            writeln!(text, "    {}", brief(record)).unwrap();
        }
        for (_, _, asked) in ASKED
            .iter()
            .filter(|asked| (asked.0, asked.1) == (saga, id))
        {
            text += &message(file, saga, id, asked).await;
        }
        let mut ended = outcome(&engine, saga, id).await;
        if ended.starts_with("parked") {
            writeln!(text, "  {ended}").unwrap();
            text += &message(file, saga, id, RESUME).await;
            ended = outcome(&engine, saga, id).await;
        }
        writeln!(text, "  {ended}").unwrap();
        if saga == "Trip" {
            finally(file, id).await;
        }
        for call in world.calls(id) {
            writeln!(text, "    {call}").unwrap();
        }
    }
    let unreadable = engine.unreadable();
    assert!(unreadable.is_empty(), "{unreadable:?}");
    crash(engine).await;
    text
}

/// Leaves a message for a saga, and waits for the answer.
async fn message(file: &Path, saga: &str, id: &str, asked: &str) -> String {
    let number = ask(file, saga, id, asked).await;
    format!(
        "  asked: {asked}\n  answered: {}\n",
        answer(file, number).await
    )
}

/// Waits until `finally` has run after every end.
async fn finally(file: &Path, id: &str) {
    loop {
        let kept = load(file, "Trip", id).await;
        let count = |what| {
            kept.records
                .iter()
                .filter(|record| record["what"] == what)
                .count()
        };
        if count("ended") == count("finished") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// A record in one line, without its times.
fn brief(record: &Value) -> String {
    let Value::Object(fields) = record else {
        panic!("{record}");
    };
    let mut fields: BTreeMap<&str, &Value> = fields
        .iter()
        .map(|(name, value)| (&**name, value))
        .collect();
    let first = ["what", "step"].map(|name| fields.remove(name).and_then(Value::as_str));
    let mut words: Vec<String> = first.into_iter().flatten().map(str::to_owned).collect();
    words.extend(fields.into_iter().map(|(name, value)| match name {
        "until" | "deadline" => format!("{name}=…"),
        _ => format!("{name}={value}"),
    }));
    words.join(" ")
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kept-{name}"));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[track_caller]
fn assert_same(name: &str, found: &str, expected: &str) {
    let [one, other] = [found, expected].map(by_sibling);
    let mut pairs = one.lines().zip(other.lines());
    let differs = pairs.find(|(one, other)| one != other);
    assert!(
        one == other,
        "{name}.txt should be, apart from the order of siblings, with another line in {differs:?}:\n{found}"
    );
}

/// A copy of a file, in a folder with this name.
fn copy(of: &str, name: &str) -> PathBuf {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("kept/{of}.sqlite"));
    let bytes = fs::read(&kept).unwrap_or_else(|error| {
        let kept = kept.display();
        panic!("{kept}: {error}: its version writes it, as the first lines here say")
    });
    let file = folder(name).join("sagas.db");
    fs::write(&file, bytes).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_saga_of_every_file_comes_to_its_end() {
    for (name, expected) in FILES {
        let file = copy(name, name);
        assert_same(name, &finish(&file).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn written_today_every_saga_comes_to_its_end_too() {
    let file = folder("today").join("sagas.db");
    write::write(&file).await;
    if let Some(path) = std::env::var_os("KEPT") {
        fs::copy(&file, path).unwrap();
    }
    assert_same("today", &finish(&file).await, TODAY);
}

#[test]
fn a_declaration_keeps_its_fingerprint() {
    assert_eq!(declared(), DECLARED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_definition_in_every_file_keeps_its_fingerprint() {
    for (name, _) in FILES {
        let file = copy(name, &format!("{name}-definitions"));
        for (saga, id) in list(&file).await {
            let fingerprint = load(&file, &saga, &id).await.fingerprint;
            assert!(
                FINGERPRINTS.contains(&(&saga, fingerprint)),
                "{saga}/{id}: {fingerprint:016x}"
            );
            assert_eq!(
                fingerprint_of_kept(&file, &saga, fingerprint).await,
                fingerprint,
                "{saga}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_files_have_every_state_and_every_kind_of_record() {
    let (mut states, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    for (name, _) in FILES {
        let file = copy(name, &format!("{name}-kinds"));
        for (saga, id) in list(&file).await {
            let kept = load(&file, &saga, &id).await;
            states.insert(kept.state);
            for record in kept.records {
                kinds.insert(record["what"].as_str().unwrap().to_owned());
            }
        }
    }
    let all = [
        "abandoned",
        "compensated",
        "completed",
        "parked",
        "running",
        "waiting",
    ];
    assert_eq!(states.into_iter().collect::<Vec<_>>(), all);
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), KINDS);
}
