//! Opening a file: what must be true of it, and how its connections are set up.

use crate::{
    beside,
    error::{Stop, is_denied, is_no_room, opening},
    itself, log,
    names::Names,
    options::{Options, Synchronous},
    owner::{self, Tried},
    private, schema, second,
    stamp::{self, Due},
};
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use typed_saga_engine::StoreError;

/// The log is moved into the file whenever it has so many pages: 4 MiB. On a small disk the log is
/// most of what there is.
const CHECKPOINT_PAGES: i64 = 1024;

/// The time for which to wait for the owner's lock: others hold it for a moment when they test it,
/// too.
const OWNER_WAIT: Duration = Duration::from_millis(100);

/// Statements that are kept prepared, for each connection.
const STATEMENTS: usize = 64;

/// A file that is open: the connection that writes, those that read, and the lock.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) names: Names,
    pub(crate) write: Connection,
    pub(crate) read: Connection,
    pub(crate) list: Connection,
    /// The time for which to wait for the lock of another process.
    pub(crate) patience: Duration,
    /// None for who is not the owner.
    pub(crate) asked: Option<Tried>,
    /// The stamp, if it is still to be written.
    pub(crate) stamp: Option<Due>,
}

/// Opens a file to own it, or creates it.
pub(crate) fn own(path: &Path, options: &Options) -> Result<File, StoreError> {
    let path = resolve(path)?;
    log::has_its_file(&path)?;
    private::make(&path)
        .map_err(|error| StoreError::unavailable(format!("`{}`: {error}", path.display())))?;
    second::refuse(&path, true)?;
    stamp::refuse(&path)?;
    let write = connect(&path, options)?;
    let is_made = schema::is_made(&write, &path)?;
    is_whole(&write, &path)?;
    let ask = if options.take_over {
        owner::take_over
    } else {
        owner::ask
    };
    let asked = ask(&path, OWNER_WAIT)?;
    if let Tried::By(owner) = asked {
        return Err(StoreError::Owned { owner });
    }
    if !is_made {
        // What is left is the stamp of another file.
        stamp::remove(&path)?;
        // Pages that a purge has freed can be cut off; that is a property of a file from its first
        // page on.
        write
            .pragma_update(None, "auto_vacuum", "INCREMENTAL")
            .map_err(|error| opening(&path, &error))?;
    }
    schema::make(&write, &path, options.life)?;
    log_ahead(&write, &path)?;
    let stamp = enter(&write, &path, options)?;
    if let Some(bytes) = options.max_size {
        limit(&write, bytes).map_err(|error| opening(&path, &error))?;
    }
    let [read, list] = [connect(&path, options)?, connect(&path, options)?];
    Ok(File {
        names: Names::of(&path),
        path,
        write,
        read,
        list,
        patience: options.busy_timeout,
        asked: Some(asked),
        stamp,
    })
}

/// Writes into a file that an engine has it open, where, and that a log is its own; returns the stamp if
/// it is still to be written. Without room, the next engine does it: this one may be there to make room.
fn enter(conn: &Connection, path: &Path, options: &Options) -> Result<Option<Due>, StoreError> {
    let entered = second::write(conn, path).map_err(Stop::from);
    match entered.and_then(|()| stamp::renew(conn, path, options.busy_timeout)) {
        Ok(stamp) => Ok(stamp),
        Err(Stop::Failed(error)) if is_no_room(&error) => Ok(None),
        Err(Stop::Failed(error)) => Err(opening(path, &error)),
        Err(Stop::Refused(error)) => Err(error),
    }
}

/// Opens a file that another process owns, or none.
pub(crate) fn attach(path: &Path) -> Result<File, StoreError> {
    let path = resolve(path)?;
    let options = Options::default();
    log::has_its_file(&path)?;
    second::refuse(&path, false)?;
    stamp::refuse(&path)?;
    let (write, access) = look(&path, &options)?;
    if !schema::is_made(&write, &path)? {
        let text = format!("`{}` is empty", path.display());
        return Err(StoreError::corrupt(text));
    }
    is_whole(&write, &path)?;
    let reader = || access.connect(&path, &options);
    let reader = || reader().map_err(|error| opening(&path, &error));
    let [read, list] = [reader()?, reader()?];
    Ok(File {
        names: Names::of(&path),
        path,
        write,
        read,
        list,
        patience: options.busy_timeout,
        asked: None,
        stamp: None,
    })
}

/// The one path of a file, whichever way it is named: the lock next to it must be the same for all.
fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    let failed = |error| StoreError::unavailable(format!("`{}`: {error}", path.display()));
    if path.is_dir() {
        let text = format!("`{}` is a directory", path.display());
        return Err(StoreError::unavailable(text));
    }
    if path.exists() {
        return path.canonicalize().map_err(failed);
    }
    let (Some(name), parent) = (path.file_name(), path.parent()) else {
        let text = format!("`{}` is not the name of a file", path.display());
        return Err(StoreError::unavailable(text));
    };
    let parent = parent.filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    Ok(parent.canonicalize().map_err(failed)?.join(name))
}

