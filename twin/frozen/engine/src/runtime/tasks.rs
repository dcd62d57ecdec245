//! The tasks of an engine. Each of them holds the store, so a shutdown waits until they are gone.

use pin_project_lite::pin_project;
use std::{
    collections::HashSet,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};
use tokio::{sync::watch, task::JoinHandle};

/// Spawns the tasks of an engine, and knows when none is left.
#[derive(Default)]
pub(crate) struct Tasks {
    /// Each task has a receiver.
    alive: watch::Sender<()>,
}

pin_project! {
    /// The future of a task, which is dropped before the task counts as gone: fields are dropped in the
    /// order of their declaration.
    struct Task<F> {
        #[pin]
        future: F,
        alive: watch::Receiver<()>,
    }
}

impl Tasks {
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        tokio::spawn(self.track(future))
    }

    /// Makes a future one of the engine's tasks; the caller spawns it.
    pub(crate) fn track<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let alive = self.alive.subscribe();
        Task { future, alive }
    }

    /// Waits until every task has ended, or was aborted and dropped.
    pub(crate) async fn gone(&self) {
        self.alive.closed().await;
    }
}

/// Locks a set of sagas or events that tasks share.
pub(crate) fn lock<T>(shared: &Mutex<HashSet<T>>) -> MutexGuard<'_, HashSet<T>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<F: Future> Future for Task<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}
