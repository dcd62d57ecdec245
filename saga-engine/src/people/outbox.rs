//! The outbox, for relays: it has the events of sagas without a `publish`.

use crate::{
    error::EngineError,
    runtime::engine::Engine,
    runtime::inner::Inner,
    runtime::patience::{PATIENCE, wait},
    store::{
        Delivery, EventChange, EventClaim, EventFilter, EventRow, EventStat, EventsOf, SagaId,
        StoreError,
    },
};
use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};
use typed_saga_core::run::shortened;

/// The events of sagas that have ended: to inspect them, and to deliver those of sagas without a
/// `publish`. [`Engine::outbox`] returns it.
///
/// ```no_run
/// # use typed_saga_engine::{Engine, EngineError, EventRow};
/// # use std::time::Duration;
/// # async fn send(event: &EventRow) -> Result<(), String> { Ok(()) }
/// # async fn relay(engine: &Engine) -> Result<(), EngineError> {
/// let outbox = engine.outbox();
/// loop {
///     for event in outbox.claim(100, Duration::from_secs(30)).await? {
///         match send(&event).await {
///             Ok(()) => outbox.acknowledge(&event).await?,
///             Err(why) => outbox.fail(&event, &why).await?,
///         }
///     }
///     tokio::time::sleep(Duration::from_secs(1)).await;
/// }
/// # }
/// ```
///
/// One relay at a time can claim an event, and only the first undelivered event of a saga can be
/// claimed. If a relay does not acknowledge an event before its claim ends, the event can be
/// claimed again, so a consumer must recognise repetitions by the [key](EventRow::key). An `Outbox`
/// does not keep the engine open.
#[derive(Clone)]
pub struct Outbox {
    inner: Weak<Inner>,
}

impl Engine {
    /// The events of sagas that have ended.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        let inner = Arc::downgrade(&self.inner);
        Outbox { inner }
    }
}

impl Outbox {
    /// Claims at most `limit` events that are due, for the time `lease`, of sagas whose events this
    /// engine does not deliver itself.
    ///
    /// # Errors
    /// [`EngineError::Stopped`], [`EngineError::Store`].
    pub async fn claim(&self, limit: usize, lease: Duration) -> Result<Vec<EventRow>, EngineError> {
        let inner = self.inner()?;
        let session = inner.session().await?;
        let claim = EventClaim {
            of: EventsOf::Except(Arc::clone(&inner.publish)),
            limit,
            lease: Some(lease),
        };
        Ok(inner.store.claim_events(session.epoch, claim).await?)
    }

    /// Records that a claimed event was delivered; the saga's next event is then due. May be
    /// repeated.
    ///
    /// # Errors
    /// [`StoreError::NotHeld`] in an [`EngineError::Store`] if the claim has ended: another relay
    /// may deliver the event, too. [`EngineError::Stopped`].
    pub async fn acknowledge(&self, event: &EventRow) -> Result<(), EngineError> {
        self.say(event, Delivery::Acknowledged).await
    }

    /// Records that a claimed event could not be delivered, and why. It is due again after 200 ms,
    /// and after longer and longer waits of up to 5 minutes when it fails again.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge).
    pub async fn fail(&self, event: &EventRow, why: &str) -> Result<(), EngineError> {
        let (inner, wait) = (self.inner()?, wait(&PATIENCE, event.failures));
        let failed = Delivery::Failed {
            why: shortened(why).into(),
            due: inner.now().after(wait),
        };
        self.say(event, failed).await
    }

    fn inner(&self) -> Result<Arc<Inner>, EngineError> {
        let stopped = EngineError::Stopped { reason: None };
        self.inner.upgrade().ok_or(stopped)
    }

    async fn say(&self, event: &EventRow, how: Delivery) -> Result<(), EngineError> {
        let inner = self.inner()?;
        let session = inner.session().await?;
        let said = inner.store.handed_over(session.epoch, event.hold(), how);
        Ok(said.await?)
    }

    /// Makes an event of a saga due now, even if it was delivered before, and resets its count of
    /// failures. Without a number, it is the first undelivered event. Returns whether there is such
    /// an event: an event that waits for an earlier one, or is being delivered, does not count.
    ///
    /// # Errors
    /// [`EngineError::Stopped`], [`EngineError::Store`].
    pub async fn redeliver(&self, saga: &SagaId, number: Option<u64>) -> Result<bool, EngineError> {
        let change = EventChange::Redeliver;
        self.inner()?.decide(saga, number, change, None).await
    }

    /// Never delivers an undelivered event of a saga: its next event is due. Without a number, it is
    /// the first undelivered event. `why` is kept with the event ([`EventRow::skipped`]). Returns
    /// whether there is such an event: an event that waits for an earlier one, or is being delivered,
    /// does not count.
    ///
    /// # Errors
    /// [`EngineError::Stopped`], [`EngineError::Store`].
    pub async fn skip(
        &self,
        saga: &SagaId,
        number: Option<u64>,
        why: impl Into<String>,
    ) -> Result<bool, EngineError> {
        let change = EventChange::Skip { why: why.into() };
        self.inner()?.decide(saga, number, change, None).await
    }

    /// The events that match, oldest first.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn list(&self, filter: EventFilter) -> Result<Vec<EventRow>, EngineError> {
        Ok(self.inner()?.store.events(filter).await?)
    }

    /// The number of undelivered events, by the name of their saga.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn undelivered(&self) -> Result<Vec<EventStat>, EngineError> {
        Ok(self.inner()?.store.undelivered().await?)
    }
}

impl Inner {
    /// Carries out what an operator decides about an event; without a number, about the first undelivered
    /// one of the saga. `answer`: of the message that asks for it.
    pub(crate) async fn decide(
        &self,
        saga: &SagaId,
        number: Option<u64>,
        change: EventChange,
        answer: Option<(u64, String)>,
    ) -> Result<bool, EngineError> {
        let number = match number {
            Some(number) => number,
            None => match self.first_undelivered(saga).await? {
                Some(first) => first,
                None => return Ok(false),
            },
        };
        loop {
            let epoch = self.session().await?.epoch;
            let (saga, change, answer) = (saga.clone(), change.clone(), answer.clone());
            match (self.store.decide(epoch, saga, number, change, answer)).await {
                // The engine opens the store again.
                Err(StoreError::Fenced { epoch }) => self.fenced(epoch),
                done => {
                    self.outbox.wake.notify_one();
                    return Ok(done?);
                }
            }
        }
    }

    async fn first_undelivered(&self, saga: &SagaId) -> Result<Option<u64>, EngineError> {
        let first = EventFilter::first_undelivered_of(saga.clone());
        let first = self.store.events(first).await?;
        Ok(first.first().map(|event| event.number))
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}
