//! Deletes sagas that ended long ago, in small batches: they are found on the connection that
//! reads, and each transaction deletes few, so that running sagas can commit in between.

use crate::{
    error::Stop,
    life, log,
    row::{self, AT_REST},
    stamp,
    text::fits,
    write::Write,
};
use rusqlite::{Connection, ToSql, params, params_from_iter};
use std::path::Path;
use typed_saga_engine::{Epoch, Filter, Message, SagaId, StoreError, Time};

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

/// Whether a message is answered, and does not say who had a saga purged, and why: that is kept.
fn is_over() -> String {
    let kept = Message::PURGED;
    format!(
        "answer IS NOT NULL AND substr(text, 1, {}) <> '{kept}'",
        kept.len()
    )
}

/// The messages to sagas of a filter's name and id that are not there, and that were answered before a time.
pub(crate) fn to_nobody(
    conn: &Connection,
    filter: &Filter,
    before: Time,
) -> rusqlite::Result<Vec<i64>> {
    let mut sql = format!(
        "SELECT number FROM inbox WHERE {} AND answered < ? AND number > 0
         AND NOT EXISTS (SELECT 1 FROM saga WHERE saga.name = inbox.name AND saga.id = inbox.id)",
        is_over()
    );
    let mut texts = Vec::new();
    for (column, text) in [("inbox.name", &filter.saga), ("inbox.id", &filter.id)] {
        if let Some(text) = text {
            let (condition, own) = fits(column, text);
            sql.extend([" AND ", &condition]);
            texts.extend(own);
        }
    }
    if filter.prefix.is_some() {
        sql += " AND instr(inbox.id, ?) = 1";
    }
    let prefix = filter.prefix.as_deref();
    let values = [&before.0 as &dyn ToSql].into_iter();
    let values = values.chain(texts.iter().map(|text| text as &dyn ToSql));
    let values = values.chain(prefix.iter().map(|prefix| prefix as &dyn ToSql));
    conn.prepare(&sql)?
        .query_map(params_from_iter(values), |row| row.get(0))?
        .collect()
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
        let life = life::of_store(self.conn)?;
        let mut is_used = false;
        let answers = format!(
            "DELETE FROM inbox WHERE (name, id) = (SELECT name, id FROM saga WHERE number = ?1) AND {}",
            is_over()
        );
        let mut deleted = 0;
        for number in doomed {
            let mut look = self.conn.prepare_cached(&is_doomed)?;
            if !look.query_row([*number, before.0], |row| row.get(0))? {
                continue;
            }
            let mut has_life = self
                .conn
                .prepare_cached("SELECT life IS ?2 FROM saga WHERE number = ?1")?;
            is_used |= has_life.query_row(params![number, life.to_string()], |row| {
                row.get::<_, bool>(0)
            })?;
            for sql in [
                &*answers,
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
        if is_used {
            // Whoever gets the name and the id of one of them has other keys.
            self.conn
                .prepare_cached("UPDATE store SET life = ?1")?
                .execute([life.next().to_string()])?;
        }
        Ok(deleted)
    }

    /// Deletes a saga, unless it must stay, and writes a message about that.
    pub(crate) fn delete_one(
        &mut self,
        epoch: Epoch,
        saga: &SagaId,
        text: &str,
        now: Time,
    ) -> Result<Option<u64>, Stop> {
        let doomed = row::find(self.conn, saga)?.map(|found| found.number);
        if self.delete(epoch, doomed.as_slice(), Time(i64::MAX))? == 0 {
            return Ok(None);
        }
        Ok(Some(self.send_answered(saga, text, now)?))
    }

    /// Deletes these messages.
    pub(crate) fn delete_messages(&self, epoch: Epoch, numbers: &[i64]) -> Result<(), Stop> {
        self.under(epoch)?;
        let mut delete = self
            .conn
            .prepare_cached("DELETE FROM inbox WHERE number = ?1")?;
        for number in numbers {
            delete.execute([number])?;
        }
        Ok(())
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
    // Somebody may have rewritten the file without it: then only rewriting it cuts off free pages.
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
