//! A handle to a durable saga.

use crate::{
    error::{EngineError, Unreadable},
    people::act::closed,
    people::inspect::Status,
    runtime::end::{Settled, Told},
    runtime::engine::Engine,
    runtime::inner::Inner,
    runtime::inner::Tell,
    store::{EventFilter, Filter, SagaId, State},
};
use saga_core::{Cancel, Durable, Error};
use std::{
    any::Any,
    fmt,
    future::pending,
    marker::PhantomData,
    sync::{Arc, Weak},
};
use tokio::time::sleep;

/// A handle to a durable saga. Dropping it changes nothing: the saga runs to its end, in this
/// process or another. A handle does not keep the engine open: once the engine is gone, the handle
/// only returns an outcome that it has received before.
pub struct Handle<S: Durable> {
    inner: Weak<Inner>,
    saga: SagaId,
    tell: Arc<Tell>,
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
        self.inner.entry::<S>()?;
        let saga = SagaId::new(&*S::DEFINITION.name, id);
        self.inner.stored(&saga).await?;
        Ok(Handle::new(&self.inner, saga))
    }
}

impl<S: Durable> Handle<S> {
    pub(crate) fn new(inner: &Arc<Inner>, saga: SagaId) -> Self {
        Self {
            inner: Arc::downgrade(inner),
            tell: inner.tell(&saga),
            saga,
            of: PhantomData,
        }
    }

    /// The saga's name and id.
    #[must_use]
    pub fn saga(&self) -> &SagaId {
        &self.saga
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
        // Subscribed before the look, so that an end in between is not missed.
        let mut told = self.tell.told.subscribe();
        loop {
            let look = self.tell.look.notified();
            let Some(inner) = self.inner.upgrade() else {
                let told = told.borrow().clone();
                return Self::ended_so(told);
            };
            self.forget_if_ended(&inner).await?;
            let begun = {
                let live = inner.live();
                if let Some(why) = live.unreadable.get(&self.saga).cloned() {
                    let saga = self.saga.clone();
                    return Err(EngineError::Unreadable { saga, why });
                }
                live.at_hand.get(&self.saga).map(|saga| saga.begun.clone())
            };
            if begun.is_none() && told.borrow().is_none() {
                if let Some(outcome) = self.on_record(&inner).await? {
                    return Ok(outcome);
                }
            }
            let left = async {
                match begun {
                    Some(begun) => closed(begun).await,
                    None => pending().await,
                }
            };
            let ended = tokio::select! {
                biased;
                ended = told.wait_for(Option::is_some) => ended.map(|told| told.clone()).ok().flatten(),
                // The saga ended before this handle existed, or was released: look in the store.
                () = left => continue,
                () = look => continue,
            };
            return Self::ended_so(ended);
        }
    }

    /// Waits until the saga has ended or parked, its `finally` has run, and its events are
    /// delivered, by this engine or another, and returns the outcome.
    ///
    /// # Errors
    /// As [`outcome`](Self::outcome).
    pub async fn finished(&self) -> Result<Outcome<S>, EngineError> {
        let outcome = self.outcome().await?;
        loop {
            // Made before the look, so that a delivery in between is not missed.
            let look = self.tell.look.notified();
            let inner = self.inner()?;
            let here = inner
                .live()
                .at_hand
                .get(&self.saga)
                .map(|saga| saga.begun.clone());
            if let Some(begun) = here {
                closed(begun).await;
            }
            // While this engine delivers an event of the saga, the store need not be asked.
            let delivers = inner.outbox.delivers(&self.saga);
            if !delivers && self.is_told(&inner).await? && self.is_at_rest(&inner).await? {
                return Ok(outcome);
            }
            inner.check()?;
            tokio::select! {
                () = look => {}
                () = sleep(inner.settings.inbox_interval) => {}
            }
        }
    }

