//! The tasks without which an engine is none, and how it ends when one of them panics.

use crate::{
    runtime::inner::{Inner, PAUSE},
    store::StoreError,
};
use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::Poll,
};
use tokio::{task::JoinHandle, time::timeout};
use typed_saga_core::{Panic, run::discard};

impl Inner {
    /// Spawns a task without which the engine is none. If it panics, in a method of the store or by a fault
    /// of the engine, the engine stops: first every run is dropped, then the epoch is closed, so that
    /// another worker goes on at once.
    pub(crate) fn watched(
        self: &Arc<Self>,
        does: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let inner = Arc::clone(self);
        self.tasks.spawn(async move {
            let mut task = Box::pin(task);
            let ended =
                poll_fn(
                    |cx| match catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(cx))) {
                        Ok(polled) => polled.map(Ok),
                        Err(panic) => Poll::Ready(Err(panic)),
                    },
                );
            let Err(panic) = ended.await else { return };
            discard(task);
            let message = Panic::from(panic).message().into();
            let session = inner.current();
            let panicked = StoreError::Panicked {
                task: does,
                message,
            };
            inner.stop(Some(&panicked));
            if let (true, Some(session)) = (inner.rests().await, session) {
                // Without an answer, its sagas are released when the lease ends.
                drop(timeout(PAUSE, inner.store.close(session.epoch)).await);
            }
        })
    }

    /// Waits until no run is left, but not for one that blocks its thread. Returns whether none is.
    async fn rests(&self) -> bool {
        let all = async {
            loop {
                // Made before the look, so that an end between the look and the wait is not missed.
                let ended = self.ended.notified();
                if self.live().at_hand.is_empty() {
                    return;
                }
                ended.await;
            }
        };
        timeout(PAUSE, all).await.is_ok()
    }
}
