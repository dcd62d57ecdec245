//! A disk on which the log alone could take all there is: here files of a process are limited.
#![cfg(unix)]

use crate::common::{begin, worker};
use rusqlite::Connection;
use std::{
    env, fs,
    process::{Command, Stdio},
    sync::Arc,
};
use tempfile::TempDir;
use typed_saga_engine::{Store, Worker};
use typed_saga_sqlite::Sqlite;

/// The part of the limited process: workers that come and go, and write the same pages again and
/// again, so that the file stays small while the log grows.
#[tokio::test]
async fn child() {
    let Some(path) = env::var_os("SAGA_SQLITE_SMALL") else {
        return;
    };
    let store = Sqlite::open(&path).unwrap();
    let runs: Vec<(Arc<str>, u64)> = (0..500)
        .map(|number| (format!("saga {number}").into(), number))
        .collect();
    for number in 0..300 {
        let runs = runs.clone();
        let opened = store.open(Worker { runs, ..worker() }).await.unwrap();
        begin(&store, opened.epoch, &number.to_string())
            .await
            .unwrap();
    }
    let mut log = path.clone();
    log.push("-wal");
    let longest = fs::metadata(&log).unwrap().len();
    println!("the log has {longest} bytes");
}

/// Runs the limited process with a file in this folder.
fn goes_on(folder: &TempDir) {
    // 1 or 2 MiB a file, as the shell counts; a write beyond that fails, and ends no process.
    let script = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" --exact small_disk::child --nocapture";
    let child = Command::new("sh")
        .args(["-c", script])
        .arg(env::current_exe().unwrap())
        .env("SAGA_SQLITE_SMALL", folder.path().join("sagas.db"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let said = [child.stdout, child.stderr].map(|said| String::from_utf8(said).unwrap());
    assert!(child.status.success(), "{said:#?}");
    assert!(said[0].contains("the log has"), "{said:#?}");
}

#[test]
fn a09_a_log_that_fills_the_disk_is_emptied_and_the_write_done() {
    goes_on(&TempDir::new().unwrap());
}

/// A process was killed, and left no room for what an engine writes as it opens the file.
#[test]
fn a_file_whose_log_fills_the_disk_is_opened() {
    let [made, left] = [(), ()].map(|()| TempDir::new().unwrap());
    let path = made.path().join("sagas.db");
    drop(Sqlite::open(&path).unwrap());
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0")
        .unwrap();
    for number in 0..800 {
        conn.execute("UPDATE store SET epoch = ?1", [number])
            .unwrap();
    }
    for name in ["sagas.db", "sagas.db-wal"] {
        fs::copy(made.path().join(name), left.path().join(name)).unwrap();
    }
    let log = fs::metadata(left.path().join("sagas.db-wal")).unwrap();
    assert!(log.len() > 3 << 20, "{}", log.len());
    goes_on(&left);
}
