//! Version 1 until here, then version 2.
//!
//! A run has the steps of version 2, of which those at the end may be new. Until version 2 goes on,
//! version 1 says how often a call is made, and where the saga may turn forward again.

use super::{One, Run};
use crate::reference::step::Step;

impl Run<'_> {
    /// Begun by a version with these steps, which are the first ones of the run.
    pub(crate) fn begun_by(self, steps: &'static [Step]) -> Self {
        self.before.set(Some(steps));
        self
    }

    /// The steps that a step contains, by version 1.
    pub(super) fn before_in(&self, s: usize) -> Option<&'static [Step]> {
        let step = self.before.get()?.get(s)?;
        Some(match step.saga {
            Some(steps) if step.each == 0 => steps,
            _ => &step.items,
        })
    }

    /// The number of steps of the version that has the saga now.
    pub(super) fn len(&self) -> usize {
        self.before.get().map_or(self.steps.len(), <[_]>::len)
    }

    /// A step as the version says that has the saga now.
    pub(super) fn declared(&self, s: usize) -> &'static Step {
        let before = self.before.get().and_then(|steps| steps.get(s));
        before.unwrap_or(&self.steps[s])
    }

    /// To be asked before each call: version 2 makes it, if version 1 has been shut down. Whether that
    /// is new.
    pub(super) async fn goes_on(&self) -> bool {
        if self.vendor.is_shut_down() {
            // What runs is let end.
            self.vendor.rests().await;
            self.vendor.goes_on();
        }
        if !self.vendor.has_gone_on() {
            return false;
        }
        let Some(before) = self.before.take() else {
            return false;
        };
        for (s, (was, is)) in before.iter().zip(self.steps).enumerate() {
            let back = self.back.get();
            self.change(s, |one| {
                // It was not there when the saga began to go back.
                one.declined |= back && was.save == 0 && is.save > 0;
                let again = [was, is].map(|step| step.again + one.one_more(step.again));
                let counts = [
                    (one.tries, again[0], again[1]),
                    (one.asked, was.ask, is.ask),
                    (one.undos, was.undo, is.undo),
                ];
                for (once_more, (made, was, is)) in one.once_more.iter_mut().zip(counts) {
                    *once_more = (made < was || *once_more) && made >= is;
                }
            });
        }
        true
    }
}

impl One {
    /// What a wait counts: attempts, or before the first one the panics of what decides on it.
    pub(super) fn failures(&self) -> u32 {
        if self.tries > 0 {
            self.tries
        } else {
            self.panics
        }
    }

    /// The attempts beyond so many that may follow a refusal which came too early.
    pub(super) fn one_more(&self, again: u32) -> u32 {
        u32::from(self.early && again > 1)
    }
}
