//! The calls of one run that are under way: which ones, and since when.

use crate::journal::fold::OVERDUE;
use saga_core::{CallSite, Definition};
use std::{collections::BTreeMap, panic::catch_unwind};
use tokio::time::Instant;

/// The calls of one run that are under way, of which there is at most one of each step: by the path
/// of the saga that it is a call of, if that is part of another one, and the step. A loop may have
/// as many as it has items.
#[derive(Default)]
pub(crate) struct Calls(BTreeMap<(Option<String>, u16), Call>);

struct Call {
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
        let call = Call {
            definition,
            at,
            since: Instant::now(),
            told: false,
        };
        self.0.insert((path, at.step), call);
    }

    pub(crate) fn end(&mut self, path: Option<String>, at: CallSite) {
        self.0.remove(&(path, at.step));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are stuck since this was asked last. A limit whose expression panics is none.
    pub(crate) fn overdue(&mut self) -> Vec<Overdue> {
        let untold = self.0.iter_mut().filter(|(_, call)| !call.told);
        let stuck = untold.filter(|(_, call)| {
            let step = &call.definition.steps[usize::from(call.at.step)];
            let limit = call.at.call.limit(step);
            let limit = limit.and_then(|limit| catch_unwind(|| limit.get()).ok());
            limit.is_some_and(|limit| call.since.elapsed() >= limit.saturating_mul(OVERDUE))
        });
        let tell = |((path, _), call): (&(Option<String>, u16), &mut Call)| {
            call.told = true;
            Overdue {
                path: path.clone(),
                definition: call.definition,
                at: call.at,
            }
        };
        stuck.map(tell).collect()
    }
}
