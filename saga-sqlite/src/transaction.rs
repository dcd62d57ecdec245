//! A transaction.

use rusqlite::Connection;

/// A transaction, which is rolled back unless it is committed. Its statements are prepared once:
/// preparing them each time, as rusqlite's own transaction does, takes as long as inserting a row.
pub(crate) struct Transaction<'a>(&'a Connection);

impl<'a> Transaction<'a> {
    /// A transaction that excludes other writers.
    pub(crate) fn to_write(conn: &'a Connection) -> rusqlite::Result<Self> {
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
        Ok(Self(conn))
    }

    /// One that sees the file as it is at its first query.
    pub(crate) fn to_read(conn: &'a Connection) -> rusqlite::Result<Self> {
        conn.prepare_cached("BEGIN")?.execute(())?;
        Ok(Self(conn))
    }

    pub(crate) fn commit(self) -> rusqlite::Result<()> {
        self.0.prepare_cached("COMMIT")?.execute(()).map(drop)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            // SQLite may have rolled back already.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}
