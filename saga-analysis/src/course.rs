//! The rules for what steps are part of: sequences, `concurrent` blocks, savepoints, the way back.

use std::{collections::HashMap, ops::Range};

use saga_definition::{Backoff, CallKind, Limit, Retry};

use crate::{
    Analysis,
    bound::{Bound, Of, of},
    reached,
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
    /// Of each unit that no pass begins in, once it is asked for.
    whole: Vec<Option<UnitTimes>>,
    /// The way back to a step from a unit that has failed; whether the saga turns there.
    backs: HashMap<(u16, u16, bool), Bound>,
}

/// How long a unit takes.
#[derive(Clone, Copy)]
struct UnitTimes {
    /// Until a step of it has failed and all others have ended.
    fails: Bound,
    /// Until all its steps have committed, or the one that the course ends with.
    passes: Bound,
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
        let follows =
            self.unit_of(step) != self.unit_of(until) && step < until || self.awaits(until, step);
        follows.then(|| self.course(Course::Hold { from: step, until }, step))
    }

    /// What [`holds_within`](Self::holds_within) is the sum of, without turns of savepoints: the time
    /// of each step or block, in order. Nothing, if `until` does not come after the step.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn holds_through(&self, step: u16, until: u16) -> Vec<(Range<u16>, Bound)> {
        let course = Course::Hold { from: step, until };
        let walk = self.walk(course);
        let units = walk.units.iter();
        let units = units.filter(|unit| step < unit.end && unit.start <= until);
        let times = units.map(|unit| (unit.clone(), walk.takes(unit, step, true).passes));
        times.collect()
    }

    /// How long its way back takes at most: what still runs, and the compensations of all steps.
    pub(crate) fn way_back_within(&self) -> Bound {
        let running = self.steps().map(|step| self.settled_within(step));
        let running = running.fold(Bound::ZERO, Bound::max);
        running + self.back(self.steps())
    }

    fn course(&self, course: Course, from: u16) -> Bound {
        self.walk(course).pass((0, from), true)
    }

    fn walk(&self, course: Course) -> Walk<'_> {
        let units = self.units();
        Walk {
            analysis: self,
            course,
            whole: vec![None; units.len()],
            units,
            known: HashMap::new(),
            backs: HashMap::new(),
        }
    }

    pub(crate) fn steps(&self) -> Range<u16> {
        0..u16::try_from(self.saga.steps.len()).unwrap_or(u16::MAX)
    }

    /// The steps of each unit: one step, or a `concurrent` block.
    fn units(&self) -> Vec<Range<u16>> {
        let firsts = self
            .steps()
            .filter(|&step| self.unit_of(step).start == step);
        firsts.map(|step| self.unit_of(step)).collect()
    }

    pub(crate) fn unit_of(&self, step: u16) -> Range<u16> {
        match self.step(step).group {
            Some(group) => group.first..group.first + group.len,
            None => step..step + 1,
        }
    }

    /// Whether one sibling starts after another has committed, because of it or of others between.
    pub(crate) fn awaits(&self, step: u16, other: u16) -> bool {
        reached(step, |step| self.step(step).awaits.iter().copied()).contains(&other)
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
        for (index, unit) in self.units.clone().into_iter().enumerate() {
            if unit.end <= from || self.last() < unit.start {
                continue;
            }
            let UnitTimes { fails, passes } = self.times(index, from, first);
            let failed = reached + fails;
            let turned = self.turned(turns, &unit);
            let for_good = match self.course {
                Course::Hold { .. } => Bound::ZERO,
                Course::Decided(_) => failed,
                Course::Ended => failed + self.undone(&unit),
            };
            let turned = turned.map_or(Bound::ZERO, |turned| failed + turned);
            longest = longest.max(for_good).max(turned);
            reached = reached + passes;
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
    fn undone(&mut self, unit: &Range<u16>) -> Bound {
        match self.analysis.saga.pivot {
            Some(pivot) if pivot < unit.start => Bound::ZERO,
            _ => self.back(0, unit, false),
        }
    }

    /// The way back from a failure in this unit to the step.
    fn back(&mut self, to: u16, unit: &Range<u16>, turns: bool) -> Bound {
        let analysis = self.analysis;
        let back = self.backs.entry((to, unit.start, turns));
        *back.or_insert_with(|| {
            if unit.len() > 1 {
                return analysis.back(to..unit.end);
            }
            analysis.back(to..unit.start) + analysis.back_of_failed(unit.start, turns)
        })
    }

    /// How long a unit takes in a pass from this step on.
    fn times(&mut self, index: usize, from: u16, first: bool) -> UnitTimes {
        let unit = self.units[index].clone();
        if unit.contains(&from) {
            return self.takes(&unit, from, first);
        }
        let known = self.whole[index];
        let times = known.unwrap_or_else(|| self.takes(&unit, from, first));
        self.whole[index] = Some(times);
        times
    }

    fn takes(&self, unit: &Range<u16>, from: u16, first: bool) -> UnitTimes {
        let lanes = self.lanes(unit, from, first);
        let all = lanes.iter().map(|(_, applied)| *applied);
        let passes = match self.course {
            Course::Hold { until, .. } if unit.contains(&until) => {
                lanes[usize::from(until - unit.start)].1
            }
            _ => all.fold(Bound::ZERO, Bound::max),
        };
        let failed = unit.clone().zip(lanes).map(|(step, (begins, applied))| {
            let held = matches!(self.course, Course::Hold { from, .. } if first && from == step);
            if held || self.is_before(step, from, first) {
                return applied;
            }
            applied.max(begins + self.analysis.given_up_within(step))
        });
        let fails = failed.fold(Bound::ZERO, Bound::max);
        UnitTimes { fails, passes }
    }

    /// Whether the step takes no time in the pass that begins at `from`: it had committed before.
    fn is_before(&self, step: u16, from: u16, first: bool) -> bool {
        match self.course {
            Course::Hold { from: held, .. } if first => self.analysis.awaits(held, step),
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
        if saga.pivot.is_some_and(|pivot| pivot < unit.start) {
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
