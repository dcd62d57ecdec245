//! The actions of operators through the engine's types: each is checked against the saga's state,
//! and recorded with the operator and the reason.

use crate::{
    error::EngineError,
    journal::{
        action::{Action, Attribution, Settled},
        plan::{Plan, Refused},
    },
    runtime::{
        engine::Engine,
        inner::{ByType, Inner},
    },
};
use serde_json::value::RawValue;
use std::sync::Arc;
use typed_saga_core::{Durable, Encoded, Signalled, Signals, run::Boxed};

impl Engine {
    /// The plan of an action: the steps that would run, in order, if every call succeeded. Changes
    /// nothing.
    ///
    /// # Errors
    /// As [`act`](Self::act) would return.
    pub async fn plan<S: Durable>(&self, id: &str, action: &Action) -> Result<Plan, EngineError> {
        self.inner.plan_of(ByType::of::<S>(), id, action).await
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
        self.inner.act_on(ByType::of::<S>(), id, action, who).await
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
        let of = ByType::of::<S>();
        self.inner.entry(of)?;
        let (step, written) = signal.write();
        self.inner.signal_to(of, id, step, written).await
    }

    /// Gives up a saga that is parked or quarantined, or waits, for good: nothing more of it runs.
    /// [`Action::Abandon`].
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn abandon<S: Durable>(&self, id: &str, who: Attribution) -> Result<(), EngineError> {
        self.act::<S>(id, Action::Abandon, who).await
    }
}

/// Compiled once for all sagas.
impl Inner {
    #[inline(never)]
    fn plan_of<'a>(
        self: &'a Arc<Self>,
        of: ByType,
        id: &'a str,
        action: &'a Action,
    ) -> Boxed<'a, Result<Plan, EngineError>> {
        Box::pin(async move {
            let entry = self.entry(of)?;
            let stored = self.stored(&of.saga(id)).await?;
            let (plan, _) = self.planned(&**entry, &stored, action).await?;
            Ok(plan)
        })
    }

    #[inline(never)]
    pub(super) fn act_on<'a>(
        self: &'a Arc<Self>,
        of: ByType,
        id: &'a str,
        action: Action,
        who: Attribution,
    ) -> Boxed<'a, Result<(), EngineError>> {
        Box::pin(async move {
            self.entry(of)?;
            self.act(&of.saga(id), action, who, None).await.map(drop)
        })
    }

    #[inline(never)]
    fn signal_to<'a>(
        self: &'a Arc<Self>,
        of: ByType,
        id: &'a str,
        step: u16,
        written: Encoded,
    ) -> Boxed<'a, Result<Signalled, EngineError>> {
        Box::pin(async move {
            let signal = of.definition.steps[usize::from(step)].name.to_string();
            let wrong = |why| EngineError::NoEffect {
                step: signal.clone(),
                why,
            };
            let written = written.unwrap_or_else(|| Err("it is not serialised".to_owned()));
            let value = RawValue::from_string(written.map_err(wrong)?);
            let value = value.map_err(|error| wrong(error.to_string()))?;
            let action = Action::Signal { signal, value };
            let saga = of.saga(id);
            let acted = self.act(&saga, action, Attribution::default(), None);
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
        })
    }
}
