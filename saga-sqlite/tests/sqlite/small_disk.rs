//! A disk on which the log alone could take all there is: here files of a process are limited.
#![cfg(unix)]

use crate::common::{begin, end, open};
use saga_engine::{Claim, Filter, State, Store, Time};
use saga_sqlite::Sqlite;
use std::{
    env, fs,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// The part of the limited process: sagas that begin, end and go again, so that the file stays
/// small while the log grows.
#[tokio::test]
async fn child() {
    let Some(path) = env::var_os("SAGA_SQLITE_SMALL") else {
        return;
    };
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    let records = format!("[\"{}\"]", "x".repeat(20_000));
    for number in 0..300 {
        let id = number.to_string();
        begin(&store, epoch, &id).await.unwrap();
        let (state, claim) = (State::Completed, Claim::Rest);
        end(&store, epoch, &id, 1, state, claim, &records).await;
        let purged = store.purge(epoch, Filter::default(), Time(i64::MAX));
        assert_eq!(purged.await.unwrap(), 1);
    }
    let mut log = path.clone();
    log.push("-wal");
    let longest = fs::metadata(&log).unwrap().len();
    println!("the log has {longest} bytes");
}

#[test]
fn a09_a_log_that_fills_the_disk_is_emptied_and_the_write_done() {
    let dir = TempDir::new().unwrap();
    // 1 or 2 MiB a file, as the shell counts; a write beyond that fails, and ends no process.
    let script = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" --exact small_disk::child --nocapture";
    let child = Command::new("sh")
        .args(["-c", script])
        .arg(env::current_exe().unwrap())
        .env("SAGA_SQLITE_SMALL", dir.path().join("sagas.db"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let said = [child.stdout, child.stderr].map(|said| String::from_utf8(said).unwrap());
    assert!(child.status.success(), "{said:#?}");
    assert!(said[0].contains("the log has"), "{said:#?}");
}
