//! A history on another clock, and its `Debug` text.

use super::{LoopHistory, NestedHistory, RunHistory, StepHistory};
use crate::values::written::Written;
use std::fmt;
use tokio::time::Instant;

impl<T: Copy> RunHistory<T> {
    /// Converts the history to the clock of this process. `moment` converts a time, and returns
    /// `None` for one that this clock cannot represent. What has happened is not later than now.
    #[must_use]
    pub fn on_clock(self, moment: &dyn Fn(T) -> Option<Instant>) -> RunHistory<Instant> {
        let now = Instant::now();
        let past = |at| moment(at).map_or(now, |at| at.min(now));
        self.converted(&past, &moment)
    }

    /// By value: the history of a loop of many items is large.
    fn converted<U: Copy>(
        self,
        past: &impl Fn(T) -> U,
        moment: &impl Fn(T) -> Option<U>,
    ) -> RunHistory<U> {
        let step = |step: StepHistory<T>| step.on_clock(past, moment);
        let nested = |nested: NestedHistory<T>| NestedHistory {
            node: nested.node,
            round: nested.round,
            run: nested.run.converted(past, moment),
            input: nested.input,
            deadline: nested.deadline.and_then(moment),
        };
        let item = |item: Self| item.converted(past, moment);
        let looped = |looped: LoopHistory<T>| LoopHistory {
            step: looped.step,
            items: looped.items.into_iter().map(item).collect(),
            count: looped.count,
            values: looped.values,
            skipped: looped.skipped,
            failures: looped.failures,
            kernel: looped.kernel,
        };
        RunHistory {
            kernel: self.kernel,
            steps: self.steps.into_iter().map(step).collect(),
            is_new: self.is_new,
            failures: self.failures,
            failing: self.failing,
            at_hand: self.at_hand.map_ref(past, Written::copied),
            nested: self.nested.into_iter().map(nested).collect(),
            loops: self.loops.into_iter().map(looped).collect(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for RunHistory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHistory")
            .field("kernel", &self.kernel)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for NestedHistory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NestedHistory")
            .field("node", &self.node)
            .field("round", &self.round)
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for LoopHistory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopHistory")
            .field("step", &self.step)
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}
