//! The rules for what steps are part of: sequences, `concurrent` blocks, savepoints, the way back.

use std::{collections::HashMap, ops::Range};

use saga_definition::{Backoff, CallKind, Limit, Place, Retry};

use crate::{
    Analysis,
    bound::{Bound, Of, of},
};

/// What is computed of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    /// Until it has passed this step, or goes back for good.
    Decided(u16),
    /// From the attempt that applied one step until the other is applied.
    Hold { from: u16, until: u16 },
    /// Until it has ended.
    Ended,
}

/// More turns than this are each taken to be as long as the longest one.
const TURNS: u32 = 64;

/// How many times the saga has turned, and the step at which it has turned last.
type Pass = (u32, u16);

struct Walk<'a> {
    analysis: &'a Analysis<'a>,
    course: Course,
    units: Vec<Range<u16>>,
    known: HashMap<Pass, Bound>,
}

impl Analysis<'_> {
    /// How long after its start it is decided: has applied or skipped its pivot, or all steps if it
    /// has none, or goes back and cannot turn forward again, or is parked. A deadline may decide it
    /// earlier.
    #[must_use]
    pub fn decided_within(&self) -> Bound {
        let last = self.saga.steps.len().checked_sub(1);
        let last = last.and_then(|last| u16::try_from(last).ok());
        match self.saga.pivot.or(last) {
            Some(until) => self.course(Course::Decided(until), 0),
            None => Bound::ZERO,
        }
    }

    /// How long after its start it has ended, however it ends, without `finally`.
    #[must_use]
    pub fn ends_within(&self) -> Bound {
        self.course(Course::Ended, 0)
    }

    /// How long after the start of the attempt that applied `step` another step is applied at most,
    /// as long as the saga has not undone `step` meanwhile. `None`: `until` does not come after it.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn holds_within(&self, step: u16, until: u16) -> Option<Bound> {
        let saga = self.saga;
        let follows =
            saga.unit_of(step) != saga.unit_of(until) && step < until || saga.awaits(until, step);
        follows.then(|| self.course(Course::Hold { from: step, until }, step))
    }

    /// How long its way back takes at most: what still runs, and the compensations of all steps.
    pub(crate) fn way_back_within(&self) -> Bound {
        let running = self.steps().map(|step| self.settled_within(step));
        let running = running.fold(Bound::ZERO, Bound::max);
        running + self.back(self.steps())
    }

    fn course(&self, course: Course, from: u16) -> Bound {
        let mut walk = Walk {
            analysis: self,
            course,
            units: self.saga.units().collect(),
            known: HashMap::new(),
        };
        walk.pass((0, from), true)
    }

    pub(crate) fn steps(&self) -> Range<u16> {
        0..u16::try_from(self.saga.steps.len()).unwrap_or(u16::MAX)
    }

    /// What undoing a step takes that has failed: it did not happen, unless its result cannot be
    /// recorded, or its doubt is settled on the way back, where a saga does not turn.
    fn back_of_failed(&self, step: u16, turns: bool) -> Bound {
        let declared = self.step(step);
        if declared.is_nested() || !declared.is_by_key() && (self.durable || !turns) {
            return self.undone_within(step);
        }
        // Settling doubt is among the tries of its compensation, but for one.
        let settled = declared.resolve.is_some() || declared.idempotent;
        if declared.is_by_key() && settled {
            self.undone_once(step)
        } else {
            Bound::ZERO
        }
    }

    /// The compensations of these steps, one after the other.
    fn back(&self, steps: Range<u16>) -> Bound {
        steps.map(|step| self.undone_within(step)).sum()
    }
}

