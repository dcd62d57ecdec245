//! Whose turn it is to write: that of a thread, which makes one transaction of whatever waits; or,
//! in place, of a task that writes alone.
//!
//! ```text
//!  ask ─┐
//!  ask ─┼─▶ queue ─▶ thread ─▶ BEGIN IMMEDIATE · epoch? · each write · COMMIT ─▶ answers
//!  ask ─┘                      (those that ask meanwhile are the next transaction)
//!
//!  ask in place, alone ──────▶ BEGIN IMMEDIATE · epoch? · the write · COMMIT
//! ```
//!
//! A write by the thread wakes two that sleep, the thread and then the task, and each takes about a
//! fifth of the time that a fast disk takes to write. Where transactions are shared that is
//! nothing, since many sagas wait for one disk; a saga that is alone would wait for it at every
//! step.

use crate::{
    error::Stop,
    owner::{self, Asked, Owner},
    write::Write,
    writer::{Job, Writer},
};
use saga_engine::StoreError;
use std::{
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};
use tokio::task::block_in_place;

/// Writes in one transaction, at most: what waits longer than the disk needs must not wait for
/// ever.
const BATCH: usize = 4096;

/// How often the lock of the owner that was taken over is asked for.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// How many writes leave it to the thread after some have met: those that meet once are likely to
/// meet again, and share a transaction if they do.
const CROWD: usize = 16;

/// Who has the writer, and who waits for it. The two numbers decide nothing but who writes, so it
/// does not matter if they are a moment old.
pub(crate) struct WriteGate {
    /// `None` once the file is closed.
    writer: Mutex<Option<Writer>>,
    /// Writes that the thread is asked for, and has not begun.
    waiting: AtomicUsize,
    /// How many more writes are left to the thread, since some have met.
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

    /// Counts a write that the thread is about to be asked for.
    pub(crate) fn get_in_line(&self) {
        self.waiting.fetch_add(1, Relaxed);
    }

    /// Writes on this thread, if nobody else writes or waits, in this process or another; else
    /// `None`, and the thread is to be asked.
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

    /// The thread: writes until nobody can ask any more, then leaves all of it in the one file,
    /// without a log beside it.
    pub(crate) fn serve(&self, jobs: &Receiver<Box<dyn Job>>, mut lock: Lock) {
        let mut batch = Vec::new();
        while let Some(first) = lock.next(jobs) {
            batch.push(first);
            let failure = self.write(jobs, &mut batch);
            for job in batch.drain(..) {
                job.tell(failure.as_ref());
            }
        }
        let writer = self.writer.lock().ok().and_then(|mut it| it.take());
        if let (Some(writer), true) = (writer, lock.is_wanted()) {
            writer.checkpoint();
        }
    }

    /// One transaction of what waits; leaves in the batch whoever has not been told, with why it
    /// failed, if it did.
    fn write(
        &self,
        jobs: &Receiver<Box<dyn Job>>,
        batch: &mut Vec<Box<dyn Job>>,
    ) -> Option<StoreError> {
        let mut writer = self.writer.lock();
        batch.extend(jobs.try_iter().take(BATCH - 1));
        self.waiting.fetch_sub(batch.len(), Relaxed);
        if batch.len() > 1 {
            self.crowd.store(CROWD, Relaxed);
        }
        match writer.as_mut().map(|writer| writer.as_mut()) {
            Ok(Some(writer)) => writer.write(batch),
            _ => Some(StoreError::unavailable("a write has panicked")),
        }
    }
}

/// The lock of the owner, as far as the thread has to do with it.
pub(crate) enum Lock {
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

impl Lock {
    /// Of a file; `asked` is `None` for who does not own it.
    pub(crate) fn new(path: PathBuf, asked: Option<Asked>) -> Self {
        match asked {
            None => Self::NotNeeded,
            Some(Asked::Owned(owner)) => Self::Held { _owner: owner },
            Some(Asked::By(_)) => Self::Awaited {
                path,
                next: Instant::now(),
            },
        }
    }

    /// The next write that waits; none if nobody can ask any more. Meanwhile it asks for the lock.
    fn next(&mut self, jobs: &Receiver<Box<dyn Job>>) -> Option<Box<dyn Job>> {
        loop {
            let Self::Awaited { path, next } = self else {
                return jobs.recv().ok();
            };
            let now = Instant::now();
            if *next <= now {
                *next = now + ASK_AGAIN;
                if let Ok(Asked::Owned(owner)) = owner::ask(path, Duration::ZERO) {
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

    /// Whether this is the owner, or will be. Whoever does not own the file leaves its log to the
    /// owner.
    fn is_wanted(&self) -> bool {
        !matches!(self, Self::NotNeeded)
    }
}
