//! A saga that runs as a task of its own, seen from outside.

use super::Control;
use crate::{error::Error, id::Id, machine::Machine, outcome::Outcome};
use std::{fmt, future::Future, pin::Pin, sync::Arc};
use tokio::task::{JoinError, JoinHandle};

/// A started saga. Dropping the handle changes nothing: the saga runs to its end.
#[must_use = "the outcome of a saga says what it may have left"]
pub struct Handle<M: Machine> {
    id: Id,
    control: Arc<Control>,
    task: JoinHandle<Outcome<M>>,
}

/// The answer to a cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cancel {
    /// It is on record: the saga goes back.
    Accepted,
    /// The pivot has passed, or the saga has ended or is about to.
    TooLate,
}

impl<M: Machine> Handle<M> {
    pub(super) fn new(id: Id, control: Arc<Control>, task: JoinHandle<Outcome<M>>) -> Self {
        Self { id, control, task }
    }

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

    /// Asks the saga to go back, and waits for its answer. It comes at once, but during the pivot, whose outcome must be known first.
    pub async fn cancel(&self) -> Cancel {
        if self.control.cancel().await {
            Cancel::Accepted
        } else {
            Cancel::TooLate
        }
    }

    /// Waits for the saga and tells all of how it ended; `.await` alone gives a `Result`.
    ///
    /// # Panics
    /// If the runtime that it ran on was shut down before it ended.
    pub async fn outcome(self) -> Outcome<M> {
        match self.task.await.map_err(JoinError::try_into_panic) {
            Ok(outcome) => outcome,
            Err(Ok(payload)) => std::panic::resume_unwind(payload),
            Err(Err(error)) => panic!("saga `{}` was not run to its end: {error}", self.id),
        }
    }
}

impl<M: Machine> IntoFuture for Handle<M> {
    type Output = Result<M::Output, Error<M::Error>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.outcome().await.into_result() })
    }
}

impl<M: Machine> fmt::Debug for Handle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("saga", &M::DEFINITION.name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
