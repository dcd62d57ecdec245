//! The rules for sequences, `concurrent` blocks, savepoints, and rolling back.

use std::{collections::HashMap, ops::Range};

use typed_saga_definition::Side;

use crate::{Analysis, arms::Row, bound::Bound, lanes::Cut, times::Times};

/// The part of a run whose time is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// Until the run has passed this step, or rolls back for good.
    Decided(u16),
    /// From the attempt that applied one step until the other is applied.
    Hold { from: u16, until: u16 },
    /// Until the run has ended.
    Ended,
    /// Until the run has ended because a step failed or its deadline passed, and not because it was
    /// cancelled.
    Failed,
}

/// After this many reruns, each further one is taken to be as long as the longest one.
pub(crate) const TURNS: u32 = 64;

/// The steps that a saga comes to one after the other, until it completes or rolls back.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Pass {
    /// The number of reruns so far.
    pub(crate) turns: u32,
    /// The step at which it starts: the first step of the course, or a savepoint.
    from: u16,
    /// Whether it is the first pass of the course.
    pub(crate) first: bool,
}

impl Pass {
    pub(crate) const fn first(from: u16) -> Self {
        Self {
            turns: 0,
            from,
            first: true,
        }
    }

    /// The pass after this many reruns, which starts at this savepoint.
    pub(crate) const fn again(turns: u32, from: u16) -> Self {
        Self {
            turns,
            from,
            first: false,
        }
    }

    /// Whether the step was done in an earlier pass.
    pub(crate) const fn is_over(self, step: u16) -> bool {
        !self.first && step < self.from
    }
}

/// The rules, applied to one course.
pub(crate) struct Walk<'a> {
    pub(crate) analysis: &'a Analysis<'a>,
    pub(crate) course: Course,
    pub(crate) times: Vec<Times>,
    known: HashMap<Pass, Bound>,
}

/// The times of a unit.
pub(crate) struct UnitTimes {
    /// Until one of its steps has failed and all others have ended.
    fails: Bound,
    /// Until all its steps have committed, or the step with which the course ends.
    pub(crate) passes: Bound,
}

impl Analysis<'_> {
    /// The longest time from the saga's start until its direction is decided: it has applied or
    /// skipped its pivot, or all steps if it has none; or it rolls back and cannot rerun from a
    /// savepoint; or it is parked. A deadline may decide earlier.
    #[must_use]
    pub fn decided_within(&self) -> Bound {
        self.course(Course::Decided(self.decision()))
    }

    /// The step after which the saga is decided.
    pub(crate) fn decision(&self) -> u16 {
        let last = self.steps().end.saturating_sub(1);
        self.saga.pivot.unwrap_or(last)
    }

    /// The longest time from the saga's start until it has ended in any way, without `finally`.
    #[must_use]
    pub fn ends_within(&self) -> Bound {
        self.course(Course::Ended)
    }

    /// The longest time from the start of the attempt that applied `step` until the step `until` is
    /// applied, provided that the saga does not undo `step` meanwhile. `None` if `until` does not
    /// come after `step`.
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

    /// The parts of [`holds_within`](Self::holds_within), without reruns from savepoints: the time
    /// of each step or block, in order. Empty if `until` does not come after the step.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn holds_through(&self, step: u16, until: u16) -> Vec<(Range<u16>, Bound)> {
        let course = Course::Hold { from: step, until };
        let walk = self.walk(course);
        let units = self.saga.units();
        let units = units.filter(|unit| step < unit.end && unit.start <= until);
        // The arms that exclude one of the two do not run.
        let runs = |unit: &Range<u16>| {
            let excluded = |other| self.saga.excludes(unit.start, other);
            !excluded(step) && !excluded(until)
        };
        let units = units.filter(runs);
        let times = units.map(|unit| (unit.clone(), walk.takes(&unit, Pass::first(step)).passes));
        self.of_longest_arms(times.collect())
    }

    /// The time of each step or block after the decision, until this step is applied, in order.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn after_decision(&self, until: u16) -> Vec<(Range<u16>, Bound)> {
        match self.saga.pivot {
            Some(pivot) if self.saga.side(until) == Side::AfterPivot => {
                self.holds_through(pivot, until).split_off(1)
            }
            _ => Vec::new(),
        }
    }

    /// The longest time of rolling back for good, from whenever it starts: until what runs has
    /// ended, and all that has happened is undone.
    pub(crate) fn back_within(&self) -> Bound {
        let walk = self.walk(Course::Ended);
        let units = self.saga.units();
        let back = units.map(|unit| walk.rolled_back(0, &unit, Pass::first(0), Cut::Running));
        back.fold(walk.undone_all(self.steps()), Bound::max)
    }

    /// The longest time of undoing all steps.
    pub(crate) fn undone_within(&self) -> Bound {
        self.walk(Course::Ended).undone_all(self.steps())
    }

    pub(crate) fn course(&self, course: Course) -> Bound {
        self.walk(course).run()
    }

    fn walk(&self, course: Course) -> Walk<'_> {
        Walk::new(self, course, self.all_times())
    }

    pub(crate) fn steps(&self) -> Range<u16> {
        0..u16::try_from(self.saga.steps.len()).unwrap_or(u16::MAX)
    }
}

