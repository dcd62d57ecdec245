//! The arms of a `when`: at most one of them runs, so the longest one counts.

use std::ops::Range;

use typed_saga_definition::{CallKind, Definition, Limit, PANICS, Side};

use crate::{
    Analysis,
    bound::{Bound, of},
};

/// A time that adds up on the way through the steps.
pub(crate) struct Row<'a> {
    saga: &'a Definition,
    /// The time until the current step.
    pub(crate) time: Bound,
    /// The `when` block that contains the current step.
    block: Option<u16>,
    /// The time until the current `when`, and the conditions of it that were false.
    begun: Bound,
    /// The time until the end of the arm that took longest so far.
    longest: Bound,
}

impl<'a> Row<'a> {
    pub(crate) const fn of(saga: &'a Definition) -> Self {
        Self {
            saga,
            time: Bound::ZERO,
            block: None,
            begun: Bound::ZERO,
            longest: Bound::ZERO,
        }
    }

    /// Comes to a step. If it begins another arm of the current `when`, the steps of the arm before it
    /// did not run, and its condition took the time that `asked` returns.
    pub(crate) fn comes_to(&mut self, step: u16, asked: impl FnOnce(u16) -> Bound) {
        let next = self.saga.steps[usize::from(step)].condition;
        if next == self.block {
            return;
        }
        let both = self.block.zip(next);
        let before = both.filter(|(was, is)| self.saga.arms(*was) == self.saga.arms(*is));
        if let Some((arm, _)) = before {
            self.longest = self.longest.max(self.time);
            self.begun = self.begun + asked(arm);
            self.time = self.begun;
        } else {
            self.time = self.total();
            (self.begun, self.longest) = (self.time, Bound::ZERO);
        }
        self.block = next;
    }

    pub(crate) fn takes(&mut self, time: Bound) {
        self.time = self.time + time;
    }

    /// The time until the end of all steps so far.
    pub(crate) fn total(&self) -> Bound {
        self.time.max(self.longest)
    }
}

impl Analysis<'_> {
    /// The time of these steps, one after the other; that of their conditions is left out.
    pub(crate) fn in_row(
        &self,
        steps: impl IntoIterator<Item = u16>,
        takes: impl Fn(u16) -> Bound,
    ) -> Bound {
        let mut row = Row::of(self.saga);
        for step in steps {
            row.comes_to(step, |_| Bound::ZERO);
            row.takes(takes(step));
        }
        row.total()
    }

    /// The time that the condition of a `when` block takes, which is false in the end: after the pivot, it
    /// may panic, and is evaluated again after a wait.
    pub(crate) fn asked(&self, block: u16) -> Bound {
        let first = self.saga.steps_of_arm(block).start;
        if self.saga.side(first) != Side::AfterPivot {
            return Bound::ZERO;
        }
        let backoff = self.backoff(first, CallKind::Action);
        of(first, CallKind::When).waits(backoff, Limit::Times(u32::from(PANICS)))
    }

    /// Of the times of some steps, those of the longest arm of each `when`.
    pub(crate) fn of_longest_arms(
        &self,
        times: Vec<(Range<u16>, Bound)>,
    ) -> Vec<(Range<u16>, Bound)> {
        let block = |unit: &Range<u16>| self.step(unit.start).condition;
        let of_arm = |arm: u16| -> Bound {
            let inside = times.iter().filter(|(unit, _)| block(unit) == Some(arm));
            inside.map(|(_, time)| *time).sum()
        };
        let is_longest = |unit: &Range<u16>| {
            let Some(own) = block(unit) else { return true };
            let mut longest = own;
            for arm in self.saga.arms(own) {
                let (time, most) = (of_arm(arm), of_arm(longest));
                if most < time || arm < longest && most == time {
                    longest = arm;
                }
            }
            longest == own
        };
        let kept: Vec<bool> = times.iter().map(|(unit, _)| is_longest(unit)).collect();
        let kept = times.into_iter().zip(kept);
        kept.filter_map(|(time, is_kept)| is_kept.then_some(time))
            .collect()
    }
}
