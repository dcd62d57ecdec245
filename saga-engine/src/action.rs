//! What people do to a saga: cancel, resume, settle, abandon. Each is checked against the saga as it is, and on record with who and why.

use crate::{engine::Engine, error::EngineError, plan::Plan, store::SagaId};
use saga_core::Durable;
use serde::{Deserialize, Serialize};

/// What somebody does to a saga.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Action {
    /// Asks it to go back.
    Cancel,
    /// Takes a parked saga up where it stopped: with what could not be undone, settled or finished, every budget new.
    Resume,
    /// Says where a step stands that the saga could not settle or undo by itself. Nothing runs by it in a parked saga until it is resumed.
    Settle {
        /// The step.
        step: String,
        /// Where it stands.
        settled: Settled,
    },
    /// Takes a parked saga into one's own hands for good: nothing of it runs any more.
    Abandon,
}

/// Where somebody says that a step stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Settled {
    /// It was in doubt: it happened, with this effect, as JSON.
    Applied(serde_json::Value),
    /// It was in doubt: it did not happen, and no longer can.
    NotApplied,
    /// It stood, or was in doubt: now it is undone, and can no longer happen.
    Undone,
}

impl Settled {
    /// It happened, with this effect.
    ///
    /// # Errors
    /// What the effect's `Serialize` says.
    pub fn applied(effect: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self::Applied(serde_json::to_value(effect)?))
    }
}

/// Who does something, and why: both are on record with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Who {
    /// This person, for this reason.
    pub fn new(by: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            by: Some(by.into()),
            why: Some(why.into()),
        }
    }
}

impl Engine {
    /// What would follow from an action, if every call then succeeded: the steps that would run, in order. Nothing is done.
    ///
    /// # Errors
    /// What [`act`](Self::act) would give.
    pub async fn plan<S: Durable>(&self, id: &str, action: &Action) -> Result<Plan, EngineError> {
        let inner = &self.inner;
        let entry = inner.entry::<S>()?;
        let stored = inner.stored(&SagaId::new(S::DEFINITION.name, id)).await?;
        let (plan, _) = inner.planned(&**entry, &stored, action).await?;
        Ok(plan)
    }

    /// Does something to a saga, and puts it on record with who did it and why. A call of the saga that runs is let end before, unless the action
    /// is [`Action::Cancel`].
    ///
    /// # Errors
    /// [`EngineError::Refused`] if it does not fit the saga as it is, [`EngineError::NoStep`], [`EngineError::NoEffect`], [`EngineError::Unreadable`],
    /// [`EngineError::NotRegistered`], [`EngineError::NotFound`], [`EngineError::Stopped`], [`EngineError::Store`].
    pub async fn act<S: Durable>(
        &self,
        id: &str,
        action: Action,
        who: Who,
    ) -> Result<(), EngineError> {
        self.inner.entry::<S>()?;
        let saga = SagaId::new(S::DEFINITION.name, id);
        self.inner.act(&saga, action, who).await
    }

    /// Takes a parked saga up where it stopped: [`Action::Resume`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn resume<S: Durable>(&self, id: &str, who: Who) -> Result<(), EngineError> {
        self.act::<S>(id, Action::Resume, who).await
    }

    /// Says where a step stands: [`Action::Settle`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn settle<S: Durable>(
        &self,
        id: &str,
        step: &str,
        settled: Settled,
        who: Who,
    ) -> Result<(), EngineError> {
        let step = step.to_owned();
        self.act::<S>(id, Action::Settle { step, settled }, who)
            .await
    }

    /// Takes a parked saga into one's own hands for good: [`Action::Abandon`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn abandon<S: Durable>(&self, id: &str, who: Who) -> Result<(), EngineError> {
        self.act::<S>(id, Action::Abandon, who).await
    }
}