impl Walk<'_> {
    /// `V(k, q)`: the time of a pass that begins at this step, with all passes that may follow;
    /// `first`: of the first one.
    fn pass(&mut self, (turns, from): Pass, first: bool) -> Bound {
        if let Some(known) = self.known.get(&(turns, from)).filter(|_| !first) {
            return *known;
        }
        let (mut reached, mut longest) = (Bound::ZERO, Bound::ZERO);
        for unit in self.units.clone() {
            if unit.end <= from || self.last() < unit.start {
                continue;
            }
            let failed = reached + self.fails(&unit, from, first);
            let turned = self.turned(turns, &unit);
            let for_good = match self.course {
                Course::Hold { .. } => Bound::ZERO,
                Course::Decided(_) => failed,
                Course::Ended => failed + self.undone(&unit),
            };
            let turned = turned.map_or(Bound::ZERO, |turned| failed + turned);
            longest = longest.max(for_good).max(turned);
            reached = reached + self.passes(&unit, from, first);
        }
        longest = longest.max(reached);
        if !first {
            self.known.insert((turns, from), longest);
        }
        longest
    }

    /// The step that the course ends with.
    fn last(&self) -> u16 {
        match self.course {
            Course::Decided(until) | Course::Hold { until, .. } => until,
            Course::Ended => u16::MAX,
        }
    }

    /// What the saga undoes that has failed in this unit, and does not turn.
    fn undone(&self, unit: &Range<u16>) -> Bound {
        match self.analysis.saga.place(unit.start) {
            Place::AfterPivot => Bound::ZERO,
            Place::BeforePivot | Place::Pivot => self.back(0, unit, false),
        }
    }

    /// The way back from a failure in this unit to the step.
    fn back(&self, to: u16, unit: &Range<u16>, turns: bool) -> Bound {
        let analysis = self.analysis;
        if unit.len() > 1 {
            return analysis.back(to..unit.end);
        }
        analysis.back(to..unit.start) + analysis.back_of_failed(unit.start, turns)
    }

    /// Until all steps of the unit have committed, or the one that the course ends with.
    fn passes(&self, unit: &Range<u16>, from: u16, first: bool) -> Bound {
        let ends = self.lanes(unit, from, first);
        match self.course {
            Course::Hold { until, .. } if unit.contains(&until) => {
                ends[usize::from(until - unit.start)].1
            }
            _ => ends.iter().map(|ends| ends.1).fold(Bound::ZERO, Bound::max),
        }
    }

    /// Until a step of the unit has failed and all others have ended.
    fn fails(&self, unit: &Range<u16>, from: u16, first: bool) -> Bound {
        let lanes = unit.clone().zip(self.lanes(unit, from, first));
        let failed = lanes.map(|(step, (begins, applied))| {
            let held = matches!(self.course, Course::Hold { from, .. } if first && from == step);
            if held || self.is_before(step, from, first) {
                return applied;
            }
            applied.max(begins + self.analysis.given_up_within(step))
        });
        failed.fold(Bound::ZERO, Bound::max)
    }

    /// Whether the step takes no time in the pass that begins at `from`: it had committed before.
    fn is_before(&self, step: u16, from: u16, first: bool) -> bool {
        match self.course {
            Course::Hold { from: held, .. } if first => self.analysis.saga.awaits(held, step),
            _ => step < from,
        }
    }

    /// When each step of the unit begins and is applied, if all those that it awaits take as long as
    /// they can.
    fn lanes(&self, unit: &Range<u16>, from: u16, first: bool) -> Vec<(Bound, Bound)> {
        let mut lanes: Vec<(Bound, Bound)> = Vec::new();
        for step in unit.clone() {
            let awaits = self.analysis.step(step).awaits.iter();
            let awaited = awaits.filter(|other| unit.contains(other));
            let awaited = awaited.map(|other| lanes[usize::from(other - unit.start)].1);
            let begins = awaited.fold(Bound::ZERO, Bound::max);
            let takes = match self.course {
                _ if self.is_before(step, from, first) => Bound::ZERO,
                Course::Hold { from: held, .. } if first && held == step => {
                    self.analysis.settled_within(step)
                }
                _ => self.analysis.applied_within(step),
            };
            lanes.push((begins, begins + takes));
        }
        lanes
    }

    /// The longest way back to a savepoint, its wait, and what follows, if the saga may turn after a
    /// failure in this unit.
    fn turned(&mut self, turns: u32, unit: &Range<u16>) -> Option<Bound> {
        let saga = self.analysis.saga;
        if saga.place(unit.start) == Place::AfterPivot {
            return None;
        }
        let mut longest: Option<Bound> = None;
        for step in (0..unit.end).rev() {
            let Some(savepoint) = &saga.steps[usize::from(step)].savepoint else {
                continue;
            };
            let Limit::Times(most) = savepoint.limit else {
                continue;
            };
            if most <= turns || !self.counts(step) {
                continue;
            }
            let time = self.turn(turns, step, savepoint, unit);
            longest = Some(longest.map_or(time, |longest| longest.max(time)));
            if self.must_turn(step, savepoint, unit) {
                break;
            }
        }
        longest
    }

    /// Whether the turns of a savepoint belong to the course.
    fn counts(&self, savepoint: u16) -> bool {
        match self.course {
            // What may stay keeps its key in all rounds.
            Course::Hold { from, .. } => savepoint > from || self.analysis.step(from).may_stay(),
            Course::Decided(_) | Course::Ended => true,
        }
    }

    /// Whether no way back from a failure in the unit passes the savepoint while it has turns left,
    /// unless nothing turns any more.
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

    /// All turns that are left, each as long as the longest.
    fn all_turns(&self, of: Of, backoff: &Backoff) -> Bound {
        let analysis = self.analysis;
        let most = analysis.saga.steps.iter().filter_map(|step| {
            let Limit::Times(most) = step.savepoint.as_ref()?.limit else {
                return None;
            };
            Some(most)
        });
        let most = most.max().unwrap_or(0) - TURNS;
        let forward = analysis.steps().map(|step| {
            analysis
                .given_up_within(step)
                .max(analysis.applied_within(step))
        });
        let turn = forward.sum::<Bound>() + analysis.back(analysis.steps());
        (turn + of.timing(Some(&backoff.cap))).times(most.saturating_add(1))
    }
}