/// The access of this process to a file that it does not own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Write,
    /// Read, with the log and the shared memory of who writes.
    Read,
    /// Reads a file that no process has open: without a log there is no other file.
    Frozen,
}

impl Access {
    fn connect(self, path: &Path, options: &Options) -> rusqlite::Result<Connection> {
        let may = match self {
            Self::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Self::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Self::Frozen => OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
        };
        let flags = may | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = match self {
            Self::Frozen => Connection::open_with_flags(itself::frozen(path), flags)?,
            Self::Write | Self::Read => Connection::open_with_flags(path, flags)?,
        };
        set_up(&conn, options)?;
        Ok(conn)
    }
}

/// Opens a file with as much access as this process has.
fn look(path: &Path, options: &Options) -> Result<(Connection, Access), StoreError> {
    let mut why = None;
    for access in [Access::Write, Access::Read, Access::Frozen] {
        if access == Access::Frozen && !log_is_empty(path) {
            break;
        }
        let opened = access.connect(path, options).and_then(|conn| {
            // The first look at the file itself.
            conn.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?;
            Ok(conn)
        });
        match opened {
            Ok(conn) => return Ok((conn, access)),
            Err(error) if is_denied(&error) => drop(why.get_or_insert(error)),
            Err(error) => return Err(opening(path, &error)),
        }
    }
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    let text = format!("`{}` cannot be read{why}", path.display());
    Err(StoreError::unavailable(text))
}

fn connect(path: &Path, options: &Options) -> Result<Connection, StoreError> {
    let failed = |error| opening(path, &error);
    let conn = Access::Write.connect(path, options).map_err(failed)?;
    if conn.is_readonly("main").map_err(failed)? {
        let text = format!("`{}` cannot be written", path.display());
        return Err(StoreError::unavailable(text));
    }
    Ok(conn)
}

/// Whether there is nothing in the log of a file.
fn log_is_empty(path: &Path) -> bool {
    beside::log_len(path).is_none_or(|len| len == 0)
}

/// Whether the file has the length that it says. SQLite takes a part of a page for a page, and a
/// page that is missing for one that it was told of by the log, so this is known only while the log
/// is empty: the usual case.
fn is_whole(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let number = |sql| conn.query_row(sql, (), |row| row.get::<_, i64>(0));
    let said = || Ok(number("PRAGMA page_count")? * number("PRAGMA page_size")?);
    let was_empty = log_is_empty(path);
    let said: i64 = said().map_err(|error| opening(path, &error))?;
    let is = fs::metadata(path)
        .map_err(|error| StoreError::unavailable(format!("`{}`: {error}", path.display())))?;
    let (is, said) = (
        is.len(),
        u64::try_from(said).expect("a file has no negative size"),
    );
    if was_empty && is < said && log_is_empty(path) {
        let path = path.display();
        return Err(StoreError::corrupt(format!(
            "`{path}` is truncated: it has {is} bytes, and says that it has {said}"
        )));
    }
    Ok(())
}

/// What is wrong with the pages of a file and their indexes, after a look at all of them.
pub(crate) fn faults(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut check = conn.prepare("PRAGMA integrity_check")?;
    let found: Vec<String> = check
        .query_map((), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(found.into_iter().filter(|fault| fault != "ok").collect())
}

/// Settings that hold for a connection.
pub(crate) fn set_up(conn: &Connection, options: &Options) -> rusqlite::Result<()> {
    conn.busy_timeout(options.busy_timeout)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Plans must not depend on the values of parameters: SQLite would prepare such a statement again
    // each time it comes out of rusqlite's cache, which clears the values.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    // What is deleted is overwritten.
    conn.pragma_update(None, "secure_delete", true)?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    conn.pragma_update(None, "journal_size_limit", CHECKPOINT_PAGES * 4096)?;
    match options.synchronous {
        Synchronous::Full => {
            conn.pragma_update(None, "synchronous", "FULL")?;
            // macOS: where `fsync` alone leaves it to the disk when to write.
            conn.pragma_update(None, "fullfsync", true)
        }
        Synchronous::Normal => conn.pragma_update(None, "synchronous", "NORMAL"),
    }
}

/// A setting of the file: reads do not wait for writes, nor writes for reads, and a commit is one
/// write to the end of a log.
fn log_ahead(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String = conn
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(|error| opening(path, &error))?;
    if mode == "wal" {
        return Ok(());
    }
    let text = format!(
        "`{}` is on a file system without a write-ahead log of SQLite",
        path.display()
    );
    Err(StoreError::unavailable(text))
}

fn limit(conn: &Connection, bytes: u64) -> rusqlite::Result<()> {
    let size: i64 = conn.query_row("PRAGMA page_size", (), |row| row.get(0))?;
    let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / size.max(1);
    conn.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))
}
