//! The calls of one run that are under way: which ones, and since when.

use crate::journal::fold::OVERDUE;
use saga_core::{CallSite, Definition};
use std::panic::catch_unwind;
use tokio::time::Instant;

/// The calls of one run that are under way, of which there is at most one of each step. They are
/// few, and the one that began first often ends first: a list finds it at once.
#[derive(Default)]
pub(crate) struct Calls(Vec<Call>);

struct Call {
    /// The path of the saga that it is a call of, if that is part of another one.
    path: Option<String>,
    definition: &'static Definition,
    at: CallSite,
    since: Instant,
    /// Somebody was told that it is stuck.
    told: bool,
}

/// A call that is stuck.
pub(crate) struct Overdue {
    pub(crate) path: Option<String>,
    pub(crate) definition: &'static Definition,
    pub(crate) at: CallSite,
}

impl Calls {
    pub(crate) fn begin(
        &mut self,
        path: Option<String>,
        definition: &'static Definition,
        at: CallSite,
    ) {
        self.end(path.as_deref(), at);
        self.0.push(Call {
            path,
            definition,
            at,
            since: Instant::now(),
            told: false,
        });
    }

    pub(crate) fn end(&mut self, path: Option<&str>, at: CallSite) {
        let is = |call: &Call| call.at.step == at.step && call.path.as_deref() == path;
        if let Some(position) = self.0.iter().position(is) {
            self.0.remove(position);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are stuck since this was asked last. A limit whose expression panics is none.
    pub(crate) fn overdue(&mut self) -> Vec<Overdue> {
        let untold = self.0.iter_mut().filter(|call| !call.told);
        let stuck = untold.filter(|call| {
            let step = &call.definition.steps[usize::from(call.at.step)];
            let limit = call.at.call.limit(step);
            let limit = limit.and_then(|limit| catch_unwind(|| limit.get()).ok());
            limit.is_some_and(|limit| call.since.elapsed() >= limit.saturating_mul(OVERDUE))
        });
        let tell = |call: &mut Call| {
            call.told = true;
            Overdue {
                path: call.path.clone(),
                definition: call.definition,
                at: call.at,
            }
        };
        stuck.map(tell).collect()
    }
}
