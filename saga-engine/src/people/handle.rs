//! A handle to a durable saga.

use crate::{
    error::EngineError,
    journal::action::Attribution,
    people::{awaited::Awaited, inspect::Status},
    runtime::{
        end::{NoError, Reply},
        engine::Engine,
        inner::ByType,
    },
    store::SagaId,
};
use std::{fmt, marker::PhantomData, sync::Arc};
use typed_saga_core::{Cancel, Durable, Error};

/// A handle to a durable saga. Dropping it changes nothing: the saga runs to its end, in this
/// process or another. A handle does not keep the engine open: once the engine is gone, the handle
/// only returns an outcome that it has received before.
pub struct Handle<S> {
    awaited: Awaited,
    of: PhantomData<fn() -> S>,
}

/// The outcome of a durable saga. All but `Parked` are final.
#[must_use = "a saga that did not complete may need an operator"]
pub enum DurableOutcome<S: Durable> {
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
    Parked(DurableParked<S>),
    /// It was parked, quarantined or waiting, and an operator gave it up for good.
    Abandoned {
        /// The operator.
        by: Option<String>,
        /// The reason.
        why: Option<String>,
    },
}

/// A durable saga that is suspended for an operator, because a step could be neither finished nor
/// undone. It is recorded: dropping this changes nothing.
#[must_use = "a parked saga has something applied, in doubt or unfinished"]
pub struct DurableParked<S: Durable> {
    handle: Handle<S>,
    error: Arc<Error<S::Error>>,
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
    /// recorded ([`Cause::Recorded`](typed_saga_core::Cause)).
    ///
    /// # Errors
    /// [`EngineError::Stopped`] if the engine stopped before that: the next engine continues the
    /// saga. [`EngineError::Unreadable`], [`EngineError::NotFound`] (it was purged),
    /// [`EngineError::Store`].
    pub async fn outcome(&self) -> Result<DurableOutcome<S>, EngineError> {
        self.outcome_of(self.awaited.outcome().await?.downcast_ref())
    }

    /// Waits until the saga has ended or parked, its `finally` has run, and its events are
    /// delivered, by this engine or another, and returns the outcome.
    ///
    /// # Errors
    /// As [`outcome`](Self::outcome).
    pub async fn finished(&self) -> Result<DurableOutcome<S>, EngineError> {
        self.outcome_of(self.awaited.finished().await?.downcast_ref())
    }

    fn outcome_of(&self, told: Option<&Reply<S::Error>>) -> Result<DurableOutcome<S>, EngineError> {
        let settled = match told {
            Some(Reply::Compensated(error)) => {
                return Ok(DurableOutcome::Compensated(Arc::clone(error)));
            }
            Some(Reply::Parked(error)) => {
                let (handle, error) = (Self::new(self.awaited.clone()), Arc::clone(error));
                return Ok(DurableOutcome::Parked(DurableParked { handle, error }));
            }
            Some(Reply::Without(settled)) => settled,
            None => {
                return Err(EngineError::NotRegistered {
                    saga: &S::DEFINITION.name,
                });
            }
        };
        Ok(match settled {
            // Another version may have had another type.
            NoError::Completed { output } => match S::OUTPUT.decode(output) {
                Ok(output) => DurableOutcome::Completed(output),
                Err(why) => DurableOutcome::OutputLost { why },
            },
            NoError::OutputLost { why } => DurableOutcome::OutputLost { why: why.clone() },
            NoError::Abandoned { by, why } => DurableOutcome::Abandoned {
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

impl<S: Durable> DurableParked<S> {
    /// The saga's name and id.
    #[must_use]
    pub fn saga(&self) -> &SagaId {
        self.handle.saga()
    }

    /// Why it has parked, and what is still applied, in doubt or unfinished.
    #[must_use]
    pub fn error(&self) -> &Error<S::Error> {
        &self.error
    }

    /// Resumes the saga where it stopped, with all attempts available again, and records who did it
    /// and why. The handle waits for its next outcome.
    ///
    /// # Errors
    /// As [`Engine::resume`]: [`EngineError::Refused`] if the saga is parked no more.
    pub async fn resume(&self, who: Attribution) -> Result<Handle<S>, EngineError> {
        self.handle.awaited.resume(who).await?;
        Ok(Handle::new(self.handle.awaited.clone()))
    }
}

impl<S: Durable> DurableOutcome<S> {
    /// The error of a saga that was compensated or is parked.
    #[must_use]
    pub fn error(&self) -> Option<&Error<S::Error>> {
        match self {
            Self::Compensated(error) => Some(error),
            Self::Parked(parked) => Some(parked.error()),
            Self::Completed(_) | Self::OutputLost { .. } | Self::Abandoned { .. } => None,
        }
    }

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
pub struct NoOutput<S: Durable>(DurableOutcome<S>);

impl<S: Durable> NoOutput<S> {
    /// The outcome, which is not [`DurableOutcome::Completed`].
    pub fn outcome(self) -> DurableOutcome<S> {
        self.0
    }

    /// The saga, if it is parked, to be [resumed](DurableParked::resume).
    ///
    /// # Errors
    /// The error itself, if the saga is not parked.
    pub fn into_parked(self) -> Result<DurableParked<S>, Self> {
        match self.0 {
            DurableOutcome::Parked(parked) => Ok(parked),
            outcome => Err(Self(outcome)),
        }
    }
}

impl<S: Durable> fmt::Debug for Handle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(self.saga()).finish()
    }
}

impl<S: Durable<Output: fmt::Debug, Error: fmt::Debug>> fmt::Debug for DurableOutcome<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed(output) => f.debug_tuple("Completed").field(output).finish(),
            Self::OutputLost { why } => f.debug_struct("OutputLost").field("why", why).finish(),
            Self::Compensated(error) => f.debug_tuple("Compensated").field(error).finish(),
            Self::Parked(parked) => f.debug_tuple("Parked").field(parked).finish(),
            Self::Abandoned { by, why } => f
                .debug_struct("Abandoned")
                .field("by", by)
                .field("why", why)
                .finish(),
        }
    }
}

impl<S: Durable<Error: fmt::Debug>> fmt::Debug for DurableParked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<S: Durable<Error: fmt::Display>> fmt::Display for DurableParked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
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
            DurableOutcome::Completed(_) => f.write_str("completed"),
            DurableOutcome::OutputLost { why } => {
                write!(f, "every step is applied, but the output is lost: {why}")
            }
            DurableOutcome::Compensated(error) => error.fmt(f),
            DurableOutcome::Parked(parked) => parked.fmt(f),
            DurableOutcome::Abandoned { by, why } => {
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
        self.0.error().and_then(std::error::Error::source)
    }
}
