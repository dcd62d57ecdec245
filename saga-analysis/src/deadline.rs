//! The deadline of a run: how late the run still goes forward then, and how late it ends.
//!
//! At the deadline the saga rolls back for good, unless it has come to its pivot: then the pivot is
//! settled first.

use std::ops::Range;

use typed_saga_definition::Side;

use crate::{
    arms::Row,
    bound::Bound,
    course::{Course, Pass, Walk},
    lanes::Cut,
};

impl Walk<'_> {
    fn deadline(&self) -> Option<Bound> {
        self.analysis.deadline.map(Bound::Within)
    }

    /// The latest time at which the run is decided.
    fn decided_late(&self) -> Option<Bound> {
        let pivot = self.analysis.saga.pivot;
        let settled = pivot.map(|pivot| self.times[usize::from(pivot)].settled);
        Some(self.deadline()? + settled.unwrap_or(Bound::ZERO))
    }

    /// The latest time at which the run goes on after this unit, if the deadline is the reason.
    pub(crate) fn passed_late(&self, unit: &Range<u16>) -> Option<Bound> {
        match (self.course, self.analysis.saga.side(unit.start)) {
            // Times of a hold do not count from the start of the run.
            (Course::Hold { .. }, _) | (_, Side::AfterPivot) => None,
            (_, Side::BeforePivot) => self.deadline(),
            (_, Side::Pivot) => self.decided_late(),
        }
    }

    /// The latest time at which the course ends, if the deadline passes while the run is at this
    /// unit.
    pub(crate) fn ended_late(&self, unit: &Range<u16>) -> Option<Bound> {
        let decides = matches!(self.course, Course::Decided(_));
        let late = self.passed_late(unit)?;
        Some(match self.analysis.saga.side(unit.start) {
            _ if decides => late,
            Side::Pivot => late + self.undone_all(0..unit.start),
            _ => late + self.rolled_back(0, unit, Pass::first(0), Cut::Running),
        })
    }

    /// The latest time at which the course ends, however often the saga reruns.
    pub(crate) fn latest(&self) -> Option<Bound> {
        let decided = self.decided_late()?;
        match self.course {
            Course::Hold { from, until } => match self.analysis.saga.side(until) {
                // It may be running at the deadline.
                Side::BeforePivot => {
                    let until = self.times[usize::from(until)];
                    self.deadline()
                        .map(|deadline| deadline + until.halted.commits())
                }
                Side::Pivot => Some(decided),
                Side::AfterPivot => {
                    let after = self.analysis.after_decision(until).into_iter();
                    let after: Bound = after.map(|(_, time)| time).sum();
                    let before = self.analysis.decision() > from;
                    before.then_some(decided + after)
                }
            },
            Course::Decided(_) => Some(decided),
            Course::Ended | Course::Failed => {
                let (mut row, mut latest) = (Row::of(self.analysis.saga), decided);
                row.takes(decided);
                for unit in self.analysis.saga.units() {
                    if let Some(late) = self.ended_late(&unit) {
                        latest = latest.max(late);
                        continue;
                    }
                    row.comes_to(unit.start, |arm| self.analysis.asked(arm));
                    let pass = Pass::first(0);
                    let failed = self.rolled_back(unit.start, &unit, pass, Cut::AnyTime);
                    latest = latest.max(row.time + failed);
                    row.takes(self.takes(&unit, pass).passes);
                }
                Some(latest.max(row.total()))
            }
        }
    }
}
