//! A purge leaves room for others, and gives the space back.

use crate::common::{TURN, append, begin, commit, commits, end, hold, open, trip};
use rusqlite::Connection;
use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};
use tempfile::TempDir;
use typed_saga_engine::{
    Change, Claim, Delivery, Epoch, EventChange, EventClaim, EventRow, EventsOf, Filter,
    LockChange, LockKey, Mark, NewEvent, NewSaga, ReadStore, State, Store, Take, Time, Unfit,
};
use typed_saga_sqlite::{Options, Sqlite, Synchronous};

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

/// As somebody may have rewritten it.
#[tokio::test]
async fn a08_a_file_that_cannot_be_cut_gives_its_space_back_once_it_was_told_that_it_can() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    drop(Sqlite::open(&path).unwrap());
    let uncut = "PRAGMA auto_vacuum = NONE; VACUUM";
    Connection::open(&path)
        .unwrap()
        .execute_batch(uncut)
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

/// The number of the newest saga is free again when that is purged.
#[tokio::test]
async fn a_saga_is_not_taken_for_an_unreadable_one_that_was_purged() {
    let dir = TempDir::new().unwrap();
    let store = opened(&dir.path().join("sagas.db"));
    let epoch = open(&store).await;
    begin(&store, epoch, "old").await.unwrap();
    let (ended, rest) = (State::Completed, Claim::Rest);
    end(&store, epoch, "old", 1, ended, rest, "[]").await;
    let asked = store.send(trip("old"), "{}".to_owned(), Time(1));
    let asked = asked.await.unwrap();
    assert_eq!(store.claim(epoch, TURN, 10).await.unwrap(), [trip("old")]);
    let mark = Mark::Unfit(Unfit {
        fingerprint: 7,
        why: Arc::from("it is of another version"),
    });
    let released = store.release(epoch, hold("old"), None, mark, Vec::new());
    released.await.unwrap();
    let answers = vec![(asked, "{}".to_owned())];
    store.answer(epoch, answers).await.unwrap();
    assert_eq!(purge(&store, epoch).await, 1);
    let new = NewSaga {
        saga: trip("new"),
        input: "{}".to_owned(),
        fingerprint: 7,
        due: Some(Time(0)),
        life: None,
    };
    store.create(None, new, None).await.unwrap();
    assert_eq!(store.claim(epoch, TURN, 10).await.unwrap(), [trip("new")]);
}

const SECRET: &str = "4929-1234-5678-9012";

/// That of one saga.
fn secret_of(id: &str) -> String {
    format!("{SECRET} of {id}.")
}

/// A saga that has a secret wherever one can have it, and has ended.
async fn plant(store: &Sqlite, epoch: Epoch, id: &str, size: usize) {
    let text = format!("[\"{}{}\"]", "x".repeat(size), secret_of(id));
    let new = NewSaga {
        saga: trip(id),
        input: text.clone(),
        fingerprint: 7,
        due: None,
        life: None,
    };
    let created = store.create(Some((epoch, TURN)), new, Some(commit(0, &text)));
    created.await.unwrap();
    let asked = store.send(trip(id), text.clone(), Time(1)).await.unwrap();
    lock(store, epoch, id, &text).await;
    let event = NewEvent {
        key: text.clone(),
        payload: text.clone(),
    };
    let change = Change {
        state: State::Completed,
        claim: Claim::Rest,
        fingerprint: None,
        events: vec![event.clone(), event],
        delivers: false,
        locks: vec![LockChange::Release],
    };
    let answers = vec![(asked, text.clone())];
    let ended = store.append(epoch, hold(id), commit(2, &text), Some(change), answers);
    ended.await.unwrap();
    tell(store, epoch, id, &text).await;
}

/// It gets the key of a lock, and is released as one that cannot be read.
async fn lock(store: &Sqlite, epoch: Epoch, id: &str, text: &str) {
    let key = LockKey {
        name: "card".into(),
        key: text.into(),
    };
    let change = Change {
        state: State::Running,
        claim: Claim::Keep,
        fingerprint: None,
        events: Vec::new(),
        delivers: false,
        locks: vec![LockChange::Request(vec![key])],
    };
    let locked = store.append(epoch, hold(id), commit(1, text), Some(change), Vec::new());
    locked.await.unwrap();
    let mark = Mark::Unfit(Unfit {
        fingerprint: 7,
        why: text.into(),
    });
    let released = store.release(epoch, hold(id), Some(Time(1)), mark, Vec::new());
    released.await.unwrap();
    let taken = store.claim_one(epoch, TURN, trip(id), None).await.unwrap();
    assert_eq!(taken, Take::Mine);
}

/// One event fails, and is skipped; the next one is delivered.
async fn tell(store: &Sqlite, epoch: Epoch, id: &str, text: &str) {
    let failed = Delivery::Failed {
        why: text.into(),
        due: Time(1),
    };
    let next = claimed(store, epoch).await;
    let told = store.handed_over(epoch, next.hold(), failed);
    told.await.unwrap();
    let skip = EventChange::Skip { why: text.into() };
    let skipped = store.decide(epoch, trip(id), 0, skip, None);
    assert!(skipped.await.unwrap());
    let next = claimed(store, epoch).await;
    let told = store.handed_over(epoch, next.hold(), Delivery::Acknowledged);
    told.await.unwrap();
}

