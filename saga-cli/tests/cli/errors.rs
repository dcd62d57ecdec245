//! What the program says when it cannot do what it is asked.

use crate::{Site, command, common::trip, run, saga};
use rusqlite::Connection;
use std::fs;

/// One line on stderr, nothing on stdout, and the code.
fn failed(said: &crate::Said, code: i32) -> String {
    assert_eq!((said.code, said.out.as_str()), (code, ""), "{said:?}");
    let line = said.err.strip_suffix('\n').unwrap();
    assert!(!line.contains('\n'), "{said:?}");
    line.strip_prefix("saga: ").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_journal() {
    let site = Site::new();
    let file = |name: &str, text: &str| {
        let path = site.file(name);
        fs::write(&path, text).unwrap();
        path
    };
    let path = |name: &str| {
        site.file(name)
            .canonicalize()
            .unwrap()
            .display()
            .to_string()
    };

    let said = failed(&site.saga("list"), 1);
    assert_eq!(
        said,
        format!("there is no file `{}`", site.journal().display())
    );
    assert!(!site.journal().exists(), "it must not be made");

    let empty = failed(&saga(&file("empty.db", ""), "list"), 1);
    assert_eq!(empty, format!("`{}` is empty", path("empty.db")));
    let text = failed(
        &saga(&file("notes.txt", &"no journal ".repeat(99)), "list"),
        1,
    );
    assert!(
        text.contains("notes.txt") && text.contains("not a database"),
        "{text}"
    );
    let folder = failed(&saga(site.place.path(), "list"), 1);
    assert!(folder.ends_with("is a directory"), "{folder}");

    let other = Connection::open(site.file("other.db")).unwrap();
    other.execute_batch("CREATE TABLE other (one)").unwrap();
    let said = failed(&saga(&site.file("other.db"), "list"), 1);
    let expected = format!(
        "`{}` is a SQLite database, but not one of sagas",
        path("other.db")
    );
    assert_eq!(said, expected);

    let engine = site.engine().await;
    site.stop(engine).await;
    let newer = Connection::open(site.journal()).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer
        .execute_batch("UPDATE store SET works_from = 99")
        .unwrap();
    drop(newer);
    let said = failed(&site.saga("list"), 1);
    assert!(said.contains("was made by a newer version"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_that_is_not_there_or_cannot_be_acted_on() {
    let site = Site::new();
    let engine = site.engine().await;
    let handle = engine.submit("trip-42", trip()).await.unwrap();
    drop(handle.outcome().await.unwrap());
    for (line, code, expected) in [
        (
            "show trip-24",
            3,
            "there is no saga `trip-24`; did you mean `trip-42`?",
        ),
        ("why nobody", 3, "there is no saga `nobody`"),
        (
            "resume trip-42 --yes",
            3,
            "BookTrip/trip-42: the saga is not parked",
        ),
        (
            "settle trip-42 hotl --undone --why x --yes",
            3,
            "BookTrip/trip-42 has no step `hotl`; did you mean `hotel`?",
        ),
        (
            "cancel trip-42 --yes",
            3,
            "BookTrip/trip-42: it is too late: the pivot has passed, or the saga has ended",
        ),
    ] {
        assert_eq!(failed(&site.saga(line), code), expected);
        let (json, said) = site.json(line);
        assert_eq!((json["error"].as_str(), said), (Some(expected), code));
        assert!(json["kind"].is_string(), "{json}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_that_cannot_be_read() {
    let site = Site::new();
    let engine = site.engine().await;
    for id in ["trip-41", "trip-42"] {
        let handle = engine.submit(id, trip()).await.unwrap();
        drop(handle.outcome().await.unwrap());
    }
    site.stop(engine).await;
    let file = Connection::open(site.journal()).unwrap();
    file.execute_batch("UPDATE journal SET records = '[' WHERE saga = 1 AND seq = 1")
        .unwrap();
    drop(file);
    let why = "completed; unreadable: commit 1: not records that this version can read: \
               EOF while parsing a list at line 1 column 1";
    assert_eq!(site.saga("why trip-41").out, format!("{why}\n"));
    let list = site.saga("list");
    assert!(
        list.out.contains("trip-41  unreadable") && list.out.contains(why),
        "{list:?}"
    );
    assert!(list.out.contains("trip-42  completed"), "{list:?}");
    let list = site.saga("list --state unreadable");
    assert_eq!(
        (list.out.as_str(), list.code),
        ("no such sagas\n", 0),
        "what has ended is not read to find what is damaged"
    );
    assert_eq!(site.saga("why trip-41").code, 1);
    let shown = site.saga("show trip-41");
    assert_eq!(shown.code, 1);
    assert!(shown.out.contains("  1       unreadable"), "{shown:?}");
    let said = failed(&site.saga("cancel trip-41 --yes"), 1);
    assert!(
        said.starts_with("BookTrip/trip-41 is unreadable: commit 1: "),
        "{said}"
    );
}

#[test]
fn wrong_usage() {
    for (line, expected) in [
        (
            "list",
            "no journal: say --journal FILE, or --journal postgres://…, or set SAGA_JOURNAL",
        ),
        ("", "Usage: saga"),
        ("lisst", "a similar subcommand exists: 'list'"),
        (
            "list --state asleep",
            "[possible values: parked, running, waiting, abandoned, compensated, completed, unreadable, quarantined, stuck]",
        ),
        (
            "settle trip-42 hotel --why x",
            "<--applied <JSON>|--not-applied|--undone>",
        ),
        (
            "settle trip-42 hotel --why x --undone --not-applied",
            "cannot be used with",
        ),
        (
            "settle trip-42 hotel --why x --applied {",
            "EOF while parsing",
        ),
        ("settle trip-42 hotel --undone", "--why <TEXT>"),
        ("abandon trip-42", "--why <TEXT>"),
        ("purge", "--older-than <TIME>"),
        (
            "purge --older-than month",
            "expected a number and a unit: w, d, h, m, s or ms, as in 30d",
        ),
        (
            "purge --older-than 1d --state parked",
            "[possible values: completed, compensated, abandoned]",
        ),
        ("resume", "<ID>"),
    ] {
        let said = run(&mut command(line));
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{line}: {said:?}");
        assert!(said.err.contains(expected), "{line}: {}", said.err);
    }
}
