//! A saga that was started as a task.

use crate::{
    basics::{control::Control, discard::discard},
    calls::mail::{Mail, Sender, Signalled},
    generated::machine::Machine,
    lifecycle::outcome::Outcome,
    report::error::Error,
    values::id::Id,
};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::task::{JoinError, JoinHandle};

/// A started saga. Dropping the handle changes nothing: the saga runs to its end.
#[must_use = "the outcome of a saga says what it may have left"]
pub struct Started<M: Machine> {
    pub(super) id: Id,
    pub(super) control: Arc<Control>,
    pub(super) mail: Option<Mail>,
    pub(super) task: JoinHandle<()>,
    pub(super) ended: Arc<Deposit<Outcome<M>>>,
}

/// Where a task leaves what its handle may ask for. Dropping what nobody asked for does not panic.
pub(super) struct Deposit<T>(Mutex<Option<T>>);

impl<T> Default for Deposit<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Deposit<T> {
    pub(super) fn put(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Drop for Deposit<T> {
    fn drop(&mut self) {
        discard(self.take());
    }
}

/// The answer to a cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cancel {
    /// The saga rolls back.
    Accepted,
    /// The saga has passed its pivot, has ended, or is about to end.
    TooLate,
}

impl<M: Machine> Started<M> {
    /// The saga's id.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Asks the saga to roll back, and waits for its answer. The answer comes at once, except
    /// during the pivot, whose outcome must be known first.
    pub async fn cancel(&self) -> Cancel {
        if self.control.cancel().await {
            Cancel::Accepted
        } else {
            Cancel::TooLate
        }
    }

    /// Sends the saga a signal, and waits for the answer. The saga answers when it next waits for
    /// something.
    pub async fn signal(&self, signal: M::Signal) -> Signalled {
        self.sender().signal(signal).await
    }

    /// Sends the saga signals while other code waits for its end with this handle.
    #[must_use]
    pub fn sender(&self) -> Sender<M::Signal> {
        Sender::new(self.mail.clone())
    }

    /// Waits for the saga, for its `finally` and until its events are delivered, and returns the
    /// outcome.
    ///
    /// # Panics
    /// As [`outcome`](Self::outcome) does.
    pub async fn finished(self) -> Outcome<M> {
        let control = Arc::clone(&self.control);
        let outcome = self.outcome().await;
        control.finished().await;
        outcome
    }

    /// Waits for the saga and returns its outcome; `.await` alone returns a `Result`. Neither waits
    /// for its `finally`, or until its events are delivered: [`finished`](Self::finished) and
    /// [`drain`](crate::drain) do.
    ///
    /// # Panics
    /// If the runtime of the saga was shut down before the saga ended.
    pub async fn outcome(self) -> Outcome<M> {
        match self.task.await.map_err(JoinError::try_into_panic) {
            Ok(()) => self.ended.take().expect("its task has left it"),
            Err(Ok(payload)) => std::panic::resume_unwind(payload),
            Err(Err(error)) => panic!("saga `{}` was not run to its end: {error}", self.id),
        }
    }
}

impl<M: Machine> IntoFuture for Started<M> {
    type Output = Result<M::Output, Error<M::Error>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.outcome().await.into_result() })
    }
}

impl<M: Machine> fmt::Debug for Started<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started")
            .field("saga", &M::DEFINITION.name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
