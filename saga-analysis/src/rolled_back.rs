//! How a step ends in a saga that rolls back, and what the steps of one unit take together.
//!
//! The calls that run when a saga starts to roll back are awaited, a fallback like any other, and
//! doubt is settled; the steps of a block do so side by side. Then all that has happened is undone,
//! step by step. A cancel, the failure of a sibling, a deadline, and a parent that rolls back all
//! lead there, so [`Walk::rolled_back`](crate::course::Walk) is the one rule for all of them.

use std::ops::Range;

use typed_saga_definition::{CallKind, Kind, Limit};

use crate::{
    Analysis,
    bound::{Bound, Why, of},
    course::{Course, Pass, Walk},
    lanes::{Cut, Lane, Lanes},
    step::Counts,
    times::{Part, Times, total},
};

impl Analysis<'_> {
    /// The times of a step that is neither a child saga nor a loop, with how it ends in a saga that
    /// rolls back.
    pub(crate) fn with_lanes(&self, step: u16, times: &Times) -> Times {
        let declared = self.step(step);
        let Times {
            settled,
            given_up,
            undone,
            ..
        } = *times;
        let tried = total(&self.tried(step));
        let [by_key, again, once] = self.settled_by_key(step);
        let unrecorded = self.durable && declared.kind == Kind::Step;
        // Nothing settles doubt that may stay; and the compensation settles it first.
        let found = if declared.compensation.is_passed() || declared.is_by_key() {
            self.one_call(step)
        } else {
            settled
        };
        let found = if declared.kind.acts() {
            found
        } else {
            Bound::ZERO
        };
        // Nothing can arrive late any more once its compensation was tried that long.
        let (late, settled) = self.settled_apart(step);
        let fallback = self.fallback(step).time;
        Times {
            cut: Lanes {
                happened: Lane::new(tried, undone),
                failed: Lane::new(tried + by_key + again, once),
                fell_back: Lane::new(given_up, Bound::ZERO),
            },
            failed: Lanes {
                happened: if unrecorded {
                    Lane::new(tried, undone)
                } else {
                    Lane::NONE
                },
                failed: Lane::new(given_up, Bound::ZERO),
                fell_back: Lane::NONE,
            },
            halted: Lanes {
                happened: Lane::new(found, undone),
                failed: if declared.is_by_key() {
                    Lane::new(settled + by_key.max(late), once)
                } else {
                    Lane::NONE
                },
                fell_back: Lane::new(fallback, Bound::ZERO),
            },
            ..*times
        }
    }

    /// The time of `#[late]`, and the rest of the time in which a step is settled.
    fn settled_apart(&self, step: u16) -> (Bound, Bound) {
        let settled = self.own_terms(step).settled;
        let (late, rest): (Vec<_>, Vec<_>) = settled
            .into_iter()
            .partition(|term| term.part == Part::Late);
        (total(&late), total(&rest))
    }

    /// One call of the action, or of `resolve`.
    fn one_call(&self, step: u16) -> Bound {
        let action = self.call(step, CallKind::Action);
        match self.step(step).resolve {
            Some(_) => action.max(self.call(step, CallKind::Resolve)),
            None => action,
        }
    }

    /// The times that a compensation by key adds if the saga rolls back: that of its tries; that of
    /// a wait before a repetition, which is cut short and begins again after these tries; and that
    /// of one more call, if another way then finds that the step has happened.
    fn settled_by_key(&self, step: u16) -> [Bound; 3] {
        let declared = self.step(step);
        if !declared.is_by_key() {
            return [Bound::ZERO; 3];
        }
        let Counts {
            undos, repetitions, ..
        } = self.counts(step);
        let tries = self.calls_and_waits(step, CallKind::Compensate, undos);
        let again = match repetitions {
            Limit::Times(0 | 1) => Bound::ZERO,
            Limit::Times(times) => {
                let backoff = self.backoff(step, CallKind::Action);
                of(step, CallKind::Action).wait(backoff, times - 2)
            }
            Limit::Forever => of(step, CallKind::Action).endless(Why::Forever),
        };
        let other = declared.resolve.is_some() || declared.idempotent;
        let once = if other {
            self.call(step, CallKind::Compensate)
        } else {
            Bound::ZERO
        };
        [total(&tries), again, once]
    }
}

impl Walk<'_> {
    /// The time of rolling back to the step `to` from this unit of a pass.
    pub(crate) fn rolled_back(&self, to: u16, unit: &Range<u16>, pass: Pass, cut: Cut) -> Bound {
        let begins = self.begins(unit, pass);
        // All steps so far are undone; and one of them took longest, or none so far.
        let (mut undone, mut longest) = (Bound::ZERO, Bound::ZERO);
        for (step, begins) in unit.clone().zip(begins) {
            let lanes = self.lanes(step, pass, if unit.len() > 1 { cut.beside() } else { cut });
            let begins = if cut == Cut::Running {
                Bound::ZERO
            } else {
                begins
            };
            let (undoes, total) = if step < to {
                (Bound::ZERO, lanes.takes())
            } else {
                (lanes.undoes(), lanes.total())
            };
            longest = (longest + undoes).max(undone + begins + total);
            undone = undone + undoes;
        }
        // The other arms of its `when` were not taken.
        let saga = self.analysis.saga;
        let before = to.min(unit.start)..unit.start;
        let before = before.filter(|step| !saga.excludes(*step, unit.start));
        longest + self.undone_all(before)
    }

    /// How the step ends.
    fn lanes(&self, step: u16, pass: Pass, cut: Cut) -> Lanes {
        let times = self.times[usize::from(step)];
        match self.course {
            _ if pass.is_over(step) => Lanes::done(times.undone),
            // The hold begins with the attempt that applied the step, after all that it awaits.
            Course::Hold { from, .. } if pass.first && from == step => Lanes {
                happened: Lane::new(times.settled, times.undone),
                ..Lanes::NONE
            },
            Course::Hold { from, .. } if pass.first && self.analysis.saga.awaits(from, step) => {
                Lanes::done(times.undone)
            }
            _ => match cut {
                Cut::AnyTime => times.cut,
                Cut::Failure => times.failed,
                Cut::Running => times.halted,
            },
        }
    }
}
