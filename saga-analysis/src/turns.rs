//! Savepoints: what follows a failure after which the saga reruns from a savepoint.

use std::ops::Range;

use typed_saga_definition::{Backoff, CallKind, Limit, Savepoint, Side};

use crate::{
    bound::{Bound, Of, Why, of},
    course::{Course, Pass, TURNS, Walk},
    lanes::Cut,
};

impl Walk<'_> {
    /// The longest time until a step of this unit has failed, of rolling back to a savepoint, its
    /// wait, and what follows, if the saga may rerun after a failure in this unit.
    pub(crate) fn turned(&mut self, pass: Pass, unit: &Range<u16>) -> Option<Bound> {
        let saga = self.analysis.saga;
        if saga.side(unit.start) == Side::AfterPivot {
            return None;
        }
        let mut longest: Option<Bound> = None;
        for step in (0..unit.end).rev() {
            let Some(savepoint) = &saga.steps[usize::from(step)].savepoint else {
                continue;
            };
            let is_skipped = saga.excludes(step, unit.start);
            if !savepoint.limit.allows(pass.turns) || !self.counts(step) || is_skipped {
                continue;
            }
            let time = self.turn(pass, step, savepoint, unit);
            longest = Some(longest.map_or(time, |longest| longest.max(time)));
            if self.must_turn(step, savepoint) {
                break;
            }
        }
        longest
    }

    /// Whether the reruns from a savepoint belong to the course.
    fn counts(&self, savepoint: u16) -> bool {
        match self.course {
            // A step with `compensate none` keeps its key in all rounds.
            Course::Hold { from, .. } => savepoint > from || self.analysis.step(from).may_stay(),
            Course::Decided(_) | Course::Ended | Course::Failed => true,
        }
    }

    /// Whether the savepoint stops every rollback from a failure after it while it has reruns left,
    /// unless reruns are no longer possible at all. A run that goes on without the step passes it.
    fn must_turn(&self, step: u16, savepoint: &Savepoint) -> bool {
        let declared = self.analysis.step(step);
        declared.group.is_none()
            && savepoint.on.is_none()
            && !savepoint.conditional
            && declared.condition.is_none()
            && !declared.may_be_absent()
    }

    fn turn(&mut self, pass: Pass, step: u16, savepoint: &Savepoint, unit: &Range<u16>) -> Bound {
        let of = of(step, CallKind::Action);
        let Savepoint { limit, backoff, .. } = savepoint;
        if *limit == Limit::Forever {
            return of.endless(Why::Forever);
        }
        if pass.turns < TURNS {
            let back = self.rolled_back(step, unit, pass, Cut::Failure);
            let next = Pass::again(pass.turns + 1, step);
            return back + of.wait(backoff, pass.turns) + self.pass(next);
        }
        self.all_turns(of, backoff)
    }

    /// All remaining reruns, each as long as the longest.
    fn all_turns(&self, of: Of, backoff: &Backoff) -> Bound {
        let analysis = self.analysis;
        let turn = analysis.in_row(analysis.steps(), |step| {
            self.times[usize::from(step)].most()
        });
        let left = self.most_turns().saturating_sub(TURNS - 1);
        (turn + of.timing(Some(&backoff.cap))).times(left)
    }

    /// The largest number of reruns of a savepoint.
    pub(crate) fn most_turns(&self) -> u32 {
        let savepoints = self.analysis.saga.steps.iter();
        let savepoints = savepoints.filter_map(|step| step.savepoint.as_ref());
        let turns = savepoints.map(|savepoint| match savepoint.limit {
            Limit::Times(turns) => turns,
            // The time of such a savepoint has no bound.
            Limit::Forever => 0,
        });
        turns.max().unwrap_or(0)
    }
}
