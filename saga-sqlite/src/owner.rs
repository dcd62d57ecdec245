//! One owner for a file: the process that holds a lock on a second file beside it. The lock ends
//! with the process.
//!
//! That file, `<path>-owner`, is a SQLite database, too, since SQLite knows how to lock on every
//! platform. The owner writes its process id there, then begins a second write transaction and
//! keeps it open: others can read the id, and nobody can write another. When the process ends, in
//! whatever way, the operating system releases its locks.

use crate::{
    beside,
    error::{is_busy, is_denied, opening},
    private,
};
use rusqlite::{Connection, OpenFlags};
use saga_engine::StoreError;
use std::{path::Path, process, time::Duration};

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(crate) struct Owner {
    _lock: Connection,
}

/// The result of trying for the lock.
#[derive(Debug)]
pub(crate) enum Asked {
    Owned(Owner),
    /// Somebody else has it: the owner, in words.
    By(String),
}

/// The number of retries when two processes try for the lock at the same time.
const TRIES: u32 = 20;

/// Tries for the lock of a file, whose path must be canonical, so that everybody means the same
/// lock. Waits for at most this long, because another process may only be trying at the same
/// moment.
///
/// # Errors
/// If the second file cannot be created.
pub(crate) fn ask(path: &Path, wait: Duration) -> Result<Asked, StoreError> {
    let second = beside::owner(path);
    private::make(&second)
        .map_err(|error| StoreError::unavailable(format!("`{}`: {error}", second.display())))?;
    try_to_own(&second, wait).map_err(|error| opening(&second, &error))
}

fn try_to_own(path: &Path, wait: Duration) -> rusqlite::Result<Asked> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(wait)?;
    for _ in 0..TRIES {
        match conn.execute_batch("BEGIN IMMEDIATE") {
            Err(error) if is_busy(&error) => return Ok(Asked::By(owner(&conn))),
            begun => begun?,
        }
        if written(&conn) == Some(process::id()) {
            return Ok(Asked::Owned(Owner { _lock: conn }));
        }
        match write(&conn) {
            Err(error) if is_busy(&error) => conn.execute_batch("ROLLBACK")?,
            written => written?,
        }
    }
    Ok(Asked::By(owner(&conn)))
}

/// The owner of a file, in words. If no process has the lock, it is taken and released at once, so
/// that an engine that starts at this moment finds it free.
pub(crate) fn alive(path: &Path) -> Option<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Without a second file, no process has ever owned the first.
    let conn = Connection::open_with_flags(beside::owner(path), flags).ok()?;
    conn.busy_timeout(Duration::ZERO).ok()?;
    let held = match conn.execute_batch("BEGIN IMMEDIATE; ROLLBACK") {
        Ok(()) => false,
        // A process that may not write cannot test the lock. An owner that closed the file has left
        // no log; one that was killed is taken for alive.
        Err(error) if is_denied(&error) => beside::log_len(path).is_some(),
        Err(error) => is_busy(&error),
    };
    held.then(|| owner(&conn))
}

/// Writes the id of this process for others to read, which releases the lock for a moment.
fn write(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS owner (one INTEGER PRIMARY KEY CHECK (one = 1), process INTEGER NOT NULL) STRICT;
         INSERT OR REPLACE INTO owner (one, process) VALUES (1, {});
         COMMIT",
        process::id()
    ))
}

fn written(conn: &Connection) -> Option<u32> {
    conn.query_row("SELECT process FROM owner", (), |row| row.get(0))
        .ok()
}

fn owner(conn: &Connection) -> String {
    match written(conn) {
        None => "another process".to_owned(),
        Some(own) if own == process::id() => format!("process {own}, which is this one"),
        Some(process) => format!("process {process}"),
    }
}
