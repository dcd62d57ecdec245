//! The running calls of one run, and the time since which each has been running.

use crate::journal::fold::OVERDUE;
use std::panic::catch_unwind;
use tokio::time::Instant;
use typed_saga_core::{CallSite, Definition};

/// The running calls of one run, at most one of each step. They are few, and the one that began
/// first often ends first, so a list finds it fastest.
#[derive(Default)]
pub(crate) struct Calls(Vec<RunningCall>);

/// A running call.
#[derive(Clone)]
pub(crate) struct RunningCall {
    /// The path of the child saga or item whose call it is; `None` for a call of the saga itself.
    pub(crate) path: Option<String>,
    pub(crate) definition: &'static Definition,
    pub(crate) at: CallSite,
    since: Instant,
    /// Whether observers were notified that it is stuck.
    told: bool,
}

impl Calls {
    pub(crate) fn begin(
        &mut self,
        path: Option<String>,
        definition: &'static Definition,
        at: CallSite,
    ) {
        self.end(path.as_deref(), at);
        self.0.push(RunningCall {
            path,
            definition,
            at,
            since: Instant::now(),
            told: false,
        });
    }

    pub(crate) fn end(&mut self, path: Option<&str>, at: CallSite) {
        let is = |call: &RunningCall| call.at.step == at.step && call.path.as_deref() == path;
        if let Some(position) = self.0.iter().position(is) {
            self.0.remove(position);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The stuck calls that observers have not been notified of.
    pub(crate) fn untold(&self) -> Vec<RunningCall> {
        self.0.iter().filter(|call| !call.told).cloned().collect()
    }

    /// Marks these calls as reported to be stuck.
    pub(crate) fn tell(&mut self, stuck: &[RunningCall]) {
        for call in &mut self.0 {
            call.told |= stuck
                .iter()
                .any(|one| one.since == call.since && one.at == call.at);
        }
    }
}

impl RunningCall {
    /// Whether it has taken many times as long as its limit. If the expression of the limit panics,
    /// there is no limit. That expression is the user's code, so no lock may be held here.
    pub(crate) fn is_overdue(&self) -> bool {
        let step = &self.definition.steps[usize::from(self.at.step)];
        let limit = self.at.call.limit(step);
        let limit = limit.and_then(|limit| catch_unwind(|| limit.get()).ok());
        limit.is_some_and(|limit| self.since.elapsed() >= limit.saturating_mul(OVERDUE))
    }
}
