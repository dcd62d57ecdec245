//! The stamp beside a file: when it is written, and who may read it.
#![cfg(unix)]

use crate::common::{begin, open};
use rusqlite::Connection;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::sleep;
use typed_saga_engine::Epoch;
use typed_saga_sqlite::Sqlite;

fn stamp(path: &Path) -> PathBuf {
    path.with_file_name("sagas.db-stamp")
}

fn folder() -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().canonicalize().unwrap().join("sagas.db");
    (dir, path)
}

/// An engine that cannot write the stamp when it opens the file, because another process keeps the log.
async fn without_a_stamp(path: &Path) -> (Sqlite, Epoch, Connection) {
    drop(Sqlite::open(path).unwrap());
    let reads = Connection::open(path).unwrap();
    let read = "BEGIN; SELECT count(*) FROM saga";
    reads.execute_batch(read).unwrap();
    let store = Sqlite::open(path).unwrap();
    let epoch = open(&store).await;
    begin(&store, epoch, "42").await.unwrap();
    assert!(!stamp(path).exists());
    (store, epoch, reads)
}

/// Whether the stamp has the number of the file.
fn fits(path: &Path) -> bool {
    let conn = Connection::open(path).unwrap();
    let number = conn.query_row("PRAGMA schema_version", (), |row| row.get::<_, i64>(0));
    let number = number.unwrap().to_string();
    fs::read_to_string(stamp(path)).is_ok_and(|text| text.trim() == number)
}

#[tokio::test]
async fn a_stamp_that_cannot_be_written_at_once_is_written_after_a_later_write() {
    let (_dir, path) = folder();
    let (store, epoch, reads) = without_a_stamp(&path).await;
    reads.execute_batch("COMMIT").unwrap();
    for id in 0.. {
        assert!(id < 1_000, "there is no stamp");
        begin(&store, epoch, &id.to_string()).await.unwrap();
        if stamp(&path).exists() {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    assert!(fits(&path));
}

#[tokio::test]
async fn a_stamp_that_was_never_written_is_written_at_the_end() {
    let (_dir, path) = folder();
    let (store, _, reads) = without_a_stamp(&path).await;
    reads.execute_batch("COMMIT").unwrap();
    drop(store);
    assert!(fits(&path));
}

/// Another engine may have taken the file over meanwhile: its number is another one.
#[tokio::test]
async fn a_late_stamp_is_not_that_of_an_engine_that_was_taken_over() {
    let (_dir, path) = folder();
    let (store, _, reads) = without_a_stamp(&path).await;
    let taker = typed_saga_sqlite::Options::new()
        .take_over()
        .open(&path)
        .unwrap();
    reads.execute_batch("COMMIT").unwrap();
    drop(store);
    assert!(!stamp(&path).exists() || fits(&path));
    drop(taker);
    assert!(fits(&path));
}

#[tokio::test]
async fn the_stamp_follows_an_engine_that_rewrites_its_file() {
    use typed_saga_engine::Store as _;
    let (_dir, path) = folder();
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    for _ in 0..3 {
        assert!(store.vacuum(epoch).await.unwrap());
        assert!(fits(&path));
    }
}

/// Who may read the file by its group may see whether the log belongs to it.
#[test]
fn the_stamp_has_the_mode_of_its_file() {
    let (_dir, path) = folder();
    drop(Sqlite::open(&path).unwrap());
    for mode in [0o640, 0o660, 0o600, 0o644] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        drop(Sqlite::open(&path).unwrap());
        let is = fs::metadata(stamp(&path)).unwrap().permissions().mode();
        assert_eq!(is & 0o777, mode);
    }
}

/// Looking at the first bytes of a file whose number others have changed leaves nothing open for each look.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_whose_tables_others_have_changed_is_opened_again_and_again() {
    use typed_saga_sqlite::Attached;
    let (_dir, path) = folder();
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    let other = Connection::open(&path).unwrap();
    let change = "CREATE VIEW mine AS SELECT id FROM saga; PRAGMA wal_checkpoint(TRUNCATE)";
    other.execute_batch(change).unwrap();
    begin(&store, epoch, "42").await.unwrap();
    let open_files = || {
        let all = fs::read_dir("/proc/self/fd").unwrap();
        let names = all.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        names.filter(|name| *name == path).count()
    };
    let attach = || drop(Attached::open(&path).unwrap());
    (0..3).for_each(|_| attach());
    let before = open_files();
    (0..20).for_each(|_| attach());
    assert_eq!(open_files(), before);
}
