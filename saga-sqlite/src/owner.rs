//! One owner for a file: the process that holds a lock on a second file beside it. The lock ends
//! with the process.
//!
//! That file, `<path>-owner`, is a SQLite database, too, since SQLite knows how to lock on every
//! platform. The owner writes who it is there, then begins a second write transaction and keeps it
//! open: others can read that, and nobody can write anything else. When the process ends, in whatever
//! way, the operating system releases its locks.
//!
//! Opening a file that has an owner is an error, and not a take-over, which would go unnoticed. Who
//! takes over is the heir: it first locks a third file, `<path>-heir`, in the same way, and keeps that
//! lock until it has the owner's. So the file passes to the heir, and to nobody who comes between.

use crate::{
    beside,
    error::{is_busy, is_denied, opening},
    number::integer,
    private,
};
use rusqlite::{Connection, OpenFlags, params};
use std::{
    path::{Path, PathBuf},
    process,
    sync::LazyLock,
    time::Duration,
};
use typed_saga_engine::{Epoch, StoreError, host};

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(crate) struct Owner {
    _lock: Connection,
}

/// Has taken the file over from an owner that still has the lock.
#[derive(Debug)]
pub(crate) struct Heir {
    path: PathBuf,
    _lock: Owner,
}

/// The result of trying for the lock.
#[derive(Debug)]
pub(crate) enum Tried {
    Owned(Owner),
    /// It will have the lock.
    Heir(Heir),
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
pub(crate) fn ask(path: &Path, wait: Duration) -> Result<Tried, StoreError> {
    let tried = lock(&beside::owner(path), wait)?;
    // Looked at with the lock: who becomes the heir from now on takes over from this process.
    Ok(match (tried, holder(&beside::heir(path))) {
        (Tried::Owned(_), Some(heir)) => Tried::By(heir),
        (tried, _) => tried,
    })
}

/// As [`ask`], but if the file has an owner, this process becomes the heir, unless another one is that.
///
/// # Errors
/// As [`ask`].
pub(crate) fn take_over(path: &Path, wait: Duration) -> Result<Tried, StoreError> {
    let heir = match lock(&beside::heir(path), wait)? {
        Tried::Owned(lock) => Heir {
            path: beside::owner(path),
            _lock: lock,
        },
        another => return Ok(another),
    };
    Ok(match lock(&heir.path, wait)? {
        Tried::By(_) => Tried::Heir(heir),
        owned => owned,
    })
}

impl Heir {
    /// Tries for the owner's lock.
    pub(crate) fn ask(&self) -> Option<Owner> {
        match lock(&self.path, Duration::ZERO) {
            Ok(Tried::Owned(owner)) => Some(owner),
            _ => None,
        }
    }
}

/// Tries for the lock on a file of its own.
fn lock(path: &Path, wait: Duration) -> Result<Tried, StoreError> {
    private::make(path)
        .map_err(|error| StoreError::unavailable(format!("`{}`: {error}", path.display())))?;
    try_to_own(path, wait).map_err(|error| opening(path, &error))
}

fn try_to_own(path: &Path, wait: Duration) -> rusqlite::Result<Tried> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(wait)?;
    for _ in 0..TRIES {
        match conn.execute_batch("BEGIN IMMEDIATE") {
            Err(error) if is_busy(&error) => return Ok(Tried::By(owner(&conn))),
            begun => begun?,
        }
        if written(&conn).as_ref() == Some(&*THIS) {
            return Ok(Tried::Owned(Owner { _lock: conn }));
        }
        match write(&conn) {
            Err(error) if is_busy(&error) => conn.execute_batch("ROLLBACK")?,
            written => written?,
        }
    }
    Ok(Tried::By(owner(&conn)))
}

/// The owner of a file, or its heir, in words.
pub(crate) fn alive(path: &Path) -> Option<String> {
    let is_denied_and_open = |error: &_| is_denied(error) && beside::log_len(path).is_some();
    // A process that may not write cannot test the lock. An owner that closed the file has left
    // no log; one that was killed is taken for alive.
    held(&beside::owner(path), is_denied_and_open).or_else(|| holder(&beside::heir(path)))
}

/// Who has the lock on this file, in words.
fn holder(path: &Path) -> Option<String> {
    held(path, |_| false)
}

/// As [`holder`]; `or`: whether an error means that somebody has it. If no process has the lock, it is taken
/// and released at once, so that an engine that starts at this moment finds it free.
fn held(path: &Path, or: impl Fn(&rusqlite::Error) -> bool) -> Option<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Without the file, no process has ever had the lock.
    let conn = Connection::open_with_flags(path, flags).ok()?;
    conn.busy_timeout(Duration::ZERO).ok()?;
    let tried = conn.execute_batch("BEGIN IMMEDIATE; ROLLBACK");
    let held = tried.is_err_and(|error| is_busy(&error) || or(&error));
    held.then(|| owner(&conn))
}

/// A process that owns a file, or did.
#[derive(Debug, PartialEq, Eq)]
struct Process {
    id: u32,
    /// The name of its machine, or of its container; empty if that is not known.
    host: String,
    /// Random bits: in two containers, two processes may have the same id, and even the same host.
    run: i64,
}

/// This process.
static THIS: LazyLock<Process> = LazyLock::new(|| Process {
    id: process::id(),
    host: host(),
    run: integer(Epoch::random().0),
});

impl Process {
    /// The process, as `this` one calls it.
    fn words(&self, this: &Self) -> String {
        let Self { id, host, .. } = self;
        if self == this {
            format!("process {id}, which is this one")
        } else if !host.is_empty() && *host != this.host {
            format!("process {id} on {host}")
        } else if *id == this.id {
            format!("process {id} of another container")
        } else {
            format!("process {id}")
        }
    }
}

/// Writes who this process is for others to read, which releases the lock for a moment.
fn write(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "DROP TABLE IF EXISTS owner;
         CREATE TABLE owner (process INTEGER NOT NULL, host TEXT NOT NULL, run INTEGER NOT NULL) STRICT",
    )?;
    let Process { id, host, run } = &*THIS;
    conn.execute(
        "INSERT INTO owner (process, host, run) VALUES (?1, ?2, ?3)",
        params![id, host, run],
    )?;
    conn.execute_batch("COMMIT")
}

fn written(conn: &Connection) -> Option<Process> {
    let read = conn.query_row("SELECT process, host, run FROM owner", (), |row| {
        Ok(Process {
            id: row.get(0)?,
            host: row.get(1)?,
            run: row.get(2)?,
        })
    });
    read.ok()
}

fn owner(conn: &Connection) -> String {
    let written = written(conn);
    written.map_or_else(|| "another process".to_owned(), |it| it.words(&THIS))
}

#[cfg(test)]
mod tests {
    use super::Process;

    #[test]
    fn a_process_is_taken_for_no_other_one() {
        let process = |id, host: &str, run| Process {
            id,
            host: host.to_owned(),
            run,
        };
        let this = process(1, "web-1", 7);
        for (it, words) in [
            (process(1, "web-1", 7), "process 1, which is this one"),
            (process(1, "web-1", 8), "process 1 of another container"),
            (process(1, "web-2", 8), "process 1 on web-2"),
            (process(2, "web-2", 8), "process 2 on web-2"),
            (process(2, "web-1", 8), "process 2"),
            (process(2, "", 8), "process 2"),
            (process(1, "", 8), "process 1 of another container"),
        ] {
            assert_eq!(it.words(&this), words, "{it:?}");
        }
    }
}
