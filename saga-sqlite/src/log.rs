//! The log beside a file. Until it is moved into the file, it has the older pages, too, and so what
//! was deleted.

use rusqlite::Connection;
use std::time::Duration;

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
