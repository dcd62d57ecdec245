//! Other processes: one owner at a time, a lock that goes with its process, and nothing lost of
//! what was acknowledged.
//!
//! The test program runs itself as the other process: [`child`] is a test that does nothing unless
//! it is told a part to play.

use crate::common::{append, begin, commits, open, take, trip, worker};
use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader},
    path::Path,
    process::{self, Child, ChildStderr, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use typed_saga_engine::{ReadStore, Store, StoreError, Worker};
use typed_saga_sqlite::{Attached, Options, Sqlite, Synchronous};

/// Another process with the file. It tells what it does on its standard error, since the test
/// harness writes to the standard output.
struct Other {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStderr>>,
}

impl Other {
    fn start(part: &str, path: &Path) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "processes::child", "--nocapture"])
            .env("SAGA_SQLITE_PART", part)
            .env("SAGA_SQLITE_PATH", path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it tells next; none if it has ended.
    fn tells(&mut self) -> Option<String> {
        Some(self.lines.next()?.unwrap())
    }

    /// Waits until it tells that.
    fn until(&mut self, line: &str) {
        while self.tells().expect("it has not ended") != line {}
    }

    /// `kill -9`.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn child() {
    let Ok(part) = env::var("SAGA_SQLITE_PART") else {
        return;
    };
    let path = env::var_os("SAGA_SQLITE_PATH").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let options = Options::new();
    runtime.block_on(async {
        match part.as_str() {
            "full" => work(&options, &path).await,
            "normal" => work(&options.synchronous(Synchronous::Normal), &path).await,
            other => panic!("no such part: {other}"),
        }
    });
}

/// Appends to four sagas at once for as long as it may, and tells each commit that it was
/// acknowledged.
async fn work(options: &Options, path: &OsStr) {
    let store = options.open(path).unwrap();
    let epoch = open(&store).await;
    eprintln!("owner");
    let ids = ["0", "1", "2", "3"];
    tokio::join!(
        go_on(&store, epoch, ids[0]),
        go_on(&store, epoch, ids[1]),
        go_on(&store, epoch, ids[2]),
        go_on(&store, epoch, ids[3]),
    );
    // Fenced, but alive, and with the lock.
    thread::sleep(Duration::from_secs(600));
}

async fn go_on(store: &Sqlite, epoch: typed_saga_engine::Epoch, id: &str) {
    begin(store, epoch, id).await.unwrap();
    take(store, epoch, id).await;
    let mut seq = commits(store, id).await as u64;
    loop {
        match append(store, epoch, id, seq, &format!("[{seq}]")).await {
            Ok(()) => eprintln!("{id} {seq}"),
            Err(StoreError::Fenced { .. }) => break eprintln!("fenced"),
            Err(error) => panic!("{error}"),
        }
        seq += 1;
    }
}

#[track_caller]
fn owned_by(path: &Path, process: u32) {
    match Sqlite::open(path) {
        Err(error @ StoreError::Owned { .. }) => {
            let words = format!("owned by process {process}");
            assert!(error.to_string().contains(&words), "{error}");
            // As a program prints it whose `main` gives it.
            assert!(format!("{error:?}").contains(&words), "{error:?}");
        }
        other => panic!("owned, not {other:?}"),
    }
}

#[tokio::test]
async fn a_file_has_one_owner_until_its_process_ends() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let mut other = Other::start("full", &path);
    other.until("owner");
    for _ in 0..3 {
        owned_by(&path, other.child.id());
    }
    Attached::open(&path).expect("an owned file can be attached to");
    other.kill();
    let store = Sqlite::open(&path).expect("nobody owns it when its process has ended");
    let epoch = open(&store).await;
    assert!(store.renew(epoch).await.is_ok());
}

#[test]
fn a_file_has_one_owner_in_a_process() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let store = Sqlite::open(&path).unwrap();
    let clone = store.clone();
    drop(store);
    owned_by(&path, process::id());
    let dots = dir.path().join(".").join("sagas.db");
    owned_by(&dots, process::id());
    drop(clone);
    Sqlite::open(&dots).expect("nobody owns it when the last clone is dropped");
}

#[cfg(unix)]
#[test]
fn a_link_is_the_file_that_it_points_to() {
    let dir = TempDir::new().unwrap();
    let (path, link) = (dir.path().join("sagas.db"), dir.path().join("link.db"));
    let store = Sqlite::open(&path).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    owned_by(&link, process::id());
    drop(store);
    Sqlite::open(&link).unwrap();
}

#[test]
fn of_many_that_open_a_file_at_once_one_owns_it() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let results: Vec<_> = thread::scope(|scope| {
        let opening: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Sqlite::open(&path)))
            .collect();
        opening.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let owners = results.iter().filter(|result| result.is_ok()).count();
    let others = results
        .iter()
        .filter(|result| matches!(result, Err(StoreError::Owned { .. })))
        .count();
    assert_eq!((owners, others), (1, 7), "{results:?}");
}

