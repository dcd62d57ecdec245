//! Savepoints: what follows a failure after which the saga reruns from a savepoint.

use std::ops::Range;

use saga_definition::{Backoff, CallKind, Limit, Place, Retry};

use crate::{
    bound::{Bound, Of, Why, of},
    course::{Course, TURNS, Walk},
};

impl Walk<'_> {
    /// The longest time of rolling back to a savepoint, its wait, and what follows, if the saga may
    /// rerun after a failure in this unit.
    pub(crate) fn turned(&mut self, turns: u32, unit: &Range<u16>) -> Option<Bound> {
        let saga = self.analysis.saga;
        if saga.place(unit.start) == Place::AfterPivot {
            return None;
        }
        let mut longest: Option<Bound> = None;
        for step in (0..unit.end).rev() {
            let Some(savepoint) = &saga.steps[usize::from(step)].savepoint else {
                continue;
            };
            if !savepoint.limit.allows(turns) || !self.counts(step) {
                continue;
            }
            let time = self.turn(turns, step, savepoint, unit);
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
            Course::Decided(_) | Course::Ended => true,
        }
    }

    /// Whether the savepoint stops every rollback from a failure after it while it has reruns left,
    /// unless reruns are no longer possible at all.
    fn must_turn(&self, step: u16, savepoint: &Retry) -> bool {
        let declared = self.analysis.step(step);
        declared.group.is_none() && !savepoint.conditional && declared.condition.is_none()
    }

    fn turn(&mut self, turns: u32, step: u16, savepoint: &Retry, unit: &Range<u16>) -> Bound {
        let of = of(step, CallKind::Action);
        let Retry { limit, backoff, .. } = savepoint;
        if *limit == Limit::Forever {
            return of.endless(Why::Forever);
        }
        if turns < TURNS {
            let back = self.back(step, unit, true);
            return back + of.wait(backoff, turns) + self.pass((turns + 1, step), false);
        }
        self.all_turns(of, backoff)
    }

    /// All remaining reruns, each as long as the longest.
    fn all_turns(&self, of: Of, backoff: &Backoff) -> Bound {
        let forward = self.times.iter().map(|it| it.given_up.max(it.applied));
        let turn = forward.sum::<Bound>() + self.undone_all(self.analysis.steps());
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
