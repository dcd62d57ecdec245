//! Locks, full disks, and handles that go away.

use crate::common::{append, begin, commit, commits, end, open, trip};
use rusqlite::Connection;
use std::{
    future::Future,
    mem,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Wake, Waker},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::time::timeout;
use typed_saga_conformance::Faulty;
use typed_saga_engine::{
    Change, Claim, EventChange, EventClaim, EventFilter, EventsOf, Filter, Hold, NewEvent,
    ReadStore, State, Store, StoreError, Time, Turn,
};
use typed_saga_sqlite::{Options, Sqlite};

fn unavailable<T: std::fmt::Debug>(result: Result<T, StoreError>, words: &str) {
    match result {
        Err(error @ StoreError::Unavailable { .. }) => {
            assert!(error.to_string().contains(words), "{error}");
        }
        other => panic!("unavailable, not {other:?}"),
    }
}

#[tokio::test]
async fn a_lock_of_another_process_passes() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let wait = Duration::from_millis(50);
    let store = Options::new().busy_timeout(wait).open(&path).unwrap();
    let epoch = open(&store).await;
    begin(&store, epoch, "42").await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (one, two) = tokio::join!(
        append(&store, epoch, "42", 1, "[1]"),
        begin(&store, epoch, "43")
    );
    unavailable(one, "locked");
    unavailable(two, "locked");
    assert_eq!(
        commits(&store, "42").await,
        1,
        "reads do not wait for a writer"
    );
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(
        commits(&store, "42").await,
        1,
        "what was unavailable was not written"
    );
    append(&store, epoch, "42", 1, "[1]").await.unwrap();
    begin(&store, epoch, "43").await.unwrap();
    assert_eq!(commits(&store, "42").await, 2);
}

#[tokio::test]
async fn a_short_lock_is_waited_for() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (begun, ()) = tokio::join!(begin(&store, epoch, "42"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        other.execute_batch("COMMIT").unwrap();
    });
    begun.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_not_for_ever() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Options::new().max_size(400 << 10).open(&path).unwrap();
    let epoch = open(&store).await;
    let text = format!("[\"{}\"]", "x".repeat(10_000));
    begin(&store, epoch, "old").await.unwrap();
    end(
        &store,
        epoch,
        "old",
        1,
        State::Completed,
        Claim::Rest,
        &"1".repeat(100_000),
    )
    .await;
    begin(&store, epoch, "42").await.unwrap();
    let mut written = 1;
    let full = loop {
        match append(&store, epoch, "42", written, &text).await {
            Ok(()) => written += 1,
            Err(error) => break Err::<(), _>(error),
        }
        assert!(written < 100, "the file is limited");
    };
    unavailable(full, "full");
    for _ in 0..3 {
        unavailable(append(&store, epoch, "42", written, &text).await, "full");
    }
    assert_eq!(
        commits(&store, "42").await as u64,
        written,
        "what was written before is there"
    );
    let purged = store
        .purge(
            epoch,
            Filter::of(crate::common::trip("old")),
            Time(i64::MAX),
        )
        .await;
    assert_eq!(purged.unwrap(), 1, "a full file can be purged");
    append(&store, epoch, "42", written, &text).await.unwrap();
    assert_eq!(commits(&store, "42").await as u64, written + 1);
}

#[tokio::test]
async fn a_write_that_cannot_be_done_does_not_fail_those_beside_it() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Options::new().max_size(400 << 10).open(&path).unwrap();
    let epoch = open(&store).await;
    for id in ["first", "small", "large", "gap", "last"] {
        begin(&store, epoch, id).await.unwrap();
    }
    let large = "1".repeat(1 << 20);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // While the first one waits for the lock, the others become one transaction.
    let (first, small, large, gap, last, ()) = tokio::join!(
        append(&store, epoch, "first", 1, "[]"),
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            append(&store, epoch, "small", 1, "[]").await
        },
        async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            append(&store, epoch, "large", 1, &large).await
        },
        async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            append(&store, epoch, "gap", 2, "[]").await
        },
        async {
            tokio::time::sleep(Duration::from_millis(70)).await;
            append(&store, epoch, "last", 1, "[]").await
        },
        async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            other.execute_batch("COMMIT").unwrap();
        },
    );
    first.unwrap();
    small.unwrap();
    unavailable(large, "full");
    assert!(matches!(gap, Err(StoreError::Conflict { .. })));
    last.unwrap();
    for (id, count) in [
        ("first", 2),
        ("small", 2),
        ("large", 1),
        ("gap", 1),
        ("last", 2),
    ] {
        assert_eq!(commits(&store, id).await, count, "{id}");
    }
    append(&store, epoch, "small", 2, "[]").await.unwrap();
}

#[tokio::test]
async fn what_waits_is_written_before_the_file_is_closed() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let clone = store.clone();
    let epoch = open(&store).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for id in ["1", "2", "3"] {
        // Asked for, and dropped before it is done.
        let asked = pin!(begin(&store, epoch, id));
        assert!(
            asked
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    }
    drop(store);
    let unlock = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        other.execute_batch("COMMIT").unwrap();
    });
    drop(clone);
    unlock.join().unwrap();
    let store = Sqlite::open(&path).unwrap();
    for id in ["1", "2", "3"] {
        assert_eq!(commits(&store, id).await, 1);
    }
}

