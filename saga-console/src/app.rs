//! What all requests share.

use crate::{
    options::Options,
    private::{Redact, Veil},
    problem::Problem,
    view::{self, overview::Counts},
};
use saga_engine::{ReadStore, SagaId, look::Reader};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many requests are answered at once; others are told to come again.
const AT_ONCE: usize = 32;

/// What all requests share.
pub(crate) struct App {
    pub(crate) store: Arc<dyn ReadStore>,
    pub(crate) options: Options,
    pub(crate) counts: Arc<Counts>,
    pub(crate) room: Semaphore,
}

impl App {
    pub(crate) fn new(store: Arc<dyn ReadStore>, options: Options) -> Self {
        Self {
            counts: Arc::new(Counts::new(Arc::clone(&store))),
            store,
            options,
            room: Semaphore::new(AT_ONCE),
        }
    }

    /// The store, now.
    pub(crate) async fn reader(&self) -> Result<Reader, Problem> {
        view::reader(&self.store).await
    }

    pub(crate) fn veil<'a>(&'a self, saga: &'a SagaId, asked: bool) -> Veil<'a> {
        let redact: Option<&Redact> = self.options.redact.as_ref();
        Veil {
            saga,
            asked,
            redact,
        }
    }
}
