//! How a handle talks to its run: a request one way, an answer the other.

use std::{
    mem,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Waker},
};
use tokio::{sync::Notify, task::JoinHandle};

/// Shared by a run and who may cancel it.
#[derive(Debug, Default)]
pub struct Control {
    requested: AtomicBool,
    /// Of the run, while it waits for something that a cancel may end.
    waker: Mutex<Option<Waker>>,
    /// Whether the cancel was accepted.
    answer: OnceLock<bool>,
    answered: Notify,
    /// What runs beside it from its end on: its `finally`, and what hands over its events.
    beside: Mutex<Vec<JoinHandle<()>>>,
}

impl Control {
    fn beside(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The saga has ended, and this is its `finally`, or hands over its events.
    pub(crate) fn begun(&self, task: JoinHandle<()>) {
        self.beside().push(task);
    }

    /// Waits for what has begun at its end.
    pub(crate) async fn finished(&self) {
        let beside = mem::take(&mut *self.beside());
        for task in beside {
            // It has ended, or its runtime has: nothing is to be heard of it in either case.
            drop(task.await);
        }
    }

    /// Asks the run to cancel, and waits for its answer: whether it goes back.
    pub async fn cancel(&self) -> bool {
        self.request();
        loop {
            // Made before the look, so that an answer between the look and the wait is not missed.
            let answered = self.answered.notified();
            if let Some(accepted) = self.answer.get() {
                return *accepted;
            }
            answered.await;
        }
    }

    /// Asks the run to cancel, and does not wait.
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

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Acquire)
    }

    /// Has the run woken when somebody asks to cancel, and says whether somebody has.
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
        // Looked at after the waker is there, so that a request in between is not missed.
        self.is_requested()
    }

    /// Answers who asks, if the run has not: only the first answer counts.
    pub fn answer(&self, accepted: bool) {
        if self.answer.set(accepted).is_ok() {
            self.answered.notify_waiters();
        }
    }
}