#[tokio::test]
async fn what_was_under_way_at_a_crash_is_not_heard_of() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let disk = Sqlite::open(&path).unwrap();
    let store = Faulty::new(disk.clone()).crash_before(2);
    let epoch = open(&store).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (under_way, crashed, ()) = tokio::join!(
        timeout(Duration::from_secs(1), begin(&store, epoch, "42")),
        timeout(Duration::from_secs(1), begin(&store, epoch, "43")),
        async {
            store.crashed().await;
            other.execute_batch("COMMIT").unwrap();
        },
    );
    assert!(under_way.is_err() && crashed.is_err(), "nobody hears of it");
    assert_eq!(commits(&disk, "42").await, 1, "what was under way is done");
    assert_eq!(commits(&disk, "43").await, 0);
}

/// A task that is over when it is woken, and holds a clone until then.
struct Last(Mutex<Option<Sqlite>>);

impl Wake for Last {
    fn wake(self: Arc<Self>) {
        self.0.lock().unwrap().take();
    }
}

#[tokio::test]
async fn the_last_clone_may_be_dropped_by_the_thread_that_writes() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let last = Waker::from(Arc::new(Last(Mutex::new(Some(store.clone())))));
    let mut asked = Box::pin(begin(&store, epoch, "42"));
    assert!(
        asked
            .as_mut()
            .poll(&mut Context::from_waker(&last))
            .is_pending()
    );
    // Dropped, it would take the waker back.
    mem::forget(asked);
    drop((last, store));
    other.execute_batch("COMMIT").unwrap();
    let start = Instant::now();
    let store = loop {
        match Sqlite::open(&path) {
            Ok(store) => break store,
            Err(StoreError::Owned { .. }) => assert!(start.elapsed() < Duration::from_secs(10)),
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(commits(&store, "42").await, 1);
}

#[tokio::test]
async fn a_file_without_its_tables_is_damaged() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("DROP TABLE journal").unwrap();
    let error = begin(&store, epoch, "42").await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

/// Who claimed a saga does not matter to its reader, and the next claim writes over it.
#[tokio::test]
async fn a_saga_that_nobody_can_have_claimed_is_as_good_as_any() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    begin(&store, epoch, "42").await.unwrap();
    let epoch = open(&store).await;
    let other = Connection::open(&path).unwrap();
    let spoil = "UPDATE saga SET claimed = -5";
    assert_eq!(other.execute(spoil, []).unwrap(), 1);
    let stored = store.load(trip("42")).await.unwrap().unwrap();
    assert_eq!((stored.row.claimed, stored.row.unreadable), (None, None));
    assert_eq!(store.claim(epoch, Turn(1), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_are_due_and_many_run_and_the_next_is_found_at_once() {
    let dir = TempDir::new().unwrap();
    let store = Sqlite::open(dir.path().join("sagas.db")).unwrap();
    let epoch = open(&store).await;
    let all: Vec<_> = (0..2_000).map(|number| format!("{number:04}")).collect();
    let begun = all.iter().map(|id| begin(&store, epoch, id));
    let mut begun: Vec<_> = begun.map(Box::pin).collect();
    for begin in &mut begun {
        // All are asked for before the first is waited for.
        let _ = begin.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    for begin in begun {
        begin.await.unwrap();
    }
    let epoch = open(&store).await;
    let start = Instant::now();
    let mut claimed = Vec::new();
    while store.next_due(epoch).await.unwrap().is_some() {
        claimed.extend(store.claim(epoch, Turn(1), 10).await.unwrap());
    }
    assert_eq!(claimed.len(), all.len());
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

/// An event that cannot be read is listed as stuck, and every other saga's goes on.
#[tokio::test]
async fn a_damaged_event_holds_up_no_other() {
    for damage in [
        "number = -1",
        "turn = -9",
        "payload = CAST(x'ff' AS TEXT)",
        "key = CAST(x'ff' AS TEXT)",
    ] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("sagas.db");
        let store = Sqlite::open(&path).unwrap();
        let epoch = open(&store).await;
        for id in ["1", "2", "3"] {
            begin(&store, epoch, id).await.unwrap();
            let event = NewEvent {
                key: id.into(),
                payload: "{}".into(),
            };
            let ends = Change {
                state: State::Completed,
                claim: Claim::Rest,
                fingerprint: None,
                events: vec![event],
                delivers: false,
                locks: Vec::new(),
            };
            let append = store.append(
                epoch,
                Hold::new(trip(id), Turn(1)),
                commit(1, "[]"),
                Some(ends),
                Vec::new(),
            );
            append.await.unwrap();
        }
        let other = Connection::open(&path).unwrap();
        let spoil = |what: &str| {
            let sql = format!("UPDATE outbox SET {what} WHERE position = 1");
            assert_eq!(other.execute(&sql, []).unwrap(), 1);
        };
        spoil(damage);
        // What no worker has written changes nothing.
        spoil("failures = -1, error = CAST(x'ff' AS TEXT)");
        let claim = async || {
            let claim = EventClaim {
                of: EventsOf::Except(Arc::from([])),
                limit: 9,
                lease: None,
            };
            let claimed = store.claim_events(epoch, claim).await.unwrap();
            claimed
                .iter()
                .map(|event| event.saga.id.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(claim().await, ["2", "3"], "{damage}");
        assert_eq!(claim().await, [""; 0], "{damage}");
        let stuck = EventFilter {
            stuck: true,
            ..EventFilter::default()
        };
        let listed = store.events(stuck).await.unwrap();
        assert_eq!(listed.len(), 1, "{damage}");
        let why = listed[0].why.as_deref().unwrap();
        assert!(why.starts_with("its row is damaged: "), "{why}");
        spoil("number = 0, turn = 3, key = '1', payload = '{}'");
        assert!(
            store
                .decide(epoch, trip("1"), 0, EventChange::Redeliver, None)
                .await
                .unwrap()
        );
        assert_eq!(claim().await, ["1"], "mended, it is handed over");
    }
}
