//! What a path may name, and what is said of what it may not.

use crate::common::{begin, commits, open};
use rusqlite::Connection;
use std::{collections::HashSet, fs, path::Path};
use tempfile::TempDir;
use typed_saga_engine::StoreError;
use typed_saga_sqlite::{Attached, Options, Sqlite, Synchronous};

enum Kind {
    Corrupt,
    Unavailable,
}
use Kind::{Corrupt, Unavailable};

/// Whether opening and attaching are refused so, in words that name the file, and the file stays as
/// it is.
#[track_caller]
fn refused(path: &Path, kind: &Kind, words: &str) {
    let before = fs::read(path).ok();
    let attached = Attached::open(path).map(|_| ());
    let opened = Sqlite::open(path).map(|_| ());
    for (how, result) in [("attached", attached), ("opened", opened)] {
        let error = result.expect_err(how);
        let text = error.to_string();
        assert!(text.contains(words), "{how}: {text:?} has no {words:?}");
        assert!(
            text.contains(path.file_name().unwrap().to_str().unwrap()),
            "{how}: {text}"
        );
        match kind {
            Corrupt => assert!(
                matches!(error, StoreError::Corrupt { .. }),
                "{how}: {error:?}"
            ),
            Unavailable => assert!(
                matches!(error, StoreError::Unavailable { .. }),
                "{how}: {error:?}"
            ),
        }
    }
    assert_eq!(
        fs::read(path).ok(),
        before,
        "what is refused stays as it is"
    );
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("photo.jpg");
    fs::write(
        &path,
        "no database, but more than a header long. ".repeat(500),
    )
    .unwrap();
    refused(&path, &Corrupt, "not a database");
    assert!(!dir.path().join("photo.jpg-owner").exists());
}

#[test]
fn another_database_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("shop.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("CREATE TABLE saga (id TEXT)").unwrap();
    drop(conn);
    refused(
        &path,
        &Corrupt,
        "is a SQLite database, but not one of sagas",
    );
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    drop(Sqlite::open(&path).unwrap());
    let conn = Connection::open(&path).unwrap();
    conn.pragma_update(None, "user_version", 1_000).unwrap();
    // It says from which version on it can be used.
    drop(Sqlite::open(&path).unwrap());
    conn.execute_batch("UPDATE store SET works_from = 2")
        .unwrap();
    drop(conn);
    refused(&path, &Corrupt, "made by a newer version");
}

#[test]
fn a_file_from_before_the_first_release_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let conn = Connection::open(&path).unwrap();
    let unreleased = i32::from_be_bytes(*b"saga");
    conn.pragma_update(None, "application_id", unreleased)
        .unwrap();
    conn.pragma_update(None, "user_version", 4).unwrap();
    conn.execute_batch("CREATE TABLE saga (id TEXT)").unwrap();
    drop(conn);
    refused(
        &path,
        &Corrupt,
        "was made before the first release, with schema 4: the last commit that can read it is 9290ac4f",
    );
}

#[tokio::test]
async fn a_truncated_file_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    drop(Sqlite::open(&path).unwrap());
    let whole = fs::read(&path).unwrap();
    for length in [
        whole.len() - 4096,
        whole.len() - 1,
        8192,
        4096,
        5000,
        100,
        99,
        20,
    ] {
        fs::write(&path, &whole[..length]).unwrap();
        println!("{length} of {} bytes", whole.len());
        refused(&path, &Corrupt, "");
    }
}

#[test]
fn a_directory_is_refused() {
    let dir = TempDir::new().unwrap();
    refused(dir.path(), &Unavailable, "is a directory");
}

#[test]
fn a_file_in_no_directory_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("missing").join("sagas.db");
    refused(&path, &Unavailable, "o such file or directory");
    assert!(!path.exists());
}

#[test]
fn a_file_that_cannot_be_written_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    drop(Sqlite::open(&path).unwrap());
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_err() {
        let error = Sqlite::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().contains("cannot be written"), "{error}");
        Attached::open(&path).unwrap();
    } else {
        // The administrator may write everything.
        Sqlite::open(&path).unwrap();
    }
}

#[test]
fn only_a_file_that_is_there_can_be_attached_to() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let missing = Attached::open(&path).unwrap_err();
    assert!(
        matches!(missing, StoreError::Unavailable { .. }),
        "{missing:?}"
    );
    assert!(!path.exists(), "looking for a file makes none");
    fs::write(&path, "").unwrap();
    let empty = Attached::open(&path).unwrap_err();
    assert!(matches!(empty, StoreError::Corrupt { .. }), "{empty:?}");
    assert!(empty.to_string().contains("is empty"));
    Sqlite::open(&path).expect("an empty file can become a store");
    Attached::open(&path).unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_when_the_file_is_opened_again() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("größe %20 ?x=1 :memory:");
    let mut epochs = HashSet::new();
    for (round, synchronous) in
        (1..).zip([Synchronous::Full, Synchronous::Normal, Synchronous::Full])
    {
        let store = Options::new().synchronous(synchronous).open(&path).unwrap();
        let epoch = open(&store).await;
        assert!(epochs.insert(epoch), "an epoch is given once in a file");
        begin(&store, epoch, &round.to_string()).await.unwrap();
        for id in 1..=round {
            assert_eq!(commits(&store, &id.to_string()).await, 1);
        }
    }
}

#[tokio::test]
async fn a_closed_file_is_all_there_is() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    begin(&store, epoch, "42").await.unwrap();
    drop(store);
    let files = fs::read_dir(dir.path()).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["sagas.db", "sagas.db-owner", "sagas.db-stamp"]);
    let copy = dir.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    assert_eq!(commits(&Sqlite::open(&copy).unwrap(), "42").await, 1);
}

#[test]
fn a_name_alone_is_a_file_of_the_working_directory() {
    let name = format!("saga-sqlite-test-{}.db", std::process::id());
    let store = Sqlite::open(&name).unwrap();
    let path = store.path().to_owned();
    drop(store);
    assert!(path.is_absolute() && path.ends_with(&name));
    for suffix in ["", "-owner", "-stamp"] {
        fs::remove_file(format!("{name}{suffix}")).unwrap();
    }
}

#[test]
fn sqlite_is_free_of_the_wal_reset_bug() {
    assert!(
        rusqlite::version_number() >= 3_051_003,
        "{}",
        rusqlite::version()
    );
}

/// Inputs and effects are nobody else's business.
#[cfg(unix)]
#[tokio::test]
async fn a10_what_is_made_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let store = Sqlite::open(dir.path().join("sagas.db")).unwrap();
    let epoch = open(&store).await;
    begin(&store, epoch, "42").await.unwrap();
    let files = fs::read_dir(dir.path()).unwrap();
    let modes = files.map(|file| {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        (file.file_name().into_string().unwrap(), mode & 0o777)
    });
    let mut modes: Vec<_> = modes.collect();
    modes.sort();
    let names = ["", "-owner", "-shm", "-stamp", "-wal"];
    let expected: Vec<_> = names.map(|end| (format!("sagas.db{end}"), 0o600)).into();
    assert_eq!(modes, expected);
}
