//! An engine notices when a name comes to mean another file, or a file is overwritten, and confirms nothing
//! more.
#![cfg(unix)]

use crate::common::{append, begin, commits, open};
use rusqlite::{Connection, backup::Progress};
use std::{
    fmt::Debug,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::sleep;
use typed_saga_engine::{Epoch, Store, StoreError};
use typed_saga_sqlite::{Options, Sqlite, Synchronous};

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// A folder in a folder, and an engine with a saga in it.
struct World {
    _outer: TempDir,
    path: PathBuf,
    store: Sqlite,
    epoch: Epoch,
}

impl World {
    async fn new() -> Self {
        let outer = TempDir::new().unwrap();
        let folder = outer.path().canonicalize().unwrap().join("folder");
        fs::create_dir(&folder).unwrap();
        let path = folder.join("sagas.db");
        drop(Sqlite::open(&path).unwrap());
        fs::copy(&path, beside(&path, ".closed")).unwrap();
        let store = Sqlite::open(&path).unwrap();
        let epoch = open(&store).await;
        begin(&store, epoch, "42").await.unwrap();
        assert_eq!(store.next_due(epoch).await.unwrap(), None);
        Self {
            _outer: outer,
            path,
            store,
            epoch,
        }
    }

    /// Whatever is written now is not confirmed.
    async fn is_lost(&self, words: &str) {
        let Self { store, epoch, .. } = self;
        let epoch = *epoch;
        let first = lost(begin(store, epoch, "44").await, words);
        if words != OVERWRITTEN {
            assert!(first.contains("may be there"), "{first}");
        }
        let next = lost(append(store, epoch, "42", 1, "[]").await, words);
        assert!(!next.contains("may be there"), "{next}");
        lost(store.next_due(epoch).await, words);
        let here = store.in_place().unwrap();
        let spawned = async move { append(&here, epoch, "42", 1, "[]").await };
        lost(tokio::spawn(spawned).await.unwrap(), words);
    }
}

#[track_caller]
fn lost<T: Debug>(result: Result<T, StoreError>, words: &str) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, StoreError::Lost { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(words), "{text}");
    text
}

