//! Deletes sagas that ended long ago, in small batches: they are found on the connection that
//! reads, and each transaction deletes few, so that running sagas can commit in between.

use crate::{error::Stop, log, row::AT_REST, stamp, write::Write};
use rusqlite::Connection;
use saga_engine::{Epoch, StoreError, Time};
use std::path::Path;

/// The most sagas that one transaction deletes.
pub(crate) const BATCH: usize = 64;

/// The most pages that one transaction gives back.
const PAGES: usize = 64;

/// The number of free pages that the file keeps for new sagas.
const SPARE: i64 = 256;

/// Whether a saga has been at rest since before a time.
pub(crate) fn is_doomed() -> String {
    format!("SELECT EXISTS (SELECT 1 FROM saga WHERE number = ?1 AND {AT_REST} AND changed < ?2)")
}

impl Write<'_> {
    /// Deletes those of these sagas that have been at rest since before a time; returns how many.
    pub(crate) fn delete(
        &mut self,
        epoch: Epoch,
        doomed: &[i64],
        before: Time,
    ) -> Result<usize, Stop> {
        self.under(epoch)?;
        self.known.forget();
        let is_doomed = is_doomed();
        let mut deleted = 0;
        for number in doomed {
            let mut look = self.conn.prepare_cached(&is_doomed)?;
            if !look.query_row([*number, before.0], |row| row.get(0))? {
                continue;
            }
            for sql in [
                "DELETE FROM inbox WHERE (name, id) = (SELECT name, id FROM saga WHERE number = ?1)
                                   AND answer IS NOT NULL",
                "DELETE FROM journal WHERE saga = ?1",
                "DELETE FROM outbox WHERE saga = ?1",
                "DELETE FROM marks WHERE saga = ?1",
                "DELETE FROM saga WHERE number = ?1",
            ] {
                self.conn.prepare_cached(sql)?.execute([number])?;
            }
            // The next saga may get this number.
            self.marks.all().remove(number);
            deleted += 1;
        }
        Ok(deleted)
    }

    /// Cuts free pages off the file; returns whether there may be more.
    pub(crate) fn give_back(&self, epoch: Epoch) -> Result<bool, Stop> {
        const INCREMENTAL: i64 = 2;
        self.under(epoch)?;
        let is_cut = number(self.conn, "PRAGMA auto_vacuum")? == INCREMENTAL;
        if !is_cut || number(self.conn, "PRAGMA freelist_count")? <= SPARE {
            return Ok(false);
        }
        let vacuum = format!("PRAGMA incremental_vacuum({PAGES})");
        let mut vacuum = self.conn.prepare_cached(&vacuum)?;
        let mut pages = vacuum.query(())?;
        // Each row of the result is a page.
        while pages.next()?.is_some() {}
        Ok(true)
    }
}

/// Rewrites the file, so that nothing of what was deleted is left in it. SQLite overwrites what it
/// deletes, but not the copy of a row that it had moved to another page before.
pub(crate) fn vacuum(conn: &Connection, path: &Path) -> Result<(), Stop> {
    // Free pages of an older file can be cut off from now on: only rewriting it changes that.
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    conn.execute_batch("VACUUM")?;
    let number = stamp::number(conn)?;
    if log::empty(conn)? {
        // It has counted the number up. The old stamp fits, too.
        let _ = stamp::write(conn, path, number);
        return Ok(());
    }
    Err(Stop::Refused(StoreError::unavailable(
        "the file was rewritten, but while another process reads it, its log still has what was deleted: end that, \
         and try again",
    )))
}

fn number(conn: &Connection, sql: &str) -> rusqlite::Result<i64> {
    conn.query_row(sql, (), |row| row.get(0))
}