    /// Whether the saga has no undelivered event.
    async fn is_told(&self, inner: &Inner) -> Result<bool, EngineError> {
        if S::DEFINITION.emits.is_none() {
            return Ok(true);
        }
        let left = EventFilter::first_undelivered_of(self.saga.clone());
        Ok(inner.store.events(left).await?.is_empty())
    }

    /// Whether nothing is left to run: a saga that has ended is due only for its `finally`.
    async fn is_at_rest(&self, inner: &Inner) -> Result<bool, EngineError> {
        let rows = inner.store.list(Filter::of(self.saga.clone())).await?;
        Ok(rows.iter().all(|row| row.due.is_none()))
    }

    /// The outcome in a notification, or the reason why there is none.
    fn ended_so(
        told: Option<Result<Arc<dyn Any + Send + Sync>, EngineError>>,
    ) -> Result<Outcome<S>, EngineError> {
        match told {
            Some(Ok(told)) => Self::outcome_of(told.downcast_ref::<Told<S::Error>>()),
            Some(Err(error)) => Err(error),
            None => Err(EngineError::Stopped { reason: None }),
        }
    }

    /// The engine, if it still exists.
    fn inner(&self) -> Result<Arc<Inner>, EngineError> {
        let stopped = EngineError::Stopped { reason: None };
        self.inner.upgrade().ok_or(stopped)
    }

    /// If this engine cannot read the saga, another engine may have ended it.
    async fn forget_if_ended(&self, inner: &Inner) -> Result<(), EngineError> {
        let listed = inner.live().unreadable.contains_key(&self.saga);
        if listed {
            let of = vec![self.saga.clone()];
            for saga in inner.store.ended(of).await? {
                inner.live().unreadable.remove(&saga);
            }
        }
        Ok(())
    }

    /// The recorded outcome, if the saga has ended.
    async fn on_record(&self, inner: &Arc<Inner>) -> Result<Option<Outcome<S>>, EngineError> {
        let entry = inner.entry::<S>()?;
        let stored = inner.stored(&self.saga).await?;
        if stored.commits.is_empty() {
            // The saga was submitted, and no engine has started it yet.
            inner.check()?;
            return Ok(None);
        }
        let is_open = matches!(stored.row.state, State::Running | State::Waiting);
        if is_open && stored.row.fingerprint == entry.fingerprint() {
            inner.check()?;
            return Ok(None);
        }
        let told = match stored.row.state {
            // An output is read by its type alone, even if the steps have changed.
            State::Completed | State::Abandoned => entry.told(&stored),
            State::Running
            | State::Waiting
            | State::Compensated
            | State::Parked
            | State::Damaged => {
                let reading = inner.reading(&**entry, &stored).await?;
                let reading = reading.map_err(|why| self.unreadable(why))?;
                if is_open {
                    inner.check()?;
                    return Ok(None);
                }
                entry.failed(&stored.row, reading.folded)
            }
        };
        let told = told.map_err(|why| self.unreadable(why))?;
        Self::outcome_of(told.downcast_ref::<Told<S::Error>>()).map(Some)
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

    fn unreadable(&self, why: Unreadable) -> EngineError {
        EngineError::unreadable(&self.saga, why)
    }

    /// The state of the saga, and the reason why it does not move.
    ///
    /// # Errors
    /// [`EngineError::Stopped`], [`EngineError::NotFound`], [`EngineError::Store`].
    pub async fn status(&self) -> Result<Status, EngineError> {
        self.inner()?.status(&self.saga).await
    }

    /// Asks the saga to roll back. The answer comes immediately, except during the pivot, whose
    /// outcome must be known first. If it is `Accepted`, the cancel is recorded.
    ///
    /// # Errors
    /// [`EngineError::Stopped`], [`EngineError::Unreadable`], [`EngineError::NotFound`],
    /// [`EngineError::Store`].
    pub async fn cancel(&self) -> Result<Cancel, EngineError> {
        self.inner()?.cancel(&self.saga).await
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
        f.debug_tuple("Handle").field(&self.saga).finish()
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
