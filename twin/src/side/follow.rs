//! What runs in memory and durable runs have in common.

use super::lib::{Context, Observer, engine::Time, runtime::RunEvent};
use crate::{compare::COMMIT, seen::Line};
use serde_json::value::RawValue;
use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::runtime::Builder;

/// When each durable run begins.
pub(super) const BEGIN: Time = Time(1_800_000_000_000);

/// Notes what an observer is told.
#[derive(Clone, Default)]
pub(super) struct Notes(Arc<Mutex<Vec<Line>>>);

impl Notes {
    pub(super) fn lines(&self) -> Vec<Line> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Observer for Notes {
    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        let (saga, attempt, round) = (at.saga(), at.attempt(), at.round());
        let text = format!("{saga} {attempt} {round} {what}: {what:?}");
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(Line::new(at.path(), text));
    }
}

/// Runs in a runtime of its own, whose clock stands still until all wait. What the library draws comes
/// from this seed.
pub(super) fn alone<T>(seed: u64, run: impl Future<Output = T>) -> T {
    super::seed(Some(seed));
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime without I/O");
    let ended = runtime.block_on(run);
    super::seed(None);
    ended
}

/// A commit: its number and time, and its records as they were written.
pub(super) fn records(seq: u64, at: Time, records: &str) -> Vec<Line> {
    let records: Vec<Box<RawValue>> = serde_json::from_str(records).expect("it is a list");
    let of = |record: &RawValue| {
        let fields: serde_json::Value = serde_json::from_str(record.get()).expect("it is JSON");
        let step = fields.get("step").and_then(|step| step.as_str());
        step.unwrap_or_default().to_owned()
    };
    let mut lines = vec![Line::new(COMMIT, format!("{seq} {at:?}"))];
    lines.extend(
        records
            .iter()
            .map(|record| Line::new(of(record), record.get())),
    );
    lines
}
