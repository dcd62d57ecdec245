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
            longest = longest.max(Some(self.turn(turns, step, savepoint, unit)));
            if self.must_turn(step, savepoint, unit) {
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

    /// Whether the savepoint stops every rollback from a failure in the unit while it has reruns
    /// left, unless reruns are no longer possible at all.
    fn must_turn(&self, step: u16, savepoint: &Retry, unit: &Range<u16>) -> bool {
        let in_sequence = self.analysis.step(step).group.is_none();
        let always = !savepoint.conditional && self.analysis.step(step).condition.is_none();
        in_sequence && always && step < unit.end
    }

    fn turn(&mut self, turns: u32, step: u16, savepoint: &Retry, unit: &Range<u16>) -> Bound {
        let back = self.back(step, unit, true);
        let of = of(step, CallKind::Action);
        let Retry { backoff, .. } = savepoint;
        if turns < TURNS {
            return back + of.wait(backoff, turns) + self.pass((turns + 1, step), false);
        }
        self.all_turns(of, backoff)
    }

    /// All remaining reruns, each as long as the longest.
    fn all_turns(&self, of: Of, backoff: &Backoff) -> Bound {
        let saga = self.analysis.saga;
        let savepoints = saga.steps.iter().filter_map(|step| step.savepoint.as_ref());
        let Some(Limit::Times(most)) = savepoints.map(|savepoint| savepoint.limit).max() else {
            return of.endless(Why::Forever);
        };
        let forward = self.times.iter().map(|it| it.given_up.max(it.applied));
        let turn = forward.sum::<Bound>() + self.undone_all(self.analysis.steps());
        (turn + of.timing(Some(&backoff.cap))).times(most.saturating_sub(TURNS - 1))
    }
}
