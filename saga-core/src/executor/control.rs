//! How a handle talks to its run: a request one way, an answer the other.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::{Notify, futures::Notified};

/// Shared by a run and its handle.
#[derive(Debug, Default)]
pub(crate) struct Control {
    requested: AtomicBool,
    request: Notify,
    /// Whether the cancel was accepted.
    answer: OnceLock<bool>,
    answered: Notify,
}

impl Control {
    /// Asks the run to cancel, and waits for its answer.
    pub(crate) async fn cancel(&self) -> bool {
        self.requested.store(true, Ordering::Release);
        self.request.notify_one();
        loop {
            // Made before the look, so that an answer between the look and the wait is not missed.
            let answered = self.answered.notified();
            if let Some(accepted) = self.answer.get() {
                return *accepted;
            }
            answered.await;
        }
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Acquire)
    }

    /// Ends when somebody asks to cancel.
    pub(crate) fn request(&self) -> Notified<'_> {
        self.request.notified()
    }

    /// The run's answer; only the first one counts.
    pub(crate) fn answer(&self, accepted: bool) {
        if self.answer.set(accepted).is_ok() {
            self.answered.notify_waiters();
        }
    }
}
