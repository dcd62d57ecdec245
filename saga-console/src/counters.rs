//! Counts what sagas do, for `/metrics`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use typed_saga_core::{Context, End, Observer, RunEvent, Verdict};

/// Counts what the sagas that it observes do, for `/metrics` of a console: give one clone to the
/// engine's `observe`, another to [`Options::metrics`](crate::Options::metrics). Clones share their
/// counters, which only grow, and begin at zero with the process.
///
/// Their names and labels are those of the guide's page on operations. Labels are names of sagas and
/// of steps, never ids, so there are as many time series as your sagas have steps.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Mutex<BTreeMap<Series, u64>>>);

/// A counter, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) saga: &'static str,
    pub(crate) step: Option<&'static str>,
    /// A label of this counter alone, and its value.
    pub(crate) more: Option<(&'static str, &'static str)>,
}

const STARTED: &str = "saga_started_total";
const ENDED: &str = "saga_ended_total";
const ATTEMPTS: &str = "saga_attempts_total";
const FAILURES: &str = "saga_failures_total";
const IN_DOUBT: &str = "saga_in_doubt_total";
const UNDONE: &str = "saga_undone_total";
const UNDO_FAILURES: &str = "saga_undo_failures_total";
const STUCK: &str = "saga_stuck_total";

/// Each counter, and what it counts.
pub(crate) const COUNTERS: [(&str, &str); 8] = [
    (STARTED, "Sagas that started"),
    (ENDED, "Sagas that ended"),
    (ATTEMPTS, "Calls of actions"),
    (FAILURES, "Attempts that failed"),
    (
        IN_DOUBT,
        "Times that it was unknown whether a step happened",
    ),
    (UNDONE, "Steps undone"),
    (UNDO_FAILURES, "Attempts of compensations that failed"),
    (STUCK, "Tenth failures in a row"),
];

impl Metrics {
    /// The counters now.
    pub(crate) fn so_far(&self) -> BTreeMap<Series, u64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clone()
    }
}

impl Observer for Metrics {
    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        let (name, of_step, more) = match what {
            RunEvent::Started => (STARTED, false, None),
            RunEvent::Finished { summary } => {
                let end = match summary.end() {
                    End::Completed => "completed",
                    End::Compensated => "compensated",
                    End::Parked => "parked",
                };
                (ENDED, false, Some(("end", end)))
            }
            RunEvent::Attempting => (ATTEMPTS, true, None),
            RunEvent::Rejected { verdict, .. } => {
                let kind = match verdict.happened() {
                    Verdict::Refused => "refused",
                    Verdict::Transient => "transient",
                    Verdict::Unknown => "unknown",
                    _ => "partial",
                };
                (FAILURES, true, Some(("kind", kind)))
            }
            RunEvent::TimedOut => (FAILURES, true, Some(("kind", "timeout"))),
            RunEvent::Panicked { .. } => (FAILURES, true, Some(("kind", "panic"))),
            RunEvent::InDoubt => (IN_DOUBT, true, None),
            RunEvent::Compensated => (UNDONE, true, None),
            RunEvent::CompensationFailed { .. } => (UNDO_FAILURES, true, None),
            RunEvent::Stuck => (STUCK, true, None),
            _ => return,
        };
        let series = Series {
            name,
            saga: at.saga(),
            step: of_step.then(|| at.step()),
            more,
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(series).or_default() += 1;
    }
}
