//! The calls of one run that are under way: which ones, and since when.

use crate::journal::fold::OVERDUE;
use saga_core::{CallSite, definition::Step};
use std::panic::catch_unwind;
use tokio::time::Instant;

/// The calls of one run that are under way; at most one of each step.
#[derive(Default)]
pub(crate) struct Calls(Vec<Call>);

struct Call {
    at: CallSite,
    since: Instant,
    /// Somebody was told that it is stuck.
    told: bool,
}

impl Calls {
    pub(crate) fn begin(&mut self, at: CallSite) {
        self.0.push(Call {
            at,
            since: Instant::now(),
            told: false,
        });
    }

    pub(crate) fn end(&mut self, at: CallSite) {
        self.0.retain(|call| call.at.step != at.step);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are stuck since this was asked last. A limit whose expression panics is none.
    pub(crate) fn overdue(&mut self, steps: &[Step]) -> Vec<CallSite> {
        let stuck = self.0.iter_mut().filter(|call| !call.told).filter(|call| {
            let limit = call.at.call.limit(&steps[usize::from(call.at.step)]);
            let limit = limit.and_then(|limit| catch_unwind(|| limit.get()).ok());
            limit.is_some_and(|limit| call.since.elapsed() >= limit.saturating_mul(OVERDUE))
        });
        let tell = |call: &mut Call| {
            call.told = true;
            call.at
        };
        stuck.map(tell).collect()
    }
}
