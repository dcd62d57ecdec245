//! Writes that are done by the thread that asks for them.

use crate::common::{append, begin, commits, open};
use rusqlite::Connection;
use std::{
    fs,
    future::Future,
    path::PathBuf,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::time::sleep;
use typed_saga_engine::{Epoch, Store, StoreError};
use typed_saga_sqlite::{Options, Sqlite};

/// How long a write waits for the lock of another process: longer than a busy machine needs for one.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file, a handle on it that writes in place, and one that asks the thread.
struct World {
    _dir: TempDir,
    path: PathBuf,
    here: Sqlite,
    thread: Sqlite,
    epoch: Epoch,
}

impl World {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("sagas.db");
        let thread = Options::new().busy_timeout(PATIENCE).open(&path).unwrap();
        let epoch = open(&thread).await;
        Self {
            path,
            here: thread.in_place().expect("a file can be written in place"),
            thread,
            epoch,
            _dir: dir,
        }
    }

    /// Another process that has locked the file.
    fn locked(&self) -> Connection {
        let other = Connection::open(&self.path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        other
    }

    async fn begin(&self, ids: &[&str]) {
        for id in ids {
            begin(&self.thread, self.epoch, id).await.unwrap();
        }
    }
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_alone_is_done_when_it_is_asked_for() {
    let world = World::new().await;
    let begun = poll(pin!(begin(&world.here, world.epoch, "42")));
    assert!(matches!(begun, Poll::Ready(Ok(()))), "{begun:?}");
    for seq in 1..10 {
        let written = poll(pin!(append(&world.here, world.epoch, "42", seq, "[]")));
        assert!(matches!(written, Poll::Ready(Ok(()))), "{written:?}");
    }
    assert_eq!(commits(&world.thread, "42").await, 10);
    append(&world.thread, world.epoch, "42", 10, "[]")
        .await
        .unwrap();
    let gap = poll(pin!(append(&world.here, world.epoch, "42", 12, "[]")));
    assert!(
        matches!(gap, Poll::Ready(Err(StoreError::Conflict { .. }))),
        "{gap:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_another_process_is_waited_for_by_the_thread() {
    let world = World::new().await;
    world.begin(&["42"]).await;
    let other = world.locked();
    let asked = Instant::now();
    let mut written = pin!(append(&world.here, world.epoch, "42", 1, "[]"));
    assert!(poll(written.as_mut()).is_pending());
    assert!(asked.elapsed() < PATIENCE, "less than a lock is waited for");
    other.execute_batch("COMMIT").unwrap();
    written.await.unwrap();
    let again = poll(pin!(append(&world.here, world.epoch, "42", 2, "[]")));
    assert!(matches!(again, Poll::Ready(Ok(()))), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_the_thread_comes_first() {
    let world = World::new().await;
    world.begin(&["42"]).await;
    let other = world.locked();
    let mut first = pin!(append(&world.thread, world.epoch, "42", 1, "[1]"));
    assert!(poll(first.as_mut()).is_pending());
    other.execute_batch("COMMIT").unwrap();
    // Whether the thread has begun with the first or not: this one is a conflict unless it comes
    // after it.
    append(&world.here, world.epoch, "42", 2, "[2]")
        .await
        .unwrap();
    first.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_several_have_met_the_next_ones_are_left_to_the_thread() {
    let world = World::new().await;
    world.begin(&["1", "2", "3"]).await;
    let other = world.locked();
    let ask = |id, seq| append(&world.here, world.epoch, id, seq, "[]");
    let mut first = pin!(ask("1", 1));
    assert!(poll(first.as_mut()).is_pending());
    // The thread has the first one, and waits for the lock with it alone.
    sleep(Duration::from_millis(100)).await;
    let (mut second, mut third) = (pin!(ask("2", 1)), pin!(ask("3", 1)));
    assert!(poll(second.as_mut()).is_pending() && poll(third.as_mut()).is_pending());
    other.execute_batch("COMMIT").unwrap();
    let (first, second, third) = tokio::join!(first, second, third);
    first.and(second).and(third).unwrap();

    let mut asked = 0;
    for seq in 2..100 {
        let mut next = pin!(ask("1", seq));
        match poll(next.as_mut()) {
            Poll::Ready(written) => {
                written.unwrap();
                break;
            }
            Poll::Pending => next.await.unwrap(),
        }
        asked += 1;
    }
    assert!(
        (1..50).contains(&asked),
        "the thread is asked for a while: {asked}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_handle_closes_the_file() {
    let world = World::new().await;
    world.begin(&["42"]).await;
    let World {
        _dir, path, here, ..
    } = world;
    drop(world.thread);
    let written = append(&here, world.epoch, "42", 1, "[]");
    tokio::time::timeout(Duration::from_secs(60), written)
        .await
        .unwrap()
        .unwrap();
    drop(here);
    let log = fs::metadata(path.with_extension("db-wal"));
    assert!(
        log.map_or(true, |log| log.len() == 0),
        "all of it is in the one file"
    );
    let store = Sqlite::open(&path).expect("nobody owns it");
    assert_eq!(commits(&store, "42").await, 2);
}
