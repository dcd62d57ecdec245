//! The actions of operators through the engine's types: each is checked against the saga's state,
//! and recorded with the operator and the reason.

use crate::{
    error::EngineError,
    journal::{
        action::{Action, Attribution, Settled},
        plan::{Plan, Refused},
    },
    runtime::engine::Engine,
    store::SagaId,
};
use twin_core::{Durable, Signalled, Signals};
use serde_json::value::RawValue;

impl Engine {
    /// The plan of an action: the steps that would run, in order, if every call succeeded. Changes
    /// nothing.
    ///
    /// # Errors
    /// As [`act`](Self::act) would return.
    pub async fn plan<S: Durable>(&self, id: &str, action: &Action) -> Result<Plan, EngineError> {
        let inner = &self.inner;
        let entry = inner.entry::<S>()?;
        let stored = inner.stored(&SagaId::new(&*S::DEFINITION.name, id)).await?;
        let (plan, _) = inner.planned(&**entry, &stored, action).await?;
        Ok(plan)
    }

    /// Performs an action on a saga, and records it with the operator and the reason. If a call of
    /// the saga is running, the action waits until it has ended, unless the action is
    /// [`Action::Cancel`].
    ///
    /// # Errors
    /// [`EngineError::Refused`] if it does not fit the saga's current state,
    /// [`EngineError::NoStep`], [`EngineError::NoEffect`], [`EngineError::Unreadable`],
    /// [`EngineError::NotRegistered`], [`EngineError::NotFound`], [`EngineError::Stopped`],
    /// [`EngineError::Store`].
    pub async fn act<S: Durable>(
        &self,
        id: &str,
        action: Action,
        who: Attribution,
    ) -> Result<(), EngineError> {
        self.inner.entry::<S>()?;
        let saga = SagaId::new(&*S::DEFINITION.name, id);
        self.inner.act(&saga, action, who, None).await.map(drop)
    }

    /// Resumes a parked saga where it stopped: [`Action::Resume`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn resume<S: Durable>(&self, id: &str, who: Attribution) -> Result<(), EngineError> {
        self.act::<S>(id, Action::Resume, who).await
    }

    /// Records the real state of a step that the saga could not settle or compensate:
    /// [`Action::Settle`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn settle<S: Durable>(
        &self,
        id: &str,
        step: &str,
        settled: Settled,
        who: Attribution,
    ) -> Result<(), EngineError> {
        let step = step.to_owned();
        self.act::<S>(id, Action::Settle { step, settled }, who)
            .await
    }

    /// Sends a saga a signal. It is accepted once it is recorded; if a call of the saga is running,
    /// the signal waits until the call has ended. So a step must not send its own saga a signal and
    /// await the answer: it would wait for itself until its `#[timeout]`.
    ///
    /// # Errors
    /// [`EngineError::NoEffect`] if the value cannot be recorded; otherwise as [`act`](Self::act).
    pub async fn signal<S: Durable>(
        &self,
        id: &str,
        signal: S::Signal,
    ) -> Result<Signalled, EngineError> {
        self.inner.entry::<S>()?;
        let (step, written) = signal.write();
        let signal = S::DEFINITION.steps[usize::from(step)].name.to_string();
        let wrong = |why| EngineError::NoEffect {
            step: signal.clone(),
            why,
        };
        let written = written.unwrap_or_else(|| Err("it is not serialised".to_owned()));
        let value = RawValue::from_string(written.map_err(wrong)?);
        let value = value.map_err(|error| wrong(error.to_string()))?;
        let saga = SagaId::new(&*S::DEFINITION.name, id);
        let action = Action::Signal { signal, value };
        let acted = self.inner.act(&saga, action, Attribution::default(), None);
        match acted.await {
            Ok(_) => Ok(Signalled::Accepted),
            Err(EngineError::NotFound { .. }) => Ok(Signalled::NotFound),
            Err(EngineError::Refused {
                why: Refused::Duplicate { same, .. },
                ..
            }) => Ok(Signalled::Duplicate { same: Some(same) }),
            Err(EngineError::Refused {
                why: Refused::NotHeard { .. },
                ..
            }) => Ok(Signalled::TooLate),
            Err(error) => Err(error),
        }
    }

    /// Gives up a saga that is parked or waits, for good: nothing more of it runs.
    /// [`Action::Abandon`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn abandon<S: Durable>(&self, id: &str, who: Attribution) -> Result<(), EngineError> {
        self.act::<S>(id, Action::Abandon, who).await
    }
}
