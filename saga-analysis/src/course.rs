//! The rules for sequences, `concurrent` blocks, savepoints, and rolling back.

use std::{collections::HashMap, ops::Range};

use saga_definition::Place;

use crate::{Analysis, bound::Bound, times::Times};

/// The part of a run whose time is computed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// Until the run has passed this step, or rolls back for good.
    Decided(u16),
    /// From the attempt that applied one step until the other is applied.
    Hold { from: u16, until: u16 },
    /// Until the run has ended.
    Ended,
}

/// After this many reruns, each further one is taken to be as long as the longest one.
pub(crate) const TURNS: u32 = 64;

/// The number of reruns so far, and the savepoint at which the last one started.
type Pass = (u32, u16);

/// The rules, applied to one course.
pub(crate) struct Walk<'a> {
    pub(crate) analysis: &'a Analysis<'a>,
    pub(crate) course: Course,
    pub(crate) times: Vec<Times>,
    known: HashMap<Pass, Bound>,
    /// The time of rolling back to a step from a unit that has failed. The last value is whether
    /// the saga then reruns from there.
    backs: HashMap<(u16, u16, bool), Bound>,
}

/// The times of a unit.
struct UnitTimes {
    /// Until one of its steps has failed and all others have ended.
    fails: Bound,
    /// Until all its steps have committed, or the step with which the course ends.
    passes: Bound,
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
        let times = units.map(|unit| (unit.clone(), walk.takes(&unit, step, true).passes));
        times.collect()
    }

    /// The time of each step or block after the decision, until this step is applied, in order.
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

    /// The longest time of rolling back: until running calls have ended, and the compensations of
    /// all steps.
    pub(crate) fn way_back_within(&self) -> Bound {
        let times = self.all_times();
        let running = self.settling().map(|step| times[usize::from(step)].settled);
        let running = running.fold(Bound::ZERO, Bound::max);
        running + times.iter().map(|times| times.undone).sum()
    }

    /// The steps that may be running when the saga starts to roll back, and then have to settle. A
    /// wait ends immediately; the calls that a child saga is running are part of the time of
    /// rolling back the child.
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
            backs: HashMap::new(),
        }
    }

    pub(crate) fn run(&mut self) -> Bound {
        self.known.clear();
        self.backs.clear();
        let from = match self.course {
            Course::Hold { from, .. } => from,
            Course::Decided(_) | Course::Ended => 0,
        };
        let longest = self.pass((0, from), true);
        let Some(within) = self.analysis.within.map(Bound::Within) else {
            return longest;
        };
        let decision = self.analysis.decision();
        let after = match self.course {
            Course::Hold { from, until } if decision < until => (from < decision).then(|| {
                let after = self.analysis.after_decision(until).into_iter();
                after.map(|(_, time)| time).sum()
            }),
            Course::Hold { .. } | Course::Decided(_) => Some(Bound::ZERO),
            Course::Ended => Some(self.after(decision)),
        };
        after.map_or(longest, |after| longest.min(within + after))
    }

    /// The time after the decision: of the steps after the pivot; or until running calls are
    /// settled, and all steps before the pivot are undone.
    fn after(&mut self, decision: u16) -> Bound {
        self.known.clear();
        let forward = self.pass((0, decision + 1), true);
        let running = self.analysis.settling();
        let running = running.map(|step| &self.times[usize::from(step)]);
        let running = running.map(|times| times.settled + times.undone_once);
        let running = running.fold(Bound::ZERO, Bound::max);
        let back = running + self.undone_all(self.analysis.steps());
        forward.max(back)
    }

    /// An upper bound on how much the step contributes to the time.
    pub(crate) fn share(&self, step: u16) -> Bound {
        let Times {
            settled,
            applied,
            given_up,
            undone,
            undone_once,
        } = self.times[usize::from(step)];
        let turns = self.most_turns();
        let once = self.course != Course::Ended && turns == 0;
        let back = if once {
            Bound::ZERO
        } else {
            undone + undone_once
        };
        let each = settled.max(applied).max(given_up) + back;
        each.times(turns.saturating_add(1))
    }

    pub(crate) fn at(&mut self, step: u16) -> &mut Times {
        &mut self.times[usize::from(step)]
    }

    /// The times of a step in the pass that starts at `from`.
    fn of(&self, step: u16, from: u16, first: bool) -> Times {
        let times = self.times[usize::from(step)];
        match self.course {
            _ if !first && step < from => Times::NONE,
            // The hold begins with the attempt that applied the step, after all that it awaits.
            Course::Hold { from, .. } if first && from == step => Times {
                applied: times.settled,
                given_up: times.settled,
                ..times
            },
            Course::Hold { from, .. } if first && self.analysis.saga.awaits(from, step) => {
                Times::NONE
            }
            _ => times,
        }
    }

    /// `V(k, q)`: the time of a pass that starts at this step, with all passes that may follow.
    /// `first`: it is the first pass.
    pub(crate) fn pass(&mut self, (turns, from): Pass, first: bool) -> Bound {
        if let Some(known) = self.known.get(&(turns, from)).filter(|_| !first) {
            return *known;
        }
        let (mut reached, mut longest) = (Bound::ZERO, Bound::ZERO);
        for unit in self.analysis.saga.units() {
            if unit.end <= from || self.last() < unit.start {
                continue;
            }
            let UnitTimes { fails, passes } = self.takes(&unit, from, first);
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

    /// The step with which the course ends.
    fn last(&self) -> u16 {
        match self.course {
            Course::Decided(until) | Course::Hold { until, .. } => until,
            Course::Ended => u16::MAX,
        }
    }

    /// The time of rolling back to the start, after a failure in this unit from which the saga does
    /// not rerun.
    fn undone(&mut self, unit: &Range<u16>) -> Bound {
        match self.analysis.saga.place(unit.start) {
            Place::AfterPivot => Bound::ZERO,
            Place::BeforePivot | Place::Pivot => self.back(0, unit, false),
        }
    }

    /// The time of rolling back to the step, after a failure in this unit.
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
        let times = steps.map(|step| &self.times[usize::from(step)]);
        times.map(|times| times.undone).sum()
    }

    /// The time of undoing a step that has failed. The step did not happen, unless its result
    /// cannot be recorded, or its doubt is settled while rolling back without a rerun.
    fn undone_failed(&self, step: u16, turns: bool) -> Bound {
        let declared = self.analysis.step(step);
        let times = self.times[usize::from(step)];
        if declared.is_nested() || !declared.is_by_key() && (self.analysis.durable || !turns) {
            return times.undone;
        }
        // All tries of the compensation but one are counted where doubt is settled.
        let settled = declared.resolve.is_some() || declared.idempotent;
        if declared.is_by_key() && settled {
            times.undone_once
        } else {
            Bound::ZERO
        }
    }

    /// The times of a unit in a pass that starts at the step `from`.
    fn takes(&self, unit: &Range<u16>, from: u16, first: bool) -> UnitTimes {
        // When each step is applied, if all steps that it awaits take as long as possible.
        let mut applied: Vec<Bound> = Vec::new();
        let mut fails = Bound::ZERO;
        for step in unit.clone() {
            let awaits = self.analysis.step(step).awaits.iter();
            let awaited = awaits.filter(|other| unit.contains(other));
            let awaited = awaited.map(|other| applied[usize::from(other - unit.start)]);
            let begins = awaited.fold(Bound::ZERO, Bound::max);
            let times = self.of(step, from, first);
            applied.push(begins + times.applied);
            fails = fails.max(begins + times.applied.max(times.given_up));
        }
        let passes = match self.course {
            Course::Hold { until, .. } if unit.contains(&until) => {
                applied[usize::from(until - unit.start)]
            }
            _ => applied.into_iter().fold(Bound::ZERO, Bound::max),
        };
        UnitTimes { fails, passes }
    }
}