async fn claimed(store: &Sqlite, epoch: Epoch) -> EventRow {
    let claim = EventClaim {
        of: EventsOf::Except(Arc::from([])),
        limit: 1,
        lease: None,
    };
    store.claim_events(epoch, claim).await.unwrap().remove(0)
}

/// How often secrets are in a file and in those beside it.
fn copies(path: &Path) -> usize {
    copies_of(SECRET, path)
}

fn copies_of(secret: &str, path: &Path) -> usize {
    let count = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let bytes = fs::read(name).unwrap_or_default();
        let is_there = |part: &&[u8]| *part == secret.as_bytes();
        bytes.windows(secret.len()).filter(is_there).count()
    };
    ["", "-wal", "-shm", "-owner", "-stamp", "-journal"]
        .map(count)
        .iter()
        .sum()
}

/// Texts that fill pages of their own are overwritten where they were.
#[tokio::test]
async fn what_is_purged_is_overwritten_in_the_file_and_in_its_log() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = opened(&path);
    let epoch = open(&store).await;
    begin(&store, epoch, "stays").await.unwrap();
    for id in ["1", "2", "3"] {
        plant(&store, epoch, id, 20_000).await;
    }
    assert!(copies(&path) > 10);
    let purged = store.purge(epoch, Filter::of(trip("2")), Time(i64::MAX));
    assert_eq!(purged.await.unwrap(), 1);
    assert_eq!(copies_of(&secret_of("2"), &path), 0);
    for id in ["1", "3"] {
        assert_eq!(commits(&store, id).await, 3, "one id can be purged");
        assert!(copies_of(&secret_of(id), &path) > 0);
    }
    assert_eq!(purge(&store, epoch).await, 2);
    assert_eq!(copies(&path), 0);
    assert_eq!(commits(&store, "stays").await, 1);
}

/// Small texts move between pages while others are written, and a copy may stay where they were.
#[tokio::test]
async fn what_was_purged_is_in_no_byte_of_a_file_that_is_rewritten() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = opened(&path);
    let epoch = open(&store).await;
    for number in 0_usize..300 {
        let id = number.to_string();
        plant(&store, epoch, &id, number * 7 % 400).await;
        begin(&store, epoch, &format!("stays {id}")).await.unwrap();
    }
    assert!(copies(&path) > 300);
    assert_eq!(purge(&store, epoch).await, 300);
    assert!(store.vacuum(epoch).await.unwrap());
    assert_eq!(copies(&path), 0);
    for number in 0..300 {
        assert_eq!(commits(&store, &format!("stays {number}")).await, 1);
    }
    append(&store, epoch, "stays 7", 1, "[]").await.unwrap();
}

/// A request that came when its saga was gone is answered, and belongs to nothing that could be purged.
#[tokio::test]
async fn what_was_answered_to_nobody_is_in_no_byte_of_a_file_that_is_rewritten() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = opened(&path);
    let epoch = open(&store).await;
    begin(&store, epoch, "stays").await.unwrap();
    let text = format!("[\"{}\"]", secret_of("gone"));
    let asked = store.send(trip("gone"), text, Time(1)).await.unwrap();
    assert_eq!(purge(&store, epoch).await, 0);
    assert!(store.vacuum(epoch).await.unwrap());
    assert!(copies(&path) > 0, "it is not answered yet");
    let answers = vec![(asked, "{}".to_owned())];
    store.answer(epoch, answers).await.unwrap();
    assert_eq!(purge(&store, epoch).await, 0);
    assert!(store.vacuum(epoch).await.unwrap());
    assert_eq!(copies(&path), 0);
    assert_eq!(commits(&store, "stays").await, 1);
}

/// Who else deletes may not overwrite it.
#[tokio::test]
async fn a_vacuum_removes_what_others_have_deleted() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = opened(&path);
    let epoch = open(&store).await;
    plant(&store, epoch, "1", 20_000).await;
    drop(store);
    let other = Connection::open(&path).unwrap();
    let tables = ["saga", "journal", "outbox", "inbox"];
    let deletes = tables.map(|table| format!("DELETE FROM {table};")).concat();
    other
        .execute_batch(&format!("PRAGMA secure_delete = OFF; {deletes}"))
        .unwrap();
    drop(other);
    assert!(copies(&path) > 0);
    let store = opened(&path);
    let epoch = open(&store).await;
    assert!(store.vacuum(epoch).await.unwrap());
    assert_eq!(copies(&path), 0);
}

/// Another process that reads keeps the log, and with it what was deleted.
#[tokio::test]
async fn a_vacuum_that_cannot_empty_the_log_says_so() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let wait = std::time::Duration::from_millis(50);
    let store = Options::new().busy_timeout(wait).open(&path).unwrap();
    let epoch = open(&store).await;
    plant(&store, epoch, "1", 20_000).await;
    let other = Connection::open(&path).unwrap();
    let reads = "BEGIN; SELECT count(*) FROM saga";
    other.execute_batch(reads).unwrap();
    assert_eq!(purge(&store, epoch).await, 1, "a purge does not fail");
    let error = store.vacuum(epoch).await.unwrap_err().to_string();
    assert!(error.contains("another process reads it"), "{error}");
    assert!(copies(&path) > 0);
    other.execute_batch("COMMIT").unwrap();
    assert!(store.vacuum(epoch).await.unwrap());
    assert_eq!(copies(&path), 0);
    let stale = store.close(epoch).await.and(store.vacuum(epoch).await);
    assert!(stale.is_err(), "only the owner rewrites a file");
}
