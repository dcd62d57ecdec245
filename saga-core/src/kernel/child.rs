//! The rules of a step that is a child saga, in the kernel of its parent: such a step is never in
//! doubt and never lost, and may fail before it has ended. Also how the end of the child is
//! reported to the step, and how the child's own kernel learns that its parent rolls back.

use super::{
    api::Kernel,
    command::End,
    event::{Event, Verdict},
    follows::Follows,
    part::PartFailed,
    phase::Direction,
    state::{Flag, LastFailure, StepPhase},
    transition::Transition,
    view::View,
};
use crate::definition::Side;
use crate::values::call::CallKind;

/// How a child saga that did not complete has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildEnd {
    /// The child is compensated, because a service refused.
    Refused,
    /// The child is compensated, for another reason.
    Compensated,
    /// The child is compensated, because its deadline has passed.
    TimedOut,
    /// The child is compensated, because one of its calls panicked.
    Panicked,
    /// The child parked while it rolled back, so some of its effects may remain.
    Stands,
    /// The child parked while it went forward, because calls were lost too often.
    CrashLoop,
}

/// The reason why a child saga failed, as far as its parent distinguishes reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildFailure {
    /// One of its calls panicked.
    Panic,
    /// The child's deadline has passed.
    Deadline,
    /// Anything else.
    Other,
}

impl ChildEnd {
    /// Classifies how `child` has ended.
    #[must_use]
    pub fn of(end: End, child: &Kernel, failure: ChildFailure) -> Self {
        match (end, child.direction(), failure) {
            (End::Parked, Direction::Forward, _) => Self::CrashLoop,
            (End::Parked, Direction::Compensating, _) => Self::Stands,
            (_, _, ChildFailure::Panic) => Self::Panicked,
            (_, _, ChildFailure::Deadline) => Self::TimedOut,
            _ if child.is_refused() => Self::Refused,
            _ => Self::Compensated,
        }
    }

    /// Returns the event that reports this end to the step whose call has ended. `judge` returns
    /// whether the saga is aborted, as the child was or by the verdict on its error, and whether the
    /// verdict leaves room for another attempt; it is called only if that matters.
    pub fn event(self, step: u16, call: CallKind, judge: impl FnOnce() -> (bool, bool)) -> Event {
        let (verdict, without_error) = match (call, self) {
            (CallKind::Compensate, _) => {
                return Event::CompensationFailed {
                    step,
                    refused: false,
                };
            }
            (_, Self::CrashLoop) => {
                return Event::Lost { step };
            }
            (_, Self::Refused) => (Verdict::Refused, None),
            (_, Self::Compensated) => (Verdict::Transient, None),
            (_, Self::Stands) => (Verdict::Unknown, None),
            (_, Self::TimedOut) => (Verdict::Transient, Some(Event::TimedOut { step })),
            (_, Self::Panicked) => (Verdict::Transient, Some(Event::Panicked { step })),
        };
        let (abort, again) = judge();
        // An abort counts whichever failure is reported.
        let without_error = without_error.filter(|_| !abort);
        without_error.unwrap_or(Event::Rejected {
            step,
            verdict,
            abort,
            // A refusal does not need to say so.
            again: again || verdict == Verdict::Refused && !abort,
            late_passed: true,
        })
    }
}

impl View<'_> {
    /// Whether a failure of the step now, as a child saga or a loop, makes the saga roll back at
    /// once: no other attempt follows, and no fallback takes the place of the step.
    pub(super) fn fails_for_good(self, step: u16, part: PartFailed) -> bool {
        let PartFailed { refused, aborted } = part;
        let (declared, state) = (self.step(step), self.state(step));
        let used_up = refused || !self.attempts_allowed(step).allows(state.attempts);
        let is_last = match self.side(step) {
            Side::BeforePivot => aborted || used_up && declared.fallback.is_none(),
            Side::Pivot => aborted || used_up,
            Side::AfterPivot => false,
        };
        let runs = state.at == StepPhase::Calling(CallKind::Action);
        is_last && runs && declared.is_nested() && self.saga.direction == Direction::Forward
    }

    /// Whether [`Event::Failing`] fits the step now.
    pub(super) fn may_fail_for_good(self, step: u16, refused: bool) -> bool {
        let aborted = self.state(step).aborts();
        self.fails_for_good(step, PartFailed { refused, aborted })
    }

    /// Whether the step is a child saga or a loop that has failed and is still undoing itself.
    pub(super) fn is_failing(self, step: u16) -> bool {
        let runs = || self.state(step).at == StepPhase::Calling(CallKind::Action);
        self.saga.first_failed == Some(step) && runs() && self.step(step).is_nested()
    }
}

impl Kernel {
    /// Whether [`Event::Failing`] fits the step now, once it is noted if its part is aborted.
    pub(crate) fn fails_for_good(&self, step: u16, part: PartFailed) -> bool {
        self.view().fails_for_good(step, part)
    }

    /// Whether [`Event::Failing`] was applied for the step, and the event that ends the step was
    /// not yet.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn is_failing(&self, step: u16) -> bool {
        self.view().is_failing(step)
    }

    /// Whether the saga rolls back on its own account, and can no longer go forward again from a
    /// savepoint. If it is a child, it has failed for its parent.
    pub(super) fn has_failed_for_good(&self) -> bool {
        let view = self.view();
        self.direction() == Direction::Compensating
            && !self.is_recalled()
            && !view
                .steps()
                .any(|step| view.may_turn_at(step) && !view.never_turns(step))
    }
}

impl Transition<'_> {
    pub(super) fn is_child(&self, step: u16) -> bool {
        self.view().step(step).is_nested()
    }

    /// Whether the step is a child that was started and has not been undone, although no call of it
    /// runs: it parked, and may have been resumed.
    pub(super) fn holds_child(&self, step: u16) -> bool {
        let state = self.view().state(step);
        let parked = matches!(state.at, StepPhase::Ready | StepPhase::CrashLoop);
        self.is_child(step) && parked && !state.has(Flag::NewRound)
    }

    /// If the step is a child, it has ended compensated: the next attempt starts it as a new round.
    pub(super) fn child_ended(&mut self, step: u16) {
        if self.is_child(step) {
            self.state(step).set(Flag::NewRound);
        }
    }

    /// The child has parked while it rolled back. Effects that it could not undo remain applied, so
    /// the steps it depends on are not compensated. But if the rollback calls nothing of the step
    /// anyway, the step only fails.
    pub(super) fn child_stands(&mut self, step: u16) {
        self.note_abort(step);
        if self.view().step(step).compensation.is_passed() {
            self.state(step).set(Flag::NewRound);
            return self.fail(step);
        }
        self.first_to_fail(step);
        self.state(step).at = StepPhase::Unsettled;
        self.hold_below(step);
        match self.view().side(step) {
            Side::BeforePivot | Side::Pivot => self.go_back(),
            Side::AfterPivot => self.bar_followers(step),
        }
    }

    /// The child has parked while it went forward, because too many of its calls were lost: so the
    /// parent parks, too.
    pub(super) fn child_in_crash_loop(&mut self, step: u16) {
        self.state(step).fails(LastFailure::Lost, Follows::Declared);
        if self.saga.direction == Direction::Compensating {
            return self.child_stands(step);
        }
        self.state(step).at = StepPhase::CrashLoop;
        self.bar_followers(step);
    }

    /// The parent rolls back.
    pub(super) fn recalled(&mut self) {
        self.saga.recalled = true;
        self.go_back();
    }
}
