//! The rules for what steps are part of: sequences, `concurrent` blocks, savepoints, the way back.

use std::{collections::HashMap, ops::Range};

use saga_definition::Place;

use crate::{Analysis, bound::Bound, times::Times};

/// What is computed of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// Until it has passed this step, or goes back for good.
    Decided(u16),
    /// From the attempt that applied one step until the other is applied.
    Hold { from: u16, until: u16 },
    /// Until it has ended.
    Ended,
}

/// More turns than this are each taken to be as long as the longest one.
pub(crate) const TURNS: u32 = 64;

/// How many times the saga has turned, and the step at which it has turned last.
type Pass = (u32, u16);

/// The rules applied to one course.
pub(crate) struct Walk<'a> {
    pub(crate) analysis: &'a Analysis<'a>,
    pub(crate) course: Course,
    units: Vec<Range<u16>>,
    pub(crate) savepoints: Vec<u16>,
    pub(crate) times: Vec<Times>,
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
        self.course(self.decision())
    }

    /// The course that ends with the decision.
    pub(crate) fn decision(&self) -> Course {
        let last = self.steps().end.saturating_sub(1);
        Course::Decided(self.saga.pivot.unwrap_or(last))
    }

    /// How long after its start it has ended, however it ends, without `finally`.
    #[must_use]
    pub fn ends_within(&self) -> Bound {
        self.course(Course::Ended)
    }

    /// How long after the start of the attempt that applied `step` another step is applied at most,
    /// as long as the saga has not undone `step` meanwhile. `None`: `until` does not come after it.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn holds_within(&self, step: u16, until: u16) -> Option<Bound> {
        let hold = Course::Hold { from: step, until };
        self.follows(until, step).then(|| self.course(hold))
    }

    /// Whether a step starts after another has committed.
    pub(crate) fn follows(&self, step: u16, other: u16) -> bool {
        let saga = self.saga;
        saga.unit_of(other).end <= saga.unit_of(step).start || saga.awaits(step, other)
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

    /// The time of each step or block after the decision until this step is applied, in order.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn after_decision(&self, until: u16) -> Vec<(Range<u16>, Bound)> {
        match self.saga.pivot {
            Some(pivot) if pivot < until => self.holds_through(pivot, until).split_off(1),
            _ => Vec::new(),
        }
    }

    /// How long its way back takes at most: what still runs, and the compensations of all steps.
    pub(crate) fn way_back_within(&self) -> Bound {
        let running = self.settling().map(|step| self.settled_within(step));
        let running = running.fold(Bound::ZERO, Bound::max);
        let back = self.steps().map(|step| self.undone_within(step));
        running + back.sum()
    }

    /// The steps that may run when the saga turns back, and then settle. A wait ends at once; what a
    /// child still runs is part of its way back.
    fn settling(&self) -> impl Iterator<Item = u16> {
        self.steps().filter(|&step| {
            let declared = self.step(step);
            declared.kind.acts() && !declared.is_nested()
        })
    }

    fn course(&self, course: Course) -> Bound {
        self.walk(course).run()
    }

    fn walk(&self, course: Course) -> Walk<'_> {
        Walk::new(self, course, self.times())
    }

    pub(crate) fn steps(&self) -> Range<u16> {
        0..u16::try_from(self.saga.steps.len()).unwrap_or(u16::MAX)
    }

    fn savepoints(&self) -> Vec<u16> {
        let is_one = |step: &u16| self.step(*step).savepoint.is_some();
        self.steps().filter(is_one).collect()
    }
}

impl<'a> Walk<'a> {
    pub(crate) fn new(analysis: &'a Analysis<'a>, course: Course, times: Vec<Times>) -> Self {
        Self {
            analysis,
            course,
            units: analysis.saga.units().collect(),
            savepoints: analysis.savepoints(),
            times,
            known: HashMap::new(),
            whole: Vec::new(),
            backs: HashMap::new(),
        }
    }

    pub(crate) fn run(&mut self) -> Bound {
        self.forget();
        let from = match self.course {
            Course::Hold { from, .. } => from,
            Course::Decided(_) | Course::Ended => 0,
        };
        let longest = self.pass((0, from), true);
        let Some(within) = self.analysis.within.map(Bound::Within) else {
            return longest;
        };
        let Course::Decided(decision) = self.analysis.decision() else {
            return longest;
        };
        match self.course {
            Course::Hold { from, until } if decision < until => {
                if from < decision {
                    let after = self.analysis.after_decision(until).into_iter();
                    longest.min(within + after.map(|(_, time)| time).sum())
                } else {
                    longest
                }
            }
            Course::Hold { .. } | Course::Decided(_) => longest.min(within),
            Course::Ended => longest.min(within + self.after(decision)),
        }
    }

