//! Decides who writes: a thread, which makes one transaction of all waiting writes; or, in place, a
//! task that writes alone.
//!
//! ```text
//!  ask ─┐
//!  ask ─┼─▶ queue ─▶ thread ─▶ BEGIN IMMEDIATE · epoch? · each write · COMMIT ─▶ answers
//!  ask ─┘                      (those that ask meanwhile are the next transaction)
//!
//!  ask in place, alone ──────▶ BEGIN IMMEDIATE · epoch? · the write · COMMIT
//! ```
//!
//! A write by the thread wakes the thread and then the task, and each wake-up takes about a fifth
//! of the time that a fast disk takes to write. That does not matter where many sagas share a
//! transaction; a saga that is alone would wait for it at every step.

use crate::{
    error::Stop,
    owner::{Heir, Owner, Tried},
    write::Write,
    writer::{Job, Writer},
};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};
use tokio::task::block_in_place;
use typed_saga_engine::StoreError;

/// The maximum number of writes in one transaction, so that no write waits much longer than the
/// disk needs.
const BATCH: usize = 4096;

/// The interval between attempts to take the lock after another owner took over.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// After writes have met, this many more are left to the thread: writes that met once are likely to
/// meet again, and then share a transaction.
const CROWD: usize = 16;

/// The holder of the writer, and the waiting writes. The two numbers only decide who writes, so it
/// does no harm if they are slightly out of date.
pub(crate) struct WriteGate {
    /// `None` once the file is closed.
    writer: Mutex<Option<Writer>>,
    /// Writes that were handed to the thread and that it has not done.
    waiting: AtomicUsize,
    /// The number of further writes that go to the thread, because some have met.
    crowd: AtomicUsize,
}

impl WriteGate {
    pub(crate) fn new(writer: Writer) -> Self {
        Self {
            writer: Mutex::new(Some(writer)),
            waiting: AtomicUsize::new(0),
            crowd: AtomicUsize::new(0),
        }
    }

    /// Counts a write that is about to be handed to the thread.
    pub(crate) fn get_in_line(&self) {
        self.waiting.fetch_add(1, Relaxed);
    }

    /// Writes on this thread if no other write is running or waiting, in this process or another;
    /// otherwise returns `None`, and the write must go to the thread.
    ///
    /// # Panics
    /// Where [`block_in_place`] does.
    pub(crate) fn in_place<T>(
        &self,
        write: &mut impl FnMut(&mut Write<'_>) -> Result<T, Stop>,
    ) -> Option<Result<T, StoreError>> {
        let less = |crowd: usize| crowd.checked_sub(1);
        if self.crowd.fetch_update(Relaxed, Relaxed, less).is_ok() {
            return None;
        }
        let writer = self.writer.try_lock().ok();
        let Some(mut writer) = writer.filter(|_| self.waiting.load(Relaxed) == 0) else {
            self.crowd.store(CROWD, Relaxed);
            return None;
        };
        let writer = writer.as_mut()?;
        block_in_place(|| writer.write_at_once(write))
    }

    /// The thread: writes until no sender is left, then moves the log into the file.
    pub(crate) fn serve(&self, jobs: &Receiver<Box<dyn Job>>, mut lock: Lock) {
        let mut batch = Vec::new();
        loop {
            // Those that the last transaction has left come first.
            if batch.is_empty() {
                let Some(first) = lock.next(jobs) else { break };
                batch.push(first);
            }
            let (done, failure) = self.write(jobs, &mut batch);
            for job in batch.drain(..done) {
                job.tell(failure.as_ref());
            }
        }
        let writer = self.writer.lock().ok().and_then(|mut it| it.take());
        if let (Some(writer), true) = (writer, lock.is_wanted()) {
            writer.close();
        }
    }

    /// Writes the first part of what waits, in one transaction. Returns how many of the batch are to be
    /// answered, with the error if there was one.
    fn write(
        &self,
        jobs: &Receiver<Box<dyn Job>>,
        batch: &mut Vec<Box<dyn Job>>,
    ) -> (usize, Option<StoreError>) {
        let mut writer = self.writer.lock();
        let room = BATCH.saturating_sub(batch.len());
        batch.extend(jobs.try_iter().take(room));
        let all = batch.len();
        if all > 1 {
            self.crowd.store(CROWD, Relaxed);
        }
        let (done, failure) = match writer.as_mut().map(|writer| writer.as_mut()) {
            Ok(Some(writer)) => writer.write(batch),
            _ => (all, Some(StoreError::unavailable("a write has panicked"))),
        };
        self.waiting.fetch_sub(all - (batch.len() - done), Relaxed);
        (done, failure)
    }
}

/// The owner's lock, as the thread sees it.
pub(crate) enum Lock {
    Held {
        _owner: Owner,
    },
    /// An owner that was taken over still has it: the thread tries for it from time to time.
    Awaited {
        heir: Heir,
        next: Instant,
    },
    NotNeeded,
}

impl Lock {
    /// The lock of a file, for what was tried; a handle that does not own the file has none.
    pub(crate) fn new(tried: Option<Tried>) -> Self {
        match tried {
            None | Some(Tried::By(_)) => Self::NotNeeded,
            Some(Tried::Owned(owner)) => Self::Held { _owner: owner },
            Some(Tried::Heir(heir)) => Self::Awaited {
                heir,
                next: Instant::now(),
            },
        }
    }

    /// The next write, or none if no sender is left. Tries for the lock while it waits.
    fn next(&mut self, jobs: &Receiver<Box<dyn Job>>) -> Option<Box<dyn Job>> {
        loop {
            let Self::Awaited { heir, next } = self else {
                return jobs.recv().ok();
            };
            let now = Instant::now();
            if *next <= now {
                *next = now + ASK_AGAIN;
                if let Some(owner) = heir.ask() {
                    *self = Self::Held { _owner: owner };
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

    /// Whether this handle is the owner, or will be. Others leave the log to the owner.
    fn is_wanted(&self) -> bool {
        !matches!(self, Self::NotNeeded)
    }
}
