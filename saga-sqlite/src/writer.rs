//! The thread that writes: whatever waits becomes one transaction, and whoever waits hears of it when that is on disk.
//!
//! ```text
//!  ask ─┐
//!  ask ─┼─▶ queue ─▶ BEGIN IMMEDIATE · epoch? · each write · COMMIT ─▶ answers
//!  ask ─┘             (those that ask meanwhile are the next transaction)
//! ```
//!
//! A write checks before it writes, so one that is refused leaves the others alone. If SQLite fails, nothing of the transaction is written; each
//! of its writes is then tried in a transaction of its own, so that one that cannot be written does not fail the others for ever.

use crate::{
    error::{self, Stop},
    owner::{self, Asked, Owner},
    write::{Known, Write},
};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use saga_engine::StoreError;
use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Writes in one transaction, at most: what waits longer than the disk needs must not wait for ever.
const BATCH: usize = 4096;

/// How often the lock of the owner that was taken over is asked for.
const ASK_AGAIN: Duration = Duration::from_millis(250);

pub(crate) type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

/// A write, and who waits for it.
pub(crate) trait Job: Send {
    /// Writes; `Err` fails the transaction. May be called again if that fails.
    fn perform(&mut self, write: &mut Write<'_>) -> rusqlite::Result<()>;
    /// Tells what came of it: of the transaction, if that failed.
    fn tell(self: Box<Self>, failure: Option<&StoreError>);
}

struct Asking<T, F> {
    write: F,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

/// A write as a job, and where its answer will be.
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
        self.result = Some(match (self.write)(write) {
            Ok(value) => Ok(value),
            Err(Stop::Refused(error)) => Err(error),
            Err(Stop::Failed(error)) => return Err(error),
        });
        Ok(())
    }

    fn tell(self: Box<Self>, failure: Option<&StoreError>) {
        let result = match (failure, self.result) {
            (Some(failure), _) => Err(failure.clone()),
            (None, Some(result)) => result,
            (None, None) => return,
        };
        // Whoever asked may not wait any more.
        let _ = self.answer.send(result);
    }
}

/// What the thread owns.
pub(crate) struct Writer {
    conn: Connection,
    known: Known,
    lock: Lock,
}

enum Lock {
    Held {
        _owner: Owner,
    },
    /// Somebody else has it, who was taken over: it is asked for from time to time.
    Awaited {
        path: PathBuf,
        next: Instant,
    },
    NotNeeded,
}

impl Writer {
    /// A writer of a file; `asked` is `None` for who does not own it.
    pub(crate) fn new(conn: Connection, path: PathBuf, asked: Option<Asked>) -> Self {
        Self {
            conn,
            known: Known::default(),
            lock: match asked {
                None => Lock::NotNeeded,
                Some(Asked::Owned(owner)) => Lock::Held { _owner: owner },
                Some(Asked::By(_)) => Lock::Awaited {
                    path,
                    next: Instant::now(),
                },
            },
        }
    }

    /// Writes until nobody can ask any more, then leaves all of it in the one file, without a log beside it.
    pub(crate) fn run(mut self, jobs: &Receiver<Box<dyn Job>>) {
        let mut batch = Vec::new();
        while let Some(first) = self.next(jobs) {
            batch.push(first);
            batch.extend(jobs.try_iter().take(BATCH - 1));
            self.write(&mut batch);
        }
        self.checkpoint();
    }

    /// The next write that waits; none if nobody can ask any more.
    fn next(&mut self, jobs: &Receiver<Box<dyn Job>>) -> Option<Box<dyn Job>> {
        loop {
            let Lock::Awaited { path, next } = &mut self.lock else {
                return jobs.recv().ok();
            };
            let now = Instant::now();
            if *next <= now {
                *next = now + ASK_AGAIN;
                if let Ok(Asked::Owned(owner)) = owner::ask(path, Duration::ZERO) {
                    self.lock = Lock::Held { _owner: owner };
                    continue;
                }
            }
            match jobs.recv_timeout(next.saturating_duration_since(now)) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn write(&mut self, batch: &mut Vec<Box<dyn Job>>) {
        let result = self.commit(batch);
        match &result {
            Err(error) if batch.len() > 1 && !error::is_busy(error) => {
                for mut job in batch.drain(..) {
                    let result = self.commit(std::slice::from_mut(&mut job));
                    job.tell(result.map_err(error::of).err().as_ref());
                }
            }
            _ => {
                let failure = result.map_err(error::of).err();
                for job in batch.drain(..) {
                    job.tell(failure.as_ref());
                }
            }
        }
    }

    /// One transaction.
    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
        let result = self.try_commit(batch);
        if result.is_err() {
            self.known.forget();
        }
        result
    }

    fn try_commit(&mut self, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
        let tx = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
        let mut write = Write::new(&tx, &mut self.known)?;
        for job in batch {
            job.perform(&mut write)?;
        }
        tx.commit()
    }

    /// Moves the log into the file, and empties it. If somebody else is at it, it stays: it is as good there. Whoever does not own the file leaves
    /// this to the owner.
    fn checkpoint(&self) {
        if matches!(self.lock, Lock::NotNeeded) {
            return;
        }
        let _ = self.conn.busy_timeout(Duration::ZERO);
        let _ = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()));
    }
}