/// What is done to a file while it is open, and what is said then.
type Deed = (fn(&Path), &'static str);

const DEEDS: [Deed; 10] = [
    (
        |path| fs::remove_file(path).unwrap(),
        "sagas.db` was removed or renamed while it was open",
    ),
    (
        |path| fs::rename(path, beside(path, ".old")).unwrap(),
        "if it was renamed, end this process, and rename it back",
    ),
    (
        |path| {
            fs::copy(path, beside(path, ".new")).unwrap();
            fs::rename(beside(path, ".new"), path).unwrap();
        },
        "sagas.db` was replaced while it was open",
    ),
    (
        |path| {
            let folder = path.parent().unwrap();
            fs::rename(folder, beside(folder, ".old")).unwrap();
        },
        "sagas.db` was removed or renamed while it was open",
    ),
    (
        |path| fs::remove_file(beside(path, "-wal")).unwrap(),
        "sagas.db-wal` was removed or renamed while it was open",
    ),
    (
        |path| fs::remove_file(beside(path, "-shm")).unwrap(),
        "sagas.db-shm` was removed or renamed while it was open",
    ),
    (
        |path| fs::remove_file(beside(path, "-owner")).unwrap(),
        "sagas.db-owner` was removed or renamed while it was open",
    ),
    // `cp` leaves a file its name: it is overwritten with a backup …
    (
        |path| {
            vacuum_into(path);
            fs::copy(beside(path, ".backup"), path).unwrap();
        },
        OVERWRITTEN,
    ),
    (
        |path| {
            let conn = Connection::open(path).unwrap();
            conn.backup("main", beside(path, ".backup"), None::<fn(Progress)>)
                .unwrap();
            fs::copy(beside(path, ".backup"), path).unwrap();
        },
        OVERWRITTEN,
    ),
    // … or with a copy of the closed file, from before this engine opened it.
    (
        |path| {
            fs::copy(beside(path, ".closed"), path).unwrap();
        },
        OVERWRITTEN,
    ),
];

const OVERWRITTEN: &str =
    "sagas.db` was overwritten while it was open, as `cp` does: end this process";

fn vacuum_into(path: &Path) {
    let backup = beside(path, ".backup");
    let conn = Connection::open(path).unwrap();
    conn.execute("VACUUM INTO ?1", [backup.to_str().unwrap()])
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_name_means_another_is_lost() {
    for (deed, words) in DEEDS {
        let world = World::new().await;
        deed(&world.path);
        world.is_lost(words).await;
    }
}

/// The times of the folder, whose clock may be coarse, are old enough then to tell each change.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_lost_after_a_while_without_a_change_in_its_folder() {
    let mut worlds = Vec::new();
    for _ in DEEDS {
        worlds.push(World::new().await);
    }
    sleep(Duration::from_millis(3_500)).await;
    for (world, (deed, words)) in worlds.iter().zip(DEEDS) {
        for id in ["1", "2"] {
            begin(&world.store, world.epoch, id).await.unwrap();
        }
        deed(&world.path);
        world.is_lost(words).await;
    }
}

/// What others do to a file that is open, and is none of that. The folder changes, too.
const OTHERS: [fn(&Path); 9] = [
    |path| fs::write(beside(path, ".other"), "").unwrap(),
    vacuum_into,
    |path| {
        let conn = Connection::open(path).unwrap();
        conn.backup("main", beside(path, ".backup"), None::<fn(Progress)>)
            .unwrap();
    },
    |path| sql(path, "PRAGMA wal_checkpoint(TRUNCATE)"),
    |path| sql(path, "PRAGMA wal_checkpoint(PASSIVE)"),
    |path| sql(path, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"),
    |path| {
        // As somebody adds tables; and then another number than that of any stamp.
        let tables = (0..50).map(|at| format!("CREATE TABLE new_{at} (x);"));
        let tables: String = tables.collect();
        sql(path, &format!("{tables} PRAGMA wal_checkpoint(TRUNCATE)"));
    },
    |path| {
        // As an operator may, who found that the log was restored with the file.
        fs::remove_file(beside(path, "-stamp")).unwrap();
        sql(
            path,
            "CREATE VIEW mine AS SELECT 1; PRAGMA wal_checkpoint(TRUNCATE)",
        );
    },
    |path| {
        // Another engine takes the file over; until it begins an epoch, this one goes on.
        drop(Options::new().take_over().open(path).unwrap());
    },
];

fn sql(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_not_lost_whatever_others_do_with_it_by_sqlite() {
    for synchronous in [Synchronous::Full, Synchronous::Normal] {
        let World {
            _outer,
            path,
            store,
            ..
        } = World::new().await;
        drop(store);
        for (round, deed) in OTHERS.into_iter().enumerate() {
            let options = Options::new().synchronous(synchronous);
            let store = options.open(&path).unwrap();
            let epoch = open(&store).await;
            for when in ["before", "after", "later"] {
                let id = format!("{round} {when}");
                begin(&store, epoch, &id).await.unwrap();
                store.next_due(epoch).await.unwrap();
                if when == "before" {
                    deed(&path);
                }
            }
            assert!(store.vacuum(epoch).await.unwrap());
            let id = format!("{round} rewritten");
            begin(&store, epoch, &id).await.unwrap();
        }
    }
}

/// What an engine that ends has written is in the file, even if its log was removed.
#[tokio::test]
async fn a_log_that_was_removed_loses_nothing_if_the_engine_ends() {
    let world = World::new().await;
    let World { store, epoch, .. } = &world;
    begin(store, *epoch, "43").await.unwrap();
    fs::remove_file(beside(&world.path, "-wal")).unwrap();
    lost(begin(store, *epoch, "44").await, "end this process");
    lost(begin(store, *epoch, "45").await, "end this process");
    drop(world.store);
    let store = Sqlite::open(&world.path).unwrap();
    assert_eq!(commits(&store, "43").await, 1);
    assert_eq!(commits(&store, "44").await, 1, "not confirmed, and there");
    assert_eq!(commits(&store, "45").await, 0);
}

/// A file that was renamed, and is renamed back, is the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_there_again_is_written_again() {
    let world = World::new().await;
    let World {
        path, store, epoch, ..
    } = &world;
    fs::rename(path, beside(path, ".old")).unwrap();
    world.is_lost("rename it back").await;
    fs::rename(beside(path, ".old"), path).unwrap();
    append(store, *epoch, "42", 1, "[]").await.unwrap();
    assert_eq!(commits(store, "42").await, 2);
}
