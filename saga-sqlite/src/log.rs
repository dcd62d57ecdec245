//! The log beside a file. Until it is moved into the file, it has the older pages, too, and so what
//! was deleted.

use crate::beside;
use rusqlite::Connection;
use saga_engine::StoreError;
use std::{fs, path::Path, time::Duration};

/// Refuses a log whose file is gone, or empty: SQLite would delete that log, and if the file was renamed, its
/// last commits are nowhere else.
///
/// # Errors
/// `Unavailable`, in words that say what to do.
pub(crate) fn has_its_file(path: &Path) -> Result<(), StoreError> {
    // In this order: another process may be making the file, which has something in it before the log has.
    if !beside::has_log(path) || fs::metadata(path).is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let log = beside::log(path);
    let (name, log) = (path.display(), log.display());
    Err(StoreError::unavailable(format!(
        "`{log}` is there, but `{name}` is gone, or empty: if it was renamed, rename it back; if the commits in the log \
         are to be lost, remove `{log}`, and start again"
    )))
}

/// Moves the log into the file and empties it; returns whether it did. Waits for the transactions of
/// others, as the connection waits for locks.
pub(crate) fn empty(conn: &Connection) -> rusqlite::Result<bool> {
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
    Ok(busy == 0)
}

/// The same, without waiting. `patience` is how long the connection waits otherwise.
pub(crate) fn empty_at_once(conn: &Connection, patience: Duration) -> rusqlite::Result<bool> {
    conn.busy_timeout(Duration::ZERO)?;
    let emptied = empty(conn);
    conn.busy_timeout(patience)?;
    emptied
}
