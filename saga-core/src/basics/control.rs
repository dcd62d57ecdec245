//! The channel between a handle and its run: the handle requests a cancel, and the run answers.

use std::{
    mem,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Waker},
};
use tokio::{sync::Notify, task::JoinHandle};

/// Shared by a run and by everything that may cancel it.
#[derive(Debug, Default)]
pub struct Control {
    requested: AtomicBool,
    /// The waker of the run, while the run waits for something that a cancel may end.
    waker: Mutex<Option<Waker>>,
    /// Whether the cancel was accepted.
    answer: OnceLock<bool>,
    told: Notify,
    /// The number of callers that wait for the answer.
    waiting: AtomicUsize,
    /// The tasks that continue after the saga has ended: its `finally`, and the delivery of its
    /// events.
    beside: Mutex<Vec<JoinHandle<()>>>,
}

impl Control {
    fn beside(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a task of a saga that has ended: its `finally`, or the delivery of its events.
    pub(crate) fn begun(&self, task: JoinHandle<()>) {
        self.beside().push(task);
    }

    /// Waits for the tasks that were registered when the saga ended.
    pub(crate) async fn finished(&self) {
        let beside = mem::take(&mut *self.beside());
        for task in beside {
            // The task has ended, or its runtime has: in either case there is no result to report.
            drop(task.await);
        }
    }

    /// Requests a cancel, and waits for the run's answer: `true` if it rolls back.
    pub async fn cancel(&self) -> bool {
        self.request();
        let _waiting = Waiting::new(&self.waiting);
        loop {
            // Created before the answer is read, so that an answer between the read and the wait is
            // not missed.
            let told = self.told.notified();
            if let Some(accepted) = self.answered() {
                return accepted;
            }
            told.await;
        }
    }

    /// Requests a cancel, and does not wait for the answer.
    pub fn request(&self) {
        self.requested.store(true, Ordering::Release);
        if let Some(waker) = self
            .waker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            waker.wake();
        }
    }

    /// Whether a caller waits for the answer.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0 && self.answered().is_none()
    }

    /// The answer, once there is one: `true` if the run rolls back.
    #[must_use]
    pub fn answered(&self) -> Option<bool> {
        self.answer.get().copied()
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Acquire)
    }

    /// Registers the run to be woken when a cancel is requested, and returns whether one has been.
    pub(crate) fn poll_requested(&self, cx: &Context<'_>) -> bool {
        {
            let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
            if !waker
                .as_ref()
                .is_some_and(|waker| waker.will_wake(cx.waker()))
            {
                *waker = Some(cx.waker().clone());
            }
        }
        // Read after the waker is registered, so that a request in between is not missed.
        self.is_requested()
    }

    /// Answers the request for a cancel. Only the first answer counts.
    pub fn answer(&self, accepted: bool) {
        if self.answer.set(accepted).is_ok() {
            self.told.notify_waiters();
        }
    }
}

/// A caller that waits, counted until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::AcqRel);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
