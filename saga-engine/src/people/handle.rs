//! A handle to a durable saga.

use crate::{
    error::EngineError,
    people::{awaited::Awaited, inspect::Status},
    runtime::{
        end::{Settled, Told},
        engine::Engine,
        inner::ByType,
    },
    store::SagaId,
};
use saga_core::{Cancel, Durable, Error};
use std::{fmt, marker::PhantomData, sync::Arc};

/// A handle to a durable saga. Dropping it changes nothing: the saga runs to its end, in this
/// process or another. A handle does not keep the engine open: once the engine is gone, the handle
/// only returns an outcome that it has received before.
pub struct Handle<S: Durable> {
    awaited: Awaited,
    of: PhantomData<fn() -> S>,
}

/// The outcome of a durable saga. All but `Parked` are final.
#[must_use = "a saga that did not complete may need an operator"]
pub enum Outcome<S: Durable> {
    /// Every step was applied, skipped by its `when`, or replaced by its fallback.
    Completed(S::Output),
    /// Every step was applied, but there is no output: its expression panicked; or the output cannot
    /// be recorded; or it was recorded by a version with another type, which the type of this one
    /// cannot read. [`Engine::load`] returns the effects.
    OutputLost {
        /// The reason.
        why: String,
    },
    /// Nothing remains applied, except for the steps that the error lists as left.
    Compensated(Arc<Error<S::Error>>),
    /// A step could not be undone, finished or settled: the saga is suspended for an operator. Once
    /// it is resumed, it reaches another outcome.
    Parked(Arc<Error<S::Error>>),
    /// It was parked or waiting, and an operator gave it up for good.
    Abandoned {
        /// The operator.
        by: Option<String>,
        /// The reason.
        why: Option<String>,
    },
}

impl Engine {
    /// A handle to a saga that was submitted before, by this process or another.
    ///
    /// # Errors
    /// [`EngineError::NotRegistered`], [`EngineError::NotFound`], [`EngineError::Store`].
    pub async fn handle<S: Durable>(&self, id: &str) -> Result<Handle<S>, EngineError> {
        let awaited = Awaited::recorded(&self.inner, ByType::of::<S>(), id).await?;
        Ok(Handle::new(awaited))
    }
}

impl<S: Durable> Handle<S> {
    pub(crate) fn new(awaited: Awaited) -> Self {
        Self {
            awaited,
            of: PhantomData,
        }
    }

    /// The saga's name and id.
    #[must_use]
    pub fn saga(&self) -> &SagaId {
        &self.awaited.saga
    }

    /// Waits until the saga has ended or parked, and returns the outcome. An error of a step is
    /// returned by value if the saga ended while this handle existed, and otherwise as it was
    /// recorded ([`Cause::Recorded`](saga_core::Cause)).
    ///
    /// # Errors
    /// [`EngineError::Stopped`] if the engine stopped before that: the next engine continues the
    /// saga. [`EngineError::Unreadable`], [`EngineError::NotFound`] (it was purged),
    /// [`EngineError::Store`].
    pub async fn outcome(&self) -> Result<Outcome<S>, EngineError> {
        Self::outcome_of(self.awaited.outcome().await?.downcast_ref())
    }

    /// Waits until the saga has ended or parked, its `finally` has run, and its events are
    /// delivered, by this engine or another, and returns the outcome.
    ///
    /// # Errors
    /// As [`outcome`](Self::outcome).
    pub async fn finished(&self) -> Result<Outcome<S>, EngineError> {
        Self::outcome_of(self.awaited.finished().await?.downcast_ref())
    }

