//! The connection that writes. Each of its transactions holds one or several writes.
//!
//! A write checks before it changes anything, so one that is refused does not affect the others. If
//! SQLite fails, nothing of the transaction is written; each write is then tried in a transaction
//! of its own, so that one that cannot be written does not fail the others forever.

use crate::{
    error::{self, Stop},
    known::{Known, Marks},
    log,
    names::Names,
    stamp::Due,
    transaction::Transaction,
    write::Write,
};
use rusqlite::Connection;
use std::{slice, time::Duration};
use tokio::sync::oneshot;
use typed_saga_engine::StoreError;

/// The number of changed rows after which a transaction takes no further write: one that changes few waits
/// for no more than these, and its own.
const ROWS: u64 = 1 << 14;

pub(crate) type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

/// A write, and the receiver of its answer.
pub(crate) trait Job: Send {
    /// Writes; `Err` fails the transaction. It may be called again if the transaction fails.
    fn perform(&mut self, write: &mut Write<'_>) -> rusqlite::Result<()>;
    /// Sends the answer: the transaction's error, if that failed.
    fn tell(self: Box<Self>, failure: Option<&StoreError>);
}

struct Asking<T, F> {
    write: F,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

/// A write as a job, and the receiver of its answer.
pub(crate) fn job<T, F>(write: F) -> (Box<dyn Job>, Answer<T>)
where
    T: Send + 'static,
    F: FnMut(&mut Write<'_>) -> Result<T, Stop> + Send + 'static,
{
    let (answer, waits) = oneshot::channel();
    let asking = Asking {
        write,
        result: None,
        answer,
    };
    (Box::new(asking), waits)
}

impl<T: Send, F> Job for Asking<T, F>
where
    F: FnMut(&mut Write<'_>) -> Result<T, Stop> + Send,
{
    fn perform(&mut self, write: &mut Write<'_>) -> rusqlite::Result<()> {
        self.result = Some(refused((self.write)(write))?);
        Ok(())
    }

    fn tell(self: Box<Self>, failure: Option<&StoreError>) {
        let result = match (failure, self.result) {
            (Some(failure), _) => Err(failure.clone()),
            (None, Some(result)) => result,
            (None, None) => return,
        };
        // The receiver may be gone.
        let _ = self.answer.send(result);
    }
}

/// A write that is refused does not fail its transaction.
fn refused<T>(result: Result<T, Stop>) -> rusqlite::Result<Result<T, StoreError>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Refused(error)) => Ok(Err(error)),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// The connection, and what it remembers of its writes.
pub(crate) struct Writer {
    conn: Connection,
    /// The time for which to wait for the lock of another process.
    patience: Duration,
    known: Known,
    marks: Marks,
    names: Names,
    /// Whether the names meant other files after the last commit.
    is_lost: bool,
    /// The stamp, if it is still to be written.
    stamp: Option<Due>,
}

impl Writer {
    pub(crate) fn new(
        conn: Connection,
        patience: Duration,
        marks: Marks,
        names: Names,
        stamp: Option<Due>,
    ) -> Self {
        Self {
            conn,
            patience,
            known: Known::default(),
            marks,
            names,
            is_lost: false,
            stamp,
        }
    }

    /// Writes the first part of a batch, in one transaction. Returns how many of those that are still in
    /// it are to be answered now, from the first on, and the error of all of these.
    pub(crate) fn write(&mut self, batch: &mut Vec<Box<dyn Job>>) -> (usize, Option<StoreError>) {
        let error = match self.commit(batch) {
            Ok(done) => return (done, None),
            Err(error) => error,
        };
        let each = matches!(&error, Stop::Failed(error) if !error::is_busy(error));
        if each && batch.len() > 1 {
            for mut job in batch.drain(..) {
                let result = self.commit(slice::from_mut(&mut job));
                job.tell(result.map_err(error::said).err().as_ref());
            }
        }
        (batch.len(), Some(error::said(error)))
    }

    /// Writes as many as [`ROWS`] lets. Returns how many.
    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<usize, Stop> {
        self.transaction(|write| {
            let before = write.conn.total_changes();
            let mut done = 0;
            for job in batch.iter_mut() {
                job.perform(write)?;
                done += 1;
                if write.conn.total_changes() - before >= ROWS {
                    break;
                }
            }
            Ok(done)
        })
    }

    /// Makes one write; `None`, without waiting, if another process has locked the file.
    pub(crate) fn write_at_once<T>(
        &mut self,
        write: &mut impl FnMut(&mut Write<'_>) -> Result<T, Stop>,
    ) -> Option<Result<T, StoreError>> {
        self.be_patient(Duration::ZERO);
        let result = self.transaction(|transaction| refused(write(transaction)));
        self.be_patient(self.patience);
        match result {
            Err(Stop::Failed(error)) if error::is_busy(&error) => None,
            result => Some(result.map_err(error::said).flatten()),
        }
    }

    /// Commits, and then looks whether that is where it will be sought: the names may change until the disk
    /// has it.
    fn transaction<T>(
        &mut self,
        work: impl FnMut(&mut Write<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Stop> {
        if self.is_lost {
            // Nothing more is written, unless they mean the same files again.
            self.names.check().map_err(StoreError::lost)?;
            self.is_lost = false;
        }
        let result = self.try_twice(work);
        if let Err(mut why) = self.names.check() {
            self.is_lost = true;
            if result.is_ok() {
                why += " (what was just written is not confirmed, and may be there)";
            }
            return Err(StoreError::lost(why).into());
        }
        let value = result?;
        if let Some(due) = self.stamp.take() {
            self.stamp = due.tried(&self.conn, Duration::ZERO);
            self.be_patient(self.patience);
        }
        Ok(value)
    }

    fn try_twice<T>(
        &mut self,
        mut work: impl FnMut(&mut Write<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let mut result = self.try_transaction(&mut work);
        if matches!(&result, Err(error) if error::is_no_room(error)) && self.checkpoint() {
            // The content of the log is in the file now, and the space of the log is free: on a
            // small disk nothing else would ever empty it.
            self.known.forget();
            result = self.try_transaction(work);
        }
        if result.is_err() {
            self.known.forget();
        }
        result
    }

    fn try_transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Write<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let transaction = Transaction::to_write(&self.conn)?;
        let value = work(&mut Write::new(&self.conn, &mut self.known, &self.marks)?)?;
        transaction.commit()?;
        Ok(value)
    }

    fn be_patient(&self, patience: Duration) {
        // It only sets a number, so it cannot fail.
        let _ = self.conn.busy_timeout(patience);
    }

    /// Moves the log into the file and empties it; says whether it did. If another process reads or
    /// writes, the log stays, which does no harm.
    fn checkpoint(&self) -> bool {
        matches!(log::empty_at_once(&self.conn, self.patience), Ok(true))
    }

    /// Moves the log into the file, as the last thing that is done.
    pub(crate) fn close(self) {
        self.checkpoint();
        if let Some(due) = &self.stamp {
            due.tried_at_last(&self.conn, self.patience);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Job, ROWS, Stop, StoreError, Write, Writer, job};
    use crate::{known::Marks, names::Names, schema};
    use rusqlite::Connection;
    use std::{path::Path, time::Duration};

    /// A write that changes so many rows.
    fn changes(rows: i64) -> Box<dyn Job> {
        let sql = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
             INSERT INTO inbox (name, id, at, text) SELECT 'trip', n, 1, '{}' FROM n";
        let (job, _) = job(move |write| {
            write.conn.execute(sql, [rows])?;
            Ok(())
        });
        job
    }

    fn writer(conn: Connection, path: &Path) -> Writer {
        let names = Names::of(path);
        Writer::new(conn, Duration::ZERO, Marks::default(), names, None)
    }

    #[test]
    fn a_transaction_takes_no_further_write_after_so_many_rows() {
        let path = Path::new("no file");
        let conn = Connection::open_in_memory().unwrap();
        schema::make(&conn, path, None).unwrap();
        let mut writer = writer(conn, path);
        let half = i64::try_from(ROWS / 2).unwrap();
        let mut batch: Vec<_> = [1, half, half, 1, 1].map(changes).into();
        assert!(matches!(writer.write(&mut batch), (3, None)));
        drop(batch.drain(..3));
        assert!(matches!(writer.write(&mut batch), (2, None)));
    }

    /// A file that is removed while a transaction is written is found before the answer.
    #[cfg(unix)]
    #[test]
    fn what_is_written_while_the_file_goes_is_not_confirmed() {
        for in_place in [false, true] {
            let dir = tempfile::TempDir::new().unwrap();
            let path = dir.path().join("sagas.db");
            let conn = Connection::open(&path).unwrap();
            conn.pragma_update(None, "journal_mode", "WAL").unwrap();
            schema::make(&conn, &path, None).unwrap();
            let mut writer = writer(conn, &path);
            let mut remove = move |write: &mut Write<'_>| {
                write.conn.execute("UPDATE store SET epoch = 7", ())?;
                let _ = std::fs::remove_file(&path);
                Ok::<_, Stop>(())
            };
            let error = if in_place {
                writer.write_at_once(&mut remove).unwrap().unwrap_err()
            } else {
                let (job, _) = job(remove);
                let (done, error) = writer.write(&mut vec![job]);
                assert_eq!(done, 1);
                error.unwrap()
            };
            assert!(matches!(error, StoreError::Lost { .. }), "{error:?}");
            let words = "is not confirmed, and may be there";
            assert!(error.to_string().contains(words), "{error}");
            let later = writer.write(&mut vec![changes(1)]).1.unwrap();
            assert!(!later.to_string().contains(words), "{later}");
            let inbox = "SELECT count(*) FROM inbox";
            let count: i64 = writer.conn.query_row(inbox, (), |row| row.get(0)).unwrap();
            assert_eq!(count, 0, "nothing more is written");
        }
    }
}