    /// What is known no more once the times of a step have changed.
    fn forget(&mut self) {
        self.known.clear();
        self.backs.clear();
        self.whole.clear();
        self.whole.resize(self.units.len(), None);
    }

    /// What follows the decision: the steps after the pivot; or what still runs is settled, and all
    /// before it is undone.
    fn after(&mut self, decision: u16) -> Bound {
        self.known.clear();
        let forward = self.pass((0, decision + 1), true);
        let running = self.analysis.settling();
        let running = running.map(|step| self.of(step).settled + self.of(step).undone_once);
        let running = running.fold(Bound::ZERO, Bound::max);
        let back = running + self.undone_all(self.analysis.steps());
        forward.max(back)
    }

    /// How much shorter it is without the step, at most; `None`: turns may repeat the step.
    pub(crate) fn share(&self, step: u16) -> Option<Bound> {
        let Times {
            applied,
            given_up,
            settled,
            undone,
            undone_once,
        } = self.of(step);
        let forward = applied.max(given_up).max(settled);
        let back = match self.course {
            Course::Ended => undone + undone_once,
            Course::Decided(_) | Course::Hold { .. } => Bound::ZERO,
        };
        self.savepoints.is_empty().then(|| forward + back)
    }

    pub(crate) fn at(&mut self, step: u16) -> &mut Times {
        &mut self.times[usize::from(step)]
    }

    fn of(&self, step: u16) -> Times {
        self.times[usize::from(step)]
    }

    /// `V(k, q)`: the time of a pass that begins at this step, with all passes that may follow;
    /// `first`: of the first one.
    pub(crate) fn pass(&mut self, (turns, from): Pass, first: bool) -> Bound {
        if let Some(known) = self.known.get(&(turns, from)).filter(|_| !first) {
            return *known;
        }
        let (mut reached, mut longest) = (Bound::ZERO, Bound::ZERO);
        for index in 0..self.units.len() {
            let unit = self.units[index].clone();
            if unit.end <= from || self.last() < unit.start {
                continue;
            }
            let UnitTimes { fails, passes } = self.unit_times(index, from, first);
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
        match self.analysis.saga.place(unit.start) {
            Place::AfterPivot => Bound::ZERO,
            Place::BeforePivot | Place::Pivot => self.back(0, unit, false),
        }
    }

    /// The way back from a failure in this unit to the step.
    pub(crate) fn back(&mut self, to: u16, unit: &Range<u16>, turns: bool) -> Bound {
        let back = (to, unit.start, turns);
        if let Some(known) = self.backs.get(&back) {
            return *known;
        }
        let time = if unit.len() > 1 {
            self.undone_all(to..unit.end)
        } else {
            self.undone_all(to..unit.start) + self.undone_failed(unit.start, turns)
        };
        self.backs.insert(back, time);
        time
    }

    /// The compensations of these steps, one after the other.
    pub(crate) fn undone_all(&self, steps: Range<u16>) -> Bound {
        steps.map(|step| self.of(step).undone).sum()
    }

    /// What undoing a step takes that has failed: it did not happen, unless its result cannot be
    /// recorded, or its doubt is settled on the way back, where a saga does not turn.
    fn undone_failed(&self, step: u16, turns: bool) -> Bound {
        let declared = self.analysis.step(step);
        if declared.is_nested() || !declared.is_by_key() && (self.analysis.durable || !turns) {
            return self.of(step).undone;
        }
        // Settling doubt is among the tries of its compensation, but for one.
        let settled = declared.resolve.is_some() || declared.idempotent;
        if declared.is_by_key() && settled {
            self.of(step).undone_once
        } else {
            Bound::ZERO
        }
    }

    /// How long a unit takes in a pass from this step on.
    fn unit_times(&mut self, index: usize, from: u16, first: bool) -> UnitTimes {
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
            applied.max(begins + self.of(step).given_up)
        });
        let fails = failed.fold(Bound::ZERO, Bound::max);
        UnitTimes { fails, passes }
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
                Course::Hold { from: held, .. } if first && held == step => self.of(step).settled,
                _ => self.of(step).applied,
            };
            lanes.push((begins, begins + takes));
        }
        lanes
    }
}
