//! A backup that is restored beside the log of the file before it is refused; and whatever a crash
//! leaves is opened.
#![cfg(unix)]

use crate::common::{append, begin, commits, open, take, trip};
use rusqlite::{Connection, backup::Progress};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use typed_saga_engine::{Epoch, ReadStore, Store, StoreError, Time};
use typed_saga_sqlite::{Attached, Options, Sqlite, Synchronous};

/// The size of a page.
const PAGE: usize = 4096;

/// What a process leaves that is killed: the index of the log is made again.
const LEFT: [&str; 4] = ["", "-wal", "-stamp", "-stamp-next"];

/// A folder in which files are made, and copied as they are at some moment.
struct World {
    dir: TempDir,
    copies: usize,
}

impl World {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        Self { dir, copies: 0 }
    }

    /// A path in a folder of its own.
    fn place(&mut self) -> PathBuf {
        self.copies += 1;
        let folder = self.dir.path().canonicalize().unwrap();
        let folder = folder.join(self.copies.to_string());
        fs::create_dir(&folder).unwrap();
        folder.join("sagas.db")
    }

    /// Copies what is left if everything is killed now.
    fn killed(&mut self, path: &Path) -> PathBuf {
        let copy = self.place();
        for end in LEFT {
            if beside(path, end).exists() {
                fs::copy(beside(path, end), beside(&copy, end)).unwrap();
            }
        }
        copy
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn opened(path: &Path) -> Sqlite {
    let options = Options::new().synchronous(Synchronous::Normal);
    options.open(path).unwrap_or_else(|error| panic!("{error}"))
}

fn sql(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// An engine with a saga; the first commit is in the file itself, and the others in the log.
async fn engine(path: &Path) -> (Sqlite, Epoch) {
    drop(opened(path));
    let store = opened(path);
    let epoch = open(&store).await;
    begin(&store, epoch, "42").await.unwrap();
    (store, epoch)
}

/// Whether a file as it was left is opened, by a reader and by an engine, and has so many commits of the
/// saga.
async fn opens(world: &mut World, left: &Path, count: usize, what: &str) {
    let attached = Attached::open(world.killed(left));
    let attached = attached.unwrap_or_else(|error| panic!("{what}: {error}"));
    let stored = attached.load(trip("42")).await.unwrap().unwrap();
    assert_eq!(stored.commits.len(), count, "{what}");
    let store = Sqlite::open(world.killed(left));
    let store = store.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(commits(&store, "42").await, count, "{what}");
    assert_eq!(store.check().await.unwrap(), Some(Vec::new()), "{what}");
}

/// A log is moved into its file page by page. A crash leaves the file with some of its pages, and the
/// log as it was: each such file is opened. `moved` is the file once all of them are there.
async fn opens_at_any_page(world: &mut World, killed: &Path, moved: &[u8], count: usize) {
    let before = fs::read(killed).unwrap();
    let pages = moved.len().max(before.len()) / PAGE;
    for page in 0..=pages {
        let copy = world.killed(killed);
        let at = (page * PAGE).min(moved.len());
        let mut file = moved[..at].to_vec();
        file.extend(before.get(at..).unwrap_or_default());
        fs::write(&copy, file).unwrap();
        opens(world, &copy, count, &format!("{page} of {pages} pages")).await;
    }
}

/// The file itself once its log is moved into it.
fn moved(world: &mut World, path: &Path) -> Vec<u8> {
    let copy = world.killed(path);
    sql(&copy, "PRAGMA wal_checkpoint(TRUNCATE)");
    fs::read(copy).unwrap()
}

#[tokio::test]
async fn a_crash_at_any_moment_leaves_a_file_that_opens() {
    let mut world = World::new();
    let path = world.place();
    let (store, epoch) = engine(&path).await;
    for seq in 1..20 {
        let text = format!("[\"{}\"]", "x".repeat(1_000));
        append(&store, epoch, "42", seq, &text).await.unwrap();
    }
    let killed = world.killed(&path);
    drop(store);
    let moved = moved(&mut world, &killed);
    opens_at_any_page(&mut world, &killed, &moved, 20).await;
    for gone in ["-stamp", "-wal"] {
        let copy = world.killed(&killed);
        fs::remove_file(beside(&copy, gone)).unwrap();
        Sqlite::open(&copy).expect("what is gone is not the log of another file");
    }
}

/// What an engine does with a file before it is open: at each moment the process may be killed.
#[tokio::test]
async fn a_crash_while_a_file_is_opened_leaves_a_file_that_opens() {
    let mut world = World::new();
    let path = world.place();
    let (store, _epoch) = engine(&path).await;
    let left = world.killed(&path);
    drop(store);
    for log in [true, false] {
        let start = world.killed(&left);
        if !log {
            sql(&start, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        opens(&mut world, &start, 1, "before it").await;
        // The stamp is removed …
        fs::remove_file(beside(&start, "-stamp")).unwrap();
        opens(&mut world, &start, 1, "without a stamp").await;
        // … the number of the file changes, in the log …
        let conn = Connection::open(&start).unwrap();
        let next = "PRAGMA wal_autocheckpoint = 0; PRAGMA schema_version = 123456";
        conn.execute_batch(next).unwrap();
        let killed = world.killed(&start);
        let moved = moved(&mut world, &killed);
        // … the log is moved into the file, page by page …
        opens_at_any_page(&mut world, &killed, &moved, 1).await;
        conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
        // … and the next stamp is written, and renamed.
        fs::write(beside(&start, "-stamp-next"), "12").unwrap();
        opens(&mut world, &start, 1, "with half of a stamp").await;
        fs::write(beside(&start, "-stamp"), "123456\n").unwrap();
        conn.execute_batch("UPDATE saga SET takeovers = 1").unwrap();
        opens(&mut world, &start, 1, "with its next number").await;
    }
}

/// How backups are made, of a file that may be open.
type Backup = (&'static str, fn(&Path, &Path));

const BACKUPS: [Backup; 2] = [
    ("VACUUM INTO", |path, to| {
        let conn = Connection::open(path).unwrap();
        conn.execute("VACUUM INTO ?1", [to.to_str().unwrap()])
            .unwrap();
    }),
    (".backup", |path, to| {
        let conn = Connection::open(path).unwrap();
        conn.backup("main", to, None::<fn(Progress)>).unwrap();
    }),
];

#[track_caller]
fn refused(path: &Path) -> String {
    let before = fs::read(path).unwrap();
    let opened = Sqlite::open(path).map(drop).unwrap_err();
    let attached = Attached::open(path).map(drop).unwrap_err();
    assert!(matches!(opened, StoreError::Unavailable { .. }));
    assert_eq!(opened.to_string(), attached.to_string());
    assert_eq!(fs::read(path).unwrap(), before, "it stays as it is");
    opened.to_string()
}

/// The leftover log does not get into the backup; without it, the backup is opened.
async fn is_restored(world: &mut World, killed: &Path, backup: &Path, count: usize, how: &str) {
    let copy = world.killed(killed);
    fs::copy(backup, &copy).unwrap();
    let text = refused(&copy);
    let name = copy.display();
    let advice = format!("remove `{name}-wal` and `{name}-shm`, and start again");
    assert!(text.contains(&advice), "{how}: {text}");
    fs::remove_file(beside(&copy, "-wal")).unwrap();
    opens(world, &copy, count, how).await;
}

#[tokio::test]
async fn a_backup_beside_the_log_of_another_file_is_refused() {
    let mut world = World::new();
    for (how, back_up) in BACKUPS {
        let path = world.place();
        let (store, epoch) = engine(&path).await;
        let backup = path.with_extension("backup");
        back_up(&path, &backup);
        for seq in 1..5 {
            append(&store, epoch, "42", seq, "[]").await.unwrap();
        }
        let killed = world.killed(&path);
        is_restored(&mut world, &killed, &backup, 1, how).await;

        // After another crash, the same backup is as good.
        opens(&mut world, &killed, 5, how).await;
        let store = opened(&killed);
        let epoch = open(&store).await;
        take(&store, epoch, "42").await;
        append(&store, epoch, "42", 5, "[]").await.unwrap();
        let again = world.killed(&killed);
        is_restored(&mut world, &again, &backup, 1, how).await;
    }
}

#[tokio::test]
async fn a_file_that_was_copied_while_it_was_closed_is_no_other() {
    let mut world = World::new();
    let path = world.place();
    let (store, _) = engine(&path).await;
    drop(store);
    let backup = path.with_extension("backup");
    fs::copy(&path, &backup).unwrap();
    let store = opened(&path);
    let epoch = open(&store).await;
    begin(&store, epoch, "43").await.unwrap();
    let killed = world.killed(&path);
    is_restored(&mut world, &killed, &backup, 1, "cp").await;
    drop(store);
    // Beside a file that was closed, there is no log that could be another one's.
    fs::copy(&backup, &path).unwrap();
    opens(&mut world, &path, 1, "cp").await;
}

/// A file and its log that are restored together are opened, with their stamp or without one.
#[tokio::test]
async fn a_log_that_was_restored_with_its_file_is_taken() {
    let mut world = World::new();
    let path = world.place();
    let (store, epoch) = engine(&path).await;
    append(&store, epoch, "42", 1, "[]").await.unwrap();
    let backup = world.killed(&path);
    drop(store);
    drop(opened(&path));
    for end in ["", "-wal"] {
        fs::copy(beside(&backup, end), beside(&path, end)).unwrap();
    }
    let text = refused(&path);
    let stamp = beside(&path, "-stamp");
    let advice = format!("restored together, remove `{}` instead", stamp.display());
    assert!(text.contains(&advice), "{text}");
    let copy = world.killed(&path);
    fs::remove_file(beside(&copy, "-stamp")).unwrap();
    opens(&mut world, &copy, 2, "without a stamp").await;
    fs::copy(beside(&backup, "-stamp"), stamp).unwrap();
    opens(&mut world, &path, 2, "with its stamp").await;
}

/// What others do to a file that changes its number.
const CHANGES: [&str; 3] = [
    "CREATE VIEW mine AS SELECT id FROM saga",
    "CREATE INDEX mine ON saga (created); ANALYZE; DROP INDEX mine",
    "PRAGMA auto_vacuum = INCREMENTAL; VACUUM",
];

/// What others write that changes neither the tables nor the length of the file.
const TOUCH: &str = "UPDATE saga SET takeovers = takeovers + 1";

#[tokio::test]
async fn a_crash_after_others_have_changed_the_tables_leaves_a_file_that_opens() {
    for change in CHANGES {
        let mut world = World::new();
        let path = world.place();
        let (store, epoch) = engine(&path).await;
        sql(&path, &format!("PRAGMA wal_autocheckpoint = 0; {change}"));
        let killed = world.killed(&path);
        let all = moved(&mut world, &killed);
        opens_at_any_page(&mut world, &killed, &all, 1).await;

        // The log is moved into the file, and written from its beginning: no page in it has the number.
        sql(&path, "PRAGMA wal_checkpoint(FULL)");
        append(&store, epoch, "42", 1, "[]").await.unwrap();
        opens(&mut world, &path, 2, change).await;
        sql(&path, &format!("PRAGMA wal_checkpoint(FULL); {TOUCH}"));
        opens(&mut world, &path, 2, change).await;

        // The next engine opens it, too.
        drop(store);
        drop(opened(&path));

        // And so where no engine has it open.
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("DROP VIEW IF EXISTS mine; PRAGMA wal_autocheckpoint = 0")
            .unwrap();
        conn.execute_batch(change).unwrap();
        let killed = world.killed(&path);
        drop(conn);
        let all = moved(&mut world, &killed);
        opens_at_any_page(&mut world, &killed, &all, 2).await;

        // Whoever writes next, as a relay does, is killed.
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch(TOUCH).unwrap();
        opens(&mut world, &path, 2, change).await;
        drop(conn);
    }
}

#[tokio::test]
async fn a_file_that_an_engine_rewrites_keeps_its_log() {
    let mut world = World::new();
    let path = world.place();
    let (store, epoch) = engine(&path).await;
    let backup = path.with_extension("backup");
    let (how, back_up) = BACKUPS[0];
    back_up(&path, &backup);
    assert!(store.vacuum(epoch).await.unwrap());
    append(&store, epoch, "42", 1, "[]").await.unwrap();
    let killed = world.killed(&path);
    is_restored(&mut world, &killed, &backup, 1, how).await;
    opens(&mut world, &killed, 2, "rewritten").await;
}

/// Until an engine opens it, the file beside a restored one says what it said before.
#[tokio::test]
async fn a_request_in_a_restored_backup_leaves_a_file_that_opens() {
    for (how, back_up) in BACKUPS {
        let mut world = World::new();
        let path = world.place();
        let (store, _epoch) = engine(&path).await;
        let backup = path.with_extension("backup");
        back_up(&path, &backup);
        drop(store);
        fs::copy(&backup, &path).unwrap();
        let attached = Attached::open(&path).unwrap();
        let sent = attached.send(trip("42"), "[]".to_owned(), Time(1));
        sent.await.unwrap();
        opens(&mut world, &path, 1, how).await;
        drop(attached);
    }
}

/// A reader that keeps the log keeps a file from its stamp, and nothing from being opened.
#[tokio::test]
async fn a_log_that_another_process_keeps_is_taken() {
    let mut world = World::new();
    let path = world.place();
    let (store, epoch) = engine(&path).await;
    let reads = Connection::open(&path).unwrap();
    reads
        .execute_batch("BEGIN; SELECT count(*) FROM saga")
        .unwrap();
    append(&store, epoch, "42", 1, "[]").await.unwrap();
    drop(store);
    let store = opened(&path);
    assert!(!beside(&path, "-stamp").exists());
    opens(&mut world, &path, 2, "without a stamp").await;
    drop((store, reads));
}
