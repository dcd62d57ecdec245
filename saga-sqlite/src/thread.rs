//! The threads that have the connections.

use crate::error::{self, Stop};
use rusqlite::Connection;
use std::{
    sync::mpsc,
    thread::{self, JoinHandle},
};
use tokio::sync::oneshot;
use typed_saga_engine::{StoreError, StoreFuture};

pub(crate) type Read = Box<dyn FnOnce(&Connection) + Send>;

/// A thread that works for as long as it has a handle.
pub(crate) struct Thread<T> {
    asks: Option<mpsc::Sender<T>>,
    handle: Option<JoinHandle<()>>,
}

pub(crate) fn answer_all(conn: &Connection, reads: mpsc::Receiver<Read>) {
    for read in reads {
        read(conn);
    }
}

impl<T: Send + 'static> Thread<T> {
    pub(crate) fn start(
        name: &str,
        work: impl FnOnce(mpsc::Receiver<T>) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (asks, asked) = mpsc::channel();
        let handle = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(asked))
            .map_err(StoreError::unavailable)?;
        Ok(Self {
            asks: Some(asks),
            handle: Some(handle),
        })
    }

    pub(crate) fn ask(&self, ask: T) -> Result<(), StoreError> {
        let asks = self.asks.as_ref().ok_or_else(ended)?;
        asks.send(ask).map_err(|_| ended())
    }
}

impl Thread<Read> {
    pub(crate) fn read<T, E, F>(&self, read: F) -> StoreFuture<'_, T>
    where
        T: Send + 'static,
        E: Into<Stop>,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        Box::pin(async move {
            let (answer, waits) = oneshot::channel();
            self.ask(Box::new(move |conn| {
                // Whoever asked may not wait any more.
                let _ = answer.send(read(conn).map_err(Into::into));
            }))?;
            waits.await.map_err(|_| ended())?.map_err(error::said)
        })
    }
}

impl<T> Drop for Thread<T> {
    fn drop(&mut self) {
        self.asks = None;
        let Some(handle) = self.handle.take() else {
            return;
        };
        // A thread of ours may be the one that drops the last clone, by waking a task that is over:
        // it cannot wait for itself.
        if handle.thread().id() != thread::current().id() {
            let _ = handle.join();
        }
    }
}

pub(crate) fn ended() -> StoreError {
    StoreError::unavailable("the thread that has the file has ended")
}