impl<'a> Walk<'a> {
    pub(crate) fn new(analysis: &'a Analysis<'a>, course: Course, times: Vec<Times>) -> Self {
        Self {
            analysis,
            course,
            times,
            known: HashMap::new(),
        }
    }

    pub(crate) fn run(&mut self) -> Bound {
        self.known.clear();
        let from = match self.course {
            Course::Hold { from, .. } => from,
            Course::Decided(_) | Course::Ended | Course::Failed => 0,
        };
        let longest = self.pass(Pass::first(from));
        self.latest().map_or(longest, |latest| longest.min(latest))
    }

    /// An upper bound on how much the step contributes to the time.
    pub(crate) fn share(&self, step: u16) -> Bound {
        let most = self.times[usize::from(step)].most();
        most.times(self.most_turns().saturating_add(1))
    }

    pub(crate) fn at(&mut self, step: u16) -> &mut Times {
        &mut self.times[usize::from(step)]
    }

    /// The times of a step in this pass.
    fn of(&self, step: u16, pass: Pass) -> Times {
        let times = self.times[usize::from(step)];
        match self.course {
            _ if pass.is_over(step) => Times::NONE,
            // The hold begins with the attempt that applied the step, after all that it awaits.
            Course::Hold { from, .. } if pass.first && from == step => Times {
                applied: times.settled,
                given_up: times.settled,
                ..times
            },
            Course::Hold { from, .. } if pass.first && self.analysis.saga.awaits(from, step) => {
                Times::NONE
            }
            _ => times,
        }
    }

    /// `V(k, q)`: the time of a pass, with all passes that may follow.
    pub(crate) fn pass(&mut self, pass: Pass) -> Bound {
        if let Some(known) = self.known.get(&pass).filter(|_| !pass.first) {
            return *known;
        }
        let analysis = self.analysis;
        let (mut row, mut longest) = (Row::of(analysis.saga), Bound::ZERO);
        // From a step that the run has taken on, it takes no other arm.
        let is_taken = !pass.first || matches!(self.course, Course::Hold { .. });
        for unit in analysis.saga.units() {
            let excluded = is_taken && analysis.saga.excludes(unit.start, pass.from);
            if unit.end <= pass.from || self.last() < unit.start || excluded {
                continue;
            }
            row.comes_to(unit.start, |arm| analysis.asked(arm));
            let reached = row.time;
            let for_good = self.for_good(reached, &unit, pass);
            let turned = self.turned(pass, &unit);
            let turned = turned.map_or(Bound::ZERO, |turned| reached + turned);
            longest = longest.max(for_good).max(turned);
            row.takes(self.takes(&unit, pass).passes);
            if let Some(late) = self.passed_late(&unit).filter(|_| pass.first) {
                row.time = row.time.min(late);
            }
        }
        if self.course != Course::Failed {
            longest = longest.max(row.total());
        }
        if !pass.first {
            self.known.insert(pass, longest);
        }
        longest
    }

