//! A file under another name than its log: it is refused before anything is written.
#![cfg(unix)]

use crate::common::{begin, commits, open};
use rusqlite::Connection;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;
use typed_saga_engine::StoreError;
use typed_saga_sqlite::{Attached, Sqlite};

/// A folder, and a file in it with a saga.
struct World {
    dir: TempDir,
    path: PathBuf,
}

impl World {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let path = dir.path().canonicalize().unwrap().join("sagas.db");
        let store = Sqlite::open(&path).unwrap();
        let epoch = open(&store).await;
        begin(&store, epoch, "42").await.unwrap();
        Self { dir, path }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    /// Leaves the log as a process does that is killed. It is there until what is returned is
    /// dropped.
    async fn is_killed(&self) -> Connection {
        let store = Sqlite::open(&self.path).unwrap();
        let epoch = open(&store).await;
        let reads = Connection::open(&self.path).unwrap();
        reads
            .execute_batch("BEGIN; SELECT count(*) FROM saga")
            .unwrap();
        begin(&store, epoch, "43").await.unwrap();
        drop(store);
        let log = fs::metadata(beside(&self.path, "-wal")).unwrap();
        assert!(log.len() > 0);
        reads
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Why a file can be neither opened nor attached to; the same for both.
#[track_caller]
fn refused(path: &Path) -> StoreError {
    let opened = Sqlite::open(path).map(drop).unwrap_err();
    let attached = Attached::open(path).map(drop).unwrap_err();
    assert_eq!(opened.to_string(), attached.to_string());
    assert!(
        !beside(path, "-wal").exists(),
        "what is refused gets no log"
    );
    opened
}

/// Names of a file beside the first one, and in another folder.
fn others(world: &World) -> [PathBuf; 2] {
    let folder = world.file("other");
    fs::create_dir(&folder).unwrap();
    [world.file("link.db"), folder.join("sagas.db")]
}

#[tokio::test]
async fn a_second_name_is_refused_while_the_file_has_an_owner() {
    let world = World::new().await;
    let store = Sqlite::open(&world.path).unwrap();
    let epoch = open(&store).await;
    for other in others(&world) {
        fs::hard_link(&world.path, &other).unwrap();
        let error = refused(&other);
        assert!(matches!(error, StoreError::Owned { .. }), "{error:?}");
        let (name, first) = (other.display(), world.path.display());
        let words = format!(", which has `{name}` open as `{first}`; end that");
        assert!(error.to_string().contains(&words), "{error}");
        let took = typed_saga_sqlite::Options::new().take_over().open(&other);
        took.expect_err("nobody can take over another log");
    }
    begin(&store, epoch, "43").await.unwrap();
    drop(store);
    for other in [world.file("link.db"), world.path.clone()] {
        let store = Sqlite::open(&other).expect("it was closed, and has no log");
        assert_eq!(commits(&store, "43").await, 1);
    }
}

#[tokio::test]
async fn a_second_name_is_refused_while_the_first_has_a_log() {
    let world = World::new().await;
    let killed = world.is_killed().await;
    for other in others(&world) {
        fs::hard_link(&world.path, &other).unwrap();
        let error = refused(&other);
        let words = format!(
            "`{}` is another name of `{1}`, whose log is beside that name: open `{1}`",
            other.display(),
            world.path.display()
        );
        assert!(error.to_string().contains(&words), "{error}");
    }
    let store = Sqlite::open(&world.path).expect("its own name can be opened after a crash");
    assert_eq!(commits(&store, "43").await, 1);
    drop((killed, store));
    Sqlite::open(world.file("link.db")).expect("all of it is in the file");
}

#[tokio::test]
async fn a_file_that_was_renamed_without_its_log_is_refused() {
    for has_stamp in [true, false] {
        let world = World::new().await;
        let killed = world.is_killed().await;
        if !has_stamp {
            // As after an engine that could not empty the log when it opened the file.
            fs::remove_file(beside(&world.path, "-stamp")).unwrap();
        }
        let other = world.file("renamed.db");
        fs::rename(&world.path, &other).unwrap();
        let error = refused(&other).to_string();
        let words = format!(
            "its last commits are in `{}-wal`: rename that to `{}-wal`",
            world.path.display(),
            other.display()
        );
        assert!(error.contains(&words), "{error}");
        fs::rename(beside(&world.path, "-wal"), beside(&other, "-wal")).unwrap();
        let store = Sqlite::open(&other).expect("its log is beside it");
        assert_eq!(commits(&store, "43").await, 1);
        drop((killed, store));
    }
}

/// SQLite deletes the log of an empty file: that of a file that was renamed must stay.
#[tokio::test]
async fn a_log_whose_file_is_gone_is_left_as_it_is() {
    let world = World::new().await;
    let killed = world.is_killed().await;
    let (log, other) = (beside(&world.path, "-wal"), world.file("renamed.db"));
    let before = fs::read(&log).unwrap();
    fs::rename(&world.path, &other).unwrap();
    for is_empty in [false, true] {
        if is_empty {
            fs::write(&world.path, "").unwrap();
        }
        let error = Sqlite::open(&world.path).map(drop).unwrap_err();
        let attached = Attached::open(&world.path).map(drop).unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert_eq!(error.to_string(), attached.to_string());
        let words = format!("are to be lost, remove `{}`", log.display());
        assert!(error.to_string().contains(&words), "{error}");
        assert_eq!(fs::read(&log).unwrap(), before);
        assert_eq!(world.path.exists(), is_empty, "what is refused is not made");
    }
    fs::rename(&other, &world.path).unwrap();
    let store = Sqlite::open(&world.path).expect("it is there again");
    assert_eq!(commits(&store, "43").await, 1);
    drop((killed, store));
}

/// An engine that opens the file under its first name would look for no log beside the second.
#[tokio::test]
async fn who_attaches_is_refused_a_second_name_even_without_a_log() {
    let world = World::new().await;
    let first = Attached::open(&world.path).map(drop);
    first.expect("an engine had it open so");
    for other in others(&world) {
        fs::hard_link(&world.path, &other).unwrap();
        let error = Attached::open(&other).map(drop).unwrap_err();
        let (name, first) = (other.display(), world.path.display());
        let words = format!("`{name}` is another name of `{first}`");
        assert!(error.to_string().contains(&words), "{error}");
        assert!(!beside(&other, "-wal").exists());
    }
    let link = world.file("link.db");
    drop(Sqlite::open(&link).expect("no process has the file open"));
    drop(Attached::open(&link).expect("an engine had it open so"));
    Attached::open(&world.path).expect_err("that is the second name now");
}

/// A path may have any bytes.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_name_that_is_no_text_is_a_name() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let world = World::new().await;
    let folder = world.path.parent().unwrap();
    let path = folder.join(OsStr::from_bytes(b"caf\xe9.db"));
    fs::copy(&world.path, &path).unwrap();
    let backup = fs::read(&world.path).unwrap();
    let store = Sqlite::open(&path).unwrap();
    let epoch = open(&store).await;
    let link = world.file("link.db");
    fs::hard_link(&path, &link).unwrap();
    let error = refused(&link);
    assert!(matches!(error, StoreError::Owned { .. }), "{error:?}");
    begin(&store, epoch, "43").await.unwrap();
    let log = fs::read(beside(&path, "-wal")).unwrap();
    drop(store);
    // The process was killed, and a backup was restored beside the log.
    fs::write(&path, backup).unwrap();
    fs::write(beside(&path, "-wal"), log).unwrap();
    let error = Sqlite::open(&path).map(drop).unwrap_err().to_string();
    assert!(error.contains("is not the log of"), "{error}");
}

/// A backup gets a new name, and the log of the file before it is left beside the old one.
#[tokio::test]
async fn a_backup_under_another_name_was_not_renamed() {
    let world = World::new().await;
    let killed = world.is_killed().await;
    let backup = world.file("backup.db");
    Connection::open(&world.path)
        .unwrap()
        .execute("VACUUM INTO ?1", [backup.to_str().unwrap()])
        .unwrap();
    let log = fs::read(beside(&world.path, "-wal")).unwrap();
    drop(killed);
    let content = fs::read(&backup).unwrap();
    fs::remove_file(&world.path).unwrap();
    fs::write(beside(&world.path, "-wal"), log).unwrap();
    // It may even have the inode of the file before it.
    let other = world.file("restored.db");
    fs::write(&other, content).unwrap();
    drop(Attached::open(&other).expect("it is no part of the file before it"));
    let store = Sqlite::open(&other).expect("it is no part of the file before it");
    assert_eq!(commits(&store, "43").await, 1);
}

#[tokio::test]
async fn a_copy_is_a_file_of_its_own() {
    let world = World::new().await;
    let (copy, backup) = (world.file("copy.db"), world.file("backup.db"));
    fs::copy(&world.path, &copy).unwrap();
    let store = Sqlite::open(&world.path).unwrap();
    Connection::open(&world.path)
        .unwrap()
        .execute("VACUUM INTO ?1", [backup.to_str().unwrap()])
        .unwrap();
    for copy in [copy, backup] {
        Attached::open(&copy).unwrap();
        let copy = Sqlite::open(&copy).unwrap();
        assert_eq!(commits(&copy, "42").await, 1);
    }
    drop(store);
}

/// Runs a test of this program where a file or a folder is mounted in a second place, with a path in an
/// environment variable; returns what it said, or `None` if this user may not mount anything.
fn mounted(what: &Path, point: &Path, test: &str, path: &Path) -> Option<String> {
    let may_mount = Command::new("unshare").args(["-rm", "true"]).output();
    if !may_mount.is_ok_and(|said| said.status.success()) {
        saga_tests::leave_out("this user may not mount files");
        return None;
    }
    let mount = "mount --bind \"$1\" \"$2\" && exec \"$0\" --exact \"$3\" --nocapture";
    let child = Command::new("unshare")
        .args(["-rm", "sh", "-c", mount])
        .arg(env::current_exe().unwrap())
        .args([what, point])
        .arg(test)
        .env("SAGA_SQLITE_MOUNTED", path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [child.stdout, child.stderr].map(|said| String::from_utf8(said).unwrap());
    assert!(child.status.success(), "{said:#?}");
    let [said, _] = said;
    Some(said)
}

/// The part of the process that sees the file mounted by itself.
#[test]
fn by_itself() {
    let Some(path) = env::var_os("SAGA_SQLITE_MOUNTED") else {
        return;
    };
    let error = refused(Path::new(&path)).to_string();
    assert!(error.contains("is mounted as a single file"), "{error}");
    assert!(error.contains("mount the folder"), "{error}");
    println!("refused");
}

#[tokio::test]
async fn a_file_that_is_mounted_by_itself_is_refused() {
    let world = World::new().await;
    let point = world.file("mounted here.db");
    fs::write(&point, "").unwrap();
    if let Some(said) = mounted(&world.path, &point, "names::by_itself", &point) {
        assert!(said.contains("refused"), "{said}");
    }
    Sqlite::open(&world.path).expect("where its folder is, it can be opened");
}

/// The part of the process that sees the folder of the file in two places.
#[tokio::test]
async fn with_its_folder() {
    let Some(path) = env::var_os("SAGA_SQLITE_MOUNTED") else {
        return;
    };
    drop(Attached::open(&path).unwrap());
    let store = Sqlite::open(&path).unwrap();
    println!("{} commits", commits(&store, "43").await);
}

/// Two ways to a folder are two ways to the file and to its log.
#[tokio::test]
async fn a_file_whose_folder_is_mounted_is_opened_there() {
    let world = World::new().await;
    let killed = world.is_killed().await;
    let place = TempDir::new().unwrap();
    let point = place.path().canonicalize().unwrap();
    let folder = world.path.parent().unwrap();
    let there = point.join("sagas.db");
    if let Some(said) = mounted(folder, &point, "names::with_its_folder", &there) {
        assert!(said.contains("1 commits"), "{said}");
    }
    drop(killed);
}
