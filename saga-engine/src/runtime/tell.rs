//! Where outcomes are told, while somebody waits for them.

use crate::{
    error::EngineError,
    runtime::engine::{Inner, Live},
    store::SagaId,
};
use std::{
    any::Any,
    sync::{Arc, Weak},
};
use tokio::sync::watch;

/// Where an outcome is told to all who wait for it.
pub(crate) struct Tell {
    pub(crate) told: watch::Sender<Option<Result<Arc<dyn Any + Send + Sync>, EngineError>>>,
    saga: SagaId,
    inner: Weak<Inner>,
}

impl Drop for Tell {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            let mut live = inner.live();
            let gone = |tell: &Weak<Self>| tell.strong_count() == 0;
            if live.tells.get(&self.saga).is_some_and(gone) {
                live.tells.remove(&self.saga);
            }
        }
    }
}

impl Live {
    /// Where the outcome of a saga is told, if somebody waits for it.
    pub(crate) fn tell(&self, saga: &SagaId) -> Option<Arc<Tell>> {
        self.tells.get(saga).and_then(Weak::upgrade)
    }
}

impl Inner {
    /// Where the outcome of a saga is told.
    pub(crate) fn tell(self: &Arc<Self>, saga: &SagaId) -> Arc<Tell> {
        let mut live = self.live();
        if let Some(tell) = live.tell(saga) {
            return tell;
        }
        let tell = Arc::new(Tell {
            told: watch::Sender::new(None),
            saga: saga.clone(),
            inner: Arc::downgrade(self),
        });
        live.tells.insert(saga.clone(), Arc::downgrade(&tell));
        tell
    }
}
