//! What runs in memory and durable runs have in common.

use super::lib::{
    Context, Observer,
    runtime::{Interest, RunEvent},
};
use crate::seen::Line;
use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::runtime::Builder;

/// Notes what an observer is told.
#[derive(Clone, Default)]
pub(super) struct Notes(Arc<Mutex<Vec<Line>>>);

impl Notes {
    pub(super) fn lines(&self) -> Vec<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Observer for Notes {
    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        let (saga, attempt, round) = (at.saga(), at.attempt(), at.round());
        let text = format!("{saga} {attempt} {round} {what}: {what:?}");
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(Line::new(at.path(), text));
    }

    fn interest(&self) -> Interest {
        Interest::All
    }
}

/// Runs in a runtime of its own, whose clock stands still until all wait, with what is drawn from this seed.
pub(super) fn alone<T>(seed: u64, run: impl Future<Output = T>) -> T {
    super::seed(Some(seed));
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime without I/O");
    let ended = runtime.block_on(run);
    super::seed(None);
    ended
}
