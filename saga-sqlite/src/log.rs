//! The log beside a file. Until it is moved into the file, it has the older pages, too, and so what
//! was deleted.

use crate::beside;
use rusqlite::Connection;
use std::{fs, path::Path, time::Duration};
use typed_saga_engine::StoreError;

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
    Ok(moved(conn)?.is_empty)
}

/// The same, without waiting. `patience` is how long the connection waits otherwise.
pub(crate) fn empty_at_once(conn: &Connection, patience: Duration) -> rusqlite::Result<bool> {
    Ok(moved_at_once(conn, patience)?.is_empty)
}

/// Moves the log into the file, without waiting, and empties it if that can be done; returns whether all of
/// it is in the file, on the disk: another process that reads may keep the log.
pub(crate) fn move_at_once(conn: &Connection, patience: Duration) -> rusqlite::Result<bool> {
    Ok(moved_at_once(conn, patience)?.is_whole)
}

/// What has become of a log that was to be moved into its file.
struct Moved {
    is_empty: bool,
    /// Whether all of it is in the file.
    is_whole: bool,
}

fn moved_at_once(conn: &Connection, patience: Duration) -> rusqlite::Result<Moved> {
    conn.busy_timeout(Duration::ZERO)?;
    let moved = moved(conn);
    conn.busy_timeout(patience)?;
    moved
}

fn moved(conn: &Connection) -> rusqlite::Result<Moved> {
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| {
        let [busy, pages, moved]: [i64; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
        Ok(Moved {
            is_empty: busy == 0,
            // Both are negative if another process is moving it.
            is_whole: pages >= 0 && moved == pages,
        })
    })
}
