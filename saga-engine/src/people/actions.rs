//! Operators' actions by the engine's types: each is checked against the saga's state, and recorded
//! with who does it and why.

use crate::{
    error::EngineError,
    journal::{
        action::{Action, Attribution, Settled},
        plan::Plan,
    },
    runtime::engine::Engine,
    store::SagaId,
};
use saga_core::Durable;

impl Engine {
    /// A dry run: the steps that would run after an action, in order, if every call succeeded.
    /// Nothing is done.
    ///
    /// # Errors
    /// Those of [`act`](Self::act).
    pub async fn plan<S: Durable>(&self, id: &str, action: &Action) -> Result<Plan, EngineError> {
        let inner = &self.inner;
        let entry = inner.entry::<S>()?;
        let stored = inner.stored(&SagaId::new(&*S::DEFINITION.name, id)).await?;
        let (plan, _) = inner.planned(&**entry, &stored, action).await?;
        Ok(plan)
    }

    /// Performs an action on a saga, and records who did it and why. A running call of the saga
    /// ends first, unless the action is [`Action::Cancel`].
    ///
    /// # Errors
    /// [`EngineError::Refused`] if it does not fit the saga as it is, [`EngineError::NoStep`],
    /// [`EngineError::NoEffect`], [`EngineError::Unreadable`], [`EngineError::NotRegistered`],
    /// [`EngineError::NotFound`], [`EngineError::Stopped`], [`EngineError::Store`].
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

    /// Continues a parked saga where it stopped: [`Action::Resume`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn resume<S: Durable>(&self, id: &str, who: Attribution) -> Result<(), EngineError> {
        self.act::<S>(id, Action::Resume, who).await
    }

    /// Declares the state of a step: [`Action::Settle`].
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

    /// Abandons a saga that is parked or waits: nothing of it runs any more. [`Action::Abandon`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn abandon<S: Durable>(&self, id: &str, who: Attribution) -> Result<(), EngineError> {
        self.act::<S>(id, Action::Abandon, who).await
    }
}