    /// The time until the course ends with a failure in this unit after which the saga does not
    /// rerun, if the pass comes to the unit at `reached`.
    fn for_good(&self, reached: Bound, unit: &Range<u16>, pass: Pass) -> Bound {
        let to = self.first_undone(unit);
        let failed = reached + self.takes(unit, pass).fails;
        let back = |cut| reached + self.rolled_back(to, unit, pass, cut);
        // In the first pass, times count from the start of the run, as the deadline does.
        let late = self.ended_late(unit).filter(|_| pass.first);
        let limited = |time: Bound| late.map_or(time, |late| time.min(late));
        match self.course {
            Course::Hold { .. } => Bound::ZERO,
            Course::Decided(_) => limited(failed),
            Course::Ended => limited(back(Cut::AnyTime)),
            Course::Failed => {
                let deadline = self.analysis.deadline.map(Bound::Within);
                if deadline.is_some_and(|deadline| !pass.first || failed >= deadline) {
                    limited(back(Cut::AnyTime))
                } else {
                    back(Cut::Failure)
                }
            }
        }
    }

    /// The first step that is undone after a failure in this unit.
    fn first_undone(&self, unit: &Range<u16>) -> u16 {
        match self.analysis.saga.side(unit.start) {
            Side::AfterPivot => unit.start,
            Side::BeforePivot | Side::Pivot => 0,
        }
    }

    /// The step with which the course ends.
    fn last(&self) -> u16 {
        match self.course {
            Course::Decided(until) | Course::Hold { until, .. } => until,
            Course::Ended | Course::Failed => u16::MAX,
        }
    }

    /// The compensations of these steps, one after the other.
    pub(crate) fn undone_all(&self, steps: impl IntoIterator<Item = u16>) -> Bound {
        let undone = |step: u16| self.times[usize::from(step)].undone;
        self.analysis.in_row(steps, undone)
    }

    /// When each step of a unit begins, if all steps that it awaits take as long as possible.
    pub(crate) fn begins(&self, unit: &Range<u16>, pass: Pass) -> Vec<Bound> {
        let mut begins: Vec<Bound> = Vec::new();
        for step in unit.clone() {
            let awaits = self.analysis.step(step).awaits.iter();
            let awaited = awaits.filter(|other| unit.contains(other));
            let applied =
                |other: u16| begins[usize::from(other - unit.start)] + self.of(other, pass).applied;
            let awaited = awaited.map(|other| applied(*other));
            begins.push(awaited.fold(Bound::ZERO, Bound::max));
        }
        begins
    }

    /// The longest time of a step before the pivot until a saga that rolls back meanwhile finds that
    /// the step has happened.
    fn commits_late(&self, step: u16) -> Bound {
        match self.analysis.saga.side(step) {
            Side::BeforePivot => self.times[usize::from(step)].cut.found(),
            Side::Pivot | Side::AfterPivot => Bound::ZERO,
        }
    }

    /// The times of a unit in this pass.
    pub(crate) fn takes(&self, unit: &Range<u16>, pass: Pass) -> UnitTimes {
        let (mut fails, mut passes) = (Bound::ZERO, Bound::ZERO);
        for (step, begins) in unit.clone().zip(self.begins(unit, pass)) {
            let times = self.of(step, pass);
            let applied = begins + times.applied;
            fails = fails.max(begins + times.applied.max(times.given_up));
            match self.course {
                Course::Hold { until, .. } if unit.contains(&until) => {
                    if step == until {
                        // A saga that rolls back may find that the step has happened.
                        passes = applied.max(begins + self.commits_late(step));
                    }
                }
                _ => passes = passes.max(applied),
            }
        }
        UnitTimes { fails, passes }
    }
}
