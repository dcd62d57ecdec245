//! The outbox, for relays: who hands over the events of sagas that do not say how.

use crate::{
    error::EngineError,
    runtime::engine::Engine,
    runtime::inner::Inner,
    runtime::patience::{PATIENCE, wait},
    store::{Delivery, EventClaim, EventFilter, EventRow, EventStat, EventsOf, SagaId, StoreError},
};
use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

/// The events of sagas that have ended: to look at, and to hand over where the sagas have no
/// `publish` of their own. Given by [`Engine::outbox`].
///
/// ```no_run
/// # use saga_engine::{Engine, EngineError, EventRow};
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
/// Each event is claimed by one relay at a time, and of each saga only the first that is not
/// delivered. One that a relay did not acknowledge before its claim ended is claimed again: its
/// consumers know it by its [key](EventRow::key). Keeping this does not keep the engine.
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
    /// Claims at most `limit` events that are due, for so long, of sagas that this engine does not
    /// hand over by itself.
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

    /// An event that was claimed is delivered; the one behind it is due. May be said again.
    ///
    /// # Errors
    /// [`StoreError::NotHeld`] in an [`EngineError::Store`] if the claim has ended: somebody else
    /// may hand it over, too. [`EngineError::Stopped`].
    pub async fn acknowledge(&self, event: &EventRow) -> Result<(), EngineError> {
        self.say(event, Delivery::Acknowledged).await
    }

    /// An event that was claimed could not be delivered, for this reason. It is due again after
    /// 200 ms at first, and then ever later, up to 5 minutes.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge).
    pub async fn fail(&self, event: &EventRow, why: &str) -> Result<(), EngineError> {
        let (inner, wait) = (self.inner()?, wait(&PATIENCE, event.failures));
        let failed = Delivery::Failed {
            why: why.into(),
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

    /// Makes an event of a saga due now, and counts its failures anew, even if it was delivered;
    /// without a number the first that was not. Says whether there is such an event: one that waits
    /// for another before it, or is being handed over, is none.
    ///
    /// # Errors
    /// [`EngineError::Stopped`], [`EngineError::Store`].
    pub async fn redeliver(&self, saga: &SagaId, number: Option<u64>) -> Result<bool, EngineError> {
        self.inner()?.redeliver(saga, number).await
    }

    /// The events that fit, oldest first.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn list(&self, filter: EventFilter) -> Result<Vec<EventRow>, EngineError> {
        Ok(self.inner()?.store.events(filter).await?)
    }

    /// How many events are undelivered, by the name of their saga.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn undelivered(&self) -> Result<Vec<EventStat>, EngineError> {
        Ok(self.inner()?.store.undelivered().await?)
    }
}

impl Inner {
    pub(crate) async fn redeliver(
        &self,
        saga: &SagaId,
        number: Option<u64>,
    ) -> Result<bool, EngineError> {
        loop {
            let epoch = self.session().await?.epoch;
            match self.store.redeliver(epoch, saga.clone(), number).await {
                // It opens the store anew.
                Err(StoreError::Fenced { epoch }) => self.fenced(epoch),
                done => {
                    self.outbox.notify_one();
                    return Ok(done?);
                }
            }
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}