    fn outcome_of(told: Option<&Told<S::Error>>) -> Result<Outcome<S>, EngineError> {
        let settled = match told {
            Some(Told::Compensated(error)) => return Ok(Outcome::Compensated(Arc::clone(error))),
            Some(Told::Parked(error)) => return Ok(Outcome::Parked(Arc::clone(error))),
            Some(Told::Without(settled)) => settled,
            None => {
                return Err(EngineError::NotRegistered {
                    saga: &S::DEFINITION.name,
                });
            }
        };
        Ok(match settled {
            // Another version may have had another type.
            Settled::Completed { output } => match S::OUTPUT.decode(output) {
                Ok(output) => Outcome::Completed(output),
                Err(why) => Outcome::OutputLost { why },
            },
            Settled::OutputLost { why } => Outcome::OutputLost { why: why.clone() },
            Settled::Abandoned { by, why } => Outcome::Abandoned {
                by: by.clone(),
                why: why.clone(),
            },
        })
    }

    /// The state of the saga, and the reason why it does not move.
    ///
    /// # Errors
    /// [`EngineError::Stopped`], [`EngineError::NotFound`], [`EngineError::Store`].
    pub async fn status(&self) -> Result<Status, EngineError> {
        self.awaited.inner()?.status(self.saga()).await
    }

    /// Asks the saga to roll back. The answer comes immediately, except during the pivot, whose
    /// outcome must be known first. If it is `Accepted`, the cancel is recorded.
    ///
    /// # Errors
    /// [`EngineError::Stopped`], [`EngineError::Unreadable`], [`EngineError::NotFound`],
    /// [`EngineError::Store`].
    pub async fn cancel(&self) -> Result<Cancel, EngineError> {
        self.awaited.inner()?.cancel(self.saga()).await
    }
}

impl<S: Durable> Outcome<S> {
    /// The output, or the outcome without one.
    ///
    /// # Errors
    /// If the saga did not complete, or lost its output.
    pub fn into_result(self) -> Result<S::Output, NoOutput<S>> {
        match self {
            Self::Completed(output) => Ok(output),
            other => Err(NoOutput(other)),
        }
    }
}

/// The outcome of a durable saga that has no output.
pub struct NoOutput<S: Durable>(Outcome<S>);

impl<S: Durable> NoOutput<S> {
    /// The outcome, which is not [`Outcome::Completed`].
    pub fn outcome(self) -> Outcome<S> {
        self.0
    }
}

impl<S: Durable> fmt::Debug for Handle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(self.saga()).finish()
    }
}

impl<S: Durable<Output: fmt::Debug, Error: fmt::Debug>> fmt::Debug for Outcome<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed(output) => f.debug_tuple("Completed").field(output).finish(),
            Self::OutputLost { why } => f.debug_struct("OutputLost").field("why", why).finish(),
            Self::Compensated(error) => f.debug_tuple("Compensated").field(error).finish(),
            Self::Parked(error) => f.debug_tuple("Parked").field(error).finish(),
            Self::Abandoned { by, why } => f
                .debug_struct("Abandoned")
                .field("by", by)
                .field("why", why)
                .finish(),
        }
    }
}

impl<S: Durable<Output: fmt::Debug, Error: fmt::Debug>> fmt::Debug for NoOutput<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Durable<Error: fmt::Display>> fmt::Display for NoOutput<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Outcome::Completed(_) => f.write_str("completed"),
            Outcome::OutputLost { why } => {
                write!(f, "every step is applied, but the output is lost: {why}")
            }
            Outcome::Compensated(error) | Outcome::Parked(error) => error.fmt(f),
            Outcome::Abandoned { by, why } => {
                f.write_str("abandoned")?;
                for (word, text) in [(" by ", by), (": ", why)] {
                    if let Some(text) = text {
                        write!(f, "{word}{text}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl<S: Durable<Output: fmt::Debug, Error: fmt::Debug + fmt::Display>> std::error::Error
    for NoOutput<S>
{
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Outcome::Compensated(error) | Outcome::Parked(error) => error.source(),
            Outcome::Completed(_) | Outcome::OutputLost { .. } | Outcome::Abandoned { .. } => None,
        }
    }
}
