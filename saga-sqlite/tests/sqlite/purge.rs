//! A purge leaves room for others, and gives the space back.

use crate::common::{append, begin, commits, end, open};
use rusqlite::Connection;
use saga_engine::{Claim, Epoch, Filter, State, Store, Time};
use saga_sqlite::{Options, Sqlite, Synchronous};
use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
};
use tempfile::TempDir;

const MANY: u64 = 1_000;

/// Nobody cuts the power here.
fn opened(path: &Path) -> Sqlite {
    let options = Options::new().synchronous(Synchronous::Normal);
    options.open(path).unwrap()
}

/// Many that have ended, with journals of some size.
async fn fill(store: &Sqlite, epoch: Epoch) {
    let records = format!("[\"{}\"]", "x".repeat(4_000));
    for number in 0..MANY {
        let id = number.to_string();
        begin(store, epoch, &id).await.unwrap();
        end(
            store,
            epoch,
            &id,
            1,
            State::Completed,
            Claim::Rest,
            &records,
        )
        .await;
    }
}

async fn purge(store: &Sqlite, epoch: Epoch) -> u64 {
    let purge = store.purge(epoch, Filter::default(), Time(i64::MAX));
    purge.await.unwrap()
}

fn pages(path: &Path, pragma: &str) -> i64 {
    let file = Connection::open(path).unwrap();
    let sql = format!("PRAGMA {pragma}");
    file.query_row(&sql, (), |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a08_commits_go_on_while_many_are_purged() {
    let dir = TempDir::new().unwrap();
    let store = opened(&dir.path().join("sagas.db"));
    let epoch = open(&store).await;
    fill(&store, epoch).await;
    begin(&store, epoch, "runs").await.unwrap();
    let purged = AtomicBool::new(false);
    let (count, appended) = tokio::join!(
        async {
            let count = purge(&store, epoch).await;
            purged.store(true, SeqCst);
            count
        },
        async {
            let mut appended = 0;
            while !purged.load(SeqCst) {
                appended += 1;
                append(&store, epoch, "runs", appended, "[]").await.unwrap();
            }
            appended
        }
    );
    assert_eq!(count, MANY);
    assert!(appended > 10, "{appended} commits beside {MANY} that went");
    assert_eq!(commits(&store, "runs").await as u64, appended + 1);
}

#[tokio::test]
async fn a08_a_purge_goes_as_far_as_it_is_told() {
    let dir = TempDir::new().unwrap();
    let store = opened(&dir.path().join("sagas.db"));
    let epoch = open(&store).await;
    fill(&store, epoch).await;
    for (limit, purged) in [(0, 0), (1, 1), (100, 100), (2_000, MANY - 101)] {
        let part = Filter {
            limit: Some(limit),
            ..Filter::default()
        };
        let purge = store.purge(epoch, part, Time(i64::MAX));
        assert_eq!(purge.await.unwrap(), purged);
    }
}

#[tokio::test]
async fn a08_what_is_purged_gives_its_space_back() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = opened(&path);
    let epoch = open(&store).await;
    fill(&store, epoch).await;
    drop(store);
    let before = fs::metadata(&path).unwrap().len();
    let store = opened(&path);
    let epoch = open(&store).await;
    assert_eq!(purge(&store, epoch).await, MANY);
    drop(store);
    let after = fs::metadata(&path).unwrap().len();
    assert!(after < before / 3, "{before} bytes, then {after}");
    assert!(pages(&path, "freelist_count") <= 256);
}

/// As one that was made before files could be cut.
#[tokio::test]
async fn a08_an_older_file_gives_its_space_back_once_it_was_told_that_it_can() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    drop(Sqlite::open(&path).unwrap());
    let as_before = "PRAGMA auto_vacuum = NONE; VACUUM";
    Connection::open(&path)
        .unwrap()
        .execute_batch(as_before)
        .unwrap();
    for (advised, is_cut) in [(false, false), (true, true)] {
        if advised {
            let advice = "PRAGMA auto_vacuum = INCREMENTAL; VACUUM";
            Connection::open(&path)
                .unwrap()
                .execute_batch(advice)
                .unwrap();
        }
        let store = opened(&path);
        let epoch = open(&store).await;
        fill(&store, epoch).await;
        assert_eq!(purge(&store, epoch).await, MANY);
        drop(store);
        assert_eq!(pages(&path, "freelist_count") <= 256, is_cut);
    }
}