#[tokio::test]
async fn a_file_passes_to_its_heir_and_to_nobody_between() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let mut other = Other::start("full", &path);
    other.until("0 9");
    let take_over = || Options::new().take_over().open(&path);
    let heir = take_over().unwrap();
    let epoch = open(&heir).await;
    other.until("fenced");
    let second = take_over();
    assert!(
        matches!(&second, Err(StoreError::Owned { owner }) if owner.contains("this one")),
        "there is an heir: {second:?}"
    );
    other.kill();
    // Until the heir has the lock, which a second heir shows.
    let next = loop {
        owned_by(&path, process::id());
        if let Ok(next) = take_over() {
            break next;
        }
    };
    drop(heir);
    owned_by(&path, process::id());
    let fenced = next.renew(epoch).await;
    assert!(
        fenced.is_ok(),
        "it has not opened the store yet: {fenced:?}"
    );
}

#[tokio::test]
async fn a_living_owner_can_be_taken_over() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let mut other = Other::start("full", &path);
    other.until("0 9");
    let store = Options::new().take_over().open(&path).unwrap();
    let epoch = open(&store).await;
    let there = commits(&store, "0").await;
    other.until("fenced");
    assert_eq!(
        commits(&store, "0").await,
        there,
        "who is fenced writes nothing"
    );
    take(&store, epoch, "0").await;
    append(&store, epoch, "0", there as u64, "[]")
        .await
        .unwrap();

    let mut took = Vec::new();
    for seq in 1..=50 {
        let start = Instant::now();
        append(&store, epoch, "0", (there + seq) as u64, "[]")
            .await
            .unwrap();
        took.push(start.elapsed());
    }
    // If writes waited for it, each would. A busy machine makes some of them slow.
    assert!(
        took.iter().min() < Some(&Duration::from_millis(60)),
        "to write does not wait for the lock: {took:?}"
    );
    let there = there + 50;

    owned_by(&path, other.child.id());
    other.kill();
    let start = Instant::now();
    while !matches!(&Sqlite::open(&path), Err(StoreError::Owned { owner }) if owner.contains("this one"))
    {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "the lock is taken when it is free"
        );
        thread::sleep(Duration::from_millis(20));
    }
    append(&store, epoch, "0", there as u64 + 1, "[]")
        .await
        .expect("nobody else has opened it");
}

#[tokio::test]
async fn who_was_taken_over_can_take_over_again() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let one = Sqlite::open(&path).unwrap();
    let first = open(&one).await;
    begin(&one, first, "42").await.unwrap();
    append(&one, first, "42", 1, "[1]").await.unwrap();

    let two = Options::new().take_over().open(&path).unwrap();
    let second = open(&two).await;
    take(&two, second, "42").await;
    append(&two, second, "42", 2, "[2]").await.unwrap();
    let fenced = append(&one, first, "42", 2, "[2]").await;
    assert!(matches!(fenced, Err(StoreError::Fenced { epoch }) if epoch == first));

    let third = open(&one).await;
    take(&one, third, "42").await;
    let theirs = append(&one, third, "42", 2, "[2]").await;
    assert!(matches!(theirs, Err(StoreError::Conflict { seq: 2, .. })));
    append(&one, third, "42", 3, "[3]").await.unwrap();
    let fenced = append(&two, second, "42", 3, "[3]").await;
    assert!(matches!(fenced, Err(StoreError::Fenced { epoch }) if epoch == second));
    assert_eq!(commits(&one, "42").await, 4);
}

/// An engine that opens anew by itself does not take the file back.
#[tokio::test]
async fn who_was_taken_over_does_not_take_over_by_itself() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    let one = Options::new().take_over().open(&path).unwrap();
    let first = open(&one).await;
    let again = |after| Worker {
        after: Some(after),
        ..worker()
    };
    let first_again = one.open(again(first)).await.unwrap().epoch;
    assert_ne!(first, first_again, "nobody else has opened it");

    let two = Options::new().take_over().open(&path).unwrap();
    let second = open(&two).await;
    let refused = one.open(again(first_again)).await;
    assert!(
        matches!(&refused, Err(StoreError::Owned { owner }) if owner.contains("took it over")),
        "{refused:?}"
    );
    assert!(two.renew(second).await.is_ok(), "the owner goes on");
}

/// Kills the other process again and again while it writes: every commit that it has heard of is
/// there, and no journal has a gap.
async fn nothing_acknowledged_is_lost(part: &str) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sagas.db");
    for round in 0_u64..8 {
        let mut other = Other::start(part, &path);
        let mut heard = [0_u64; 4];
        other.until("owner");
        for _ in 0..50 + round * 97 {
            hear(&mut heard, &other.tells().unwrap());
        }
        other.kill();
        while let Some(line) = other.tells() {
            hear(&mut heard, &line);
        }
        let store = Sqlite::open(&path).unwrap();
        for (id, heard) in (0..).zip(heard) {
            let stored = store.load(trip(&format!("{id}"))).await.unwrap().unwrap();
            let seqs: Vec<_> = stored.commits.iter().map(|commit| commit.seq).collect();
            let count = stored.row.commits;
            assert!(
                count > heard,
                "commit {heard} of {id} was acknowledged, but there are {count}"
            );
            assert_eq!(seqs, (0..count).collect::<Vec<_>>());
        }
    }
}

fn hear(heard: &mut [u64; 4], line: &str) {
    // The last line may have been cut off.
    let Some((id, seq)) = line.split_once(' ') else {
        return;
    };
    if let (Ok(id), Ok(seq)) = (id.parse::<usize>(), seq.parse()) {
        heard[id] = seq;
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_a_process_is_killed() {
    nothing_acknowledged_is_lost("full").await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_a_process_is_killed_that_does_not_wait_for_the_disk() {
    nothing_acknowledged_is_lost("normal").await;
}
