//! The state that all requests share.

use crate::{
    form::Secret,
    options::Options,
    private::{Redact, Veil},
    problem::Problem,
    view::{self, overview::Counts},
};
use axum::http::StatusCode;
use std::sync::Arc;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;
use typed_saga_engine::{ReadStore, SagaId, look::Reader};

/// The number of requests that are answered at once; others are asked to come again.
const AT_ONCE: usize = 32;

/// The number of pages that are kept up to date at once; others stay as they were rendered.
const PAGES: usize = 64;
/// The maximum number of requests in a while: enough for a person with a mouse, too few for a loop.
const MOST: usize = 60;
const WHILE: Duration = Duration::from_secs(60);

/// The state that all requests share.
pub(crate) struct App {
    pub(crate) store: Arc<dyn ReadStore>,
    pub(crate) options: Options,
    pub(crate) counts: Arc<Counts>,
    pub(crate) secret: Secret,
    pub(crate) room: Semaphore,
    /// For pages that are kept up to date.
    pub(crate) pages: Arc<Semaphore>,
    /// When something was asked for lately.
    asked: Mutex<VecDeque<Instant>>,
}

impl App {
    pub(crate) fn new(store: Arc<dyn ReadStore>, options: Options) -> Self {
        Self {
            counts: Arc::new(Counts::new(Arc::clone(&store))),
            secret: Secret::new(),
            store,
            options,
            room: Semaphore::new(AT_ONCE),
            pages: Arc::new(Semaphore::new(PAGES)),
            asked: Mutex::default(),
        }
    }

    /// The store, now.
    pub(crate) async fn reader(&self) -> Result<Reader, Problem> {
        view::reader(&self.store).await
    }

    /// Lets so much be asked for in a while, and no more.
    pub(crate) fn pace(&self) -> Result<(), Problem> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while asked.front().is_some_and(|at| now - *at > WHILE) {
            asked.pop_front();
        }
        if asked.len() >= MOST {
            let text = "too much is asked for: wait a moment";
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, text));
        }
        asked.push_back(now);
        Ok(())
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
