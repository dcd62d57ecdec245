//! The consequences of an outcome: doubt is settled; a failure is tried again, replaced by the
//! fallback, or makes the saga roll back.

use super::{
    follows::Follows,
    phase::{Cancellation, Direction},
    state::{Flag, LastFailure, StepPhase},
    transition::Transition,
    tries::failures,
    view::Settling,
};
use crate::definition::{Kind, PANICS, Side};
use crate::values::call::CallKind;

impl Transition<'_> {
    /// The step has certainly happened.
    pub(super) fn happened(&mut self, step: u16) {
        let state = self.state(step);
        state.at = StepPhase::Applied;
        state.forgive();
        state.clear_doubt();
        state.losses.end(CallKind::Action);
        if self.view().side(step) == Side::Pivot {
            self.answer(Cancellation::TooLate);
        }
    }

    /// The step was in doubt, and has not happened; nor can it any more.
    pub(super) fn did_not_happen(&mut self, step: u16) {
        self.state(step).clear_doubt();
        self.state(step).clear(Flag::Arriving);
        self.not_applied(step);
    }

    /// If the step has happened, it is undone now.
    pub(super) fn undone(&mut self, step: u16) {
        if self.saga.direction == Direction::Forward || self.view().state(step).has(Flag::Doubt) {
            self.state(step).losses.end(CallKind::Compensate);
            self.did_not_happen(step);
        } else {
            self.state(step).at = StepPhase::Undone;
            self.state(step).clear(Flag::Arriving);
        }
    }

    /// The attempt that just ended may have happened.
    pub(super) fn unknown(&mut self, step: u16) {
        // A child reports its own outcome.
        if self.view().step(step).kind == Kind::Read || self.is_child(step) {
            return self.not_applied(step);
        }
        self.state(step).set(Flag::Doubt);
        self.state(step).clear(Flag::LatePassed);
        self.settle(step, CallKind::Action);
    }

    /// Chooses how the step's doubt is settled, after the call `failed` did not settle it.
    pub(super) fn settle(&mut self, step: u16, failed: CallKind) {
        let call = match (self.view().way(step), failed) {
            (None, _) => return self.unsettled(step),
            (Some(Settling::Repeat), _) => CallKind::Action,
            // A lost repetition waits for `#[late]` after the wait that follows its loss.
            (Some(Settling::AwaitLate(CallKind::Action)), _)
                if self.view().state(step).cause == LastFailure::Lost =>
            {
                CallKind::Action
            }
            (Some(Settling::Resolve), CallKind::Resolve)
            | (Some(Settling::Compensate), CallKind::Compensate) => failed,
            _ => return self.stays_in_doubt(step),
        };
        let state = self.state(step);
        state.at = if state.waits(call) {
            StepPhase::Waiting(call)
        } else {
            StepPhase::Doubt
        };
    }

    /// The doubt is settled later, in a way that depends on the direction. If the rollback leaves it
    /// as it is, nothing settles it: an error that aborts the saga counts now.
    pub(super) fn stays_in_doubt(&mut self, step: u16) {
        self.state(step).at = StepPhase::Doubt;
        if self.view().way(step) == Some(Settling::Leave) {
            self.note_abort(step);
        }
    }

    /// No way to settle the step's doubt is left. An error that aborts the saga counts once an operator
    /// or a resumed saga settles the doubt, unless the step has happened.
    pub(super) fn unsettled(&mut self, step: u16) {
        let view = self.view();
        let forward = view.saga.direction == Direction::Forward;
        if !view.step(step).can_be_settled() && !view.state(step).has(Flag::Partial) {
            self.state(step).clear_doubt();
            self.state(step).set(Flag::PerhapsLeft);
            self.not_applied_for_good(step);
        } else if forward && view.state(step).losses.is_loop(CallKind::Action) {
            self.state(step).at = StepPhase::CrashLoop;
            self.bar_followers(step);
        } else if forward && view.side(step) == Side::BeforePivot {
            self.first_to_fail(step);
            self.state(step).at = StepPhase::Doubt;
            self.go_back();
        } else {
            self.first_to_fail(step);
            self.state(step).at = StepPhase::Unsettled;
            self.hold_below(step);
            self.bar_followers(step);
        }
    }

    /// The step has certainly not happened.
    pub(super) fn not_applied(&mut self, step: u16) {
        if self.is_stopped(step) {
            return;
        }
        let view = self.view();
        let state = view.state(step);
        let again = match state.cause {
            _ if state.follows == Follows::Once => None,
            LastFailure::Lost if state.losses.is_loop(CallKind::Action) => {
                Some(StepPhase::CrashLoop)
            }
            LastFailure::Lost if state.waits(CallKind::Action) => {
                Some(StepPhase::Waiting(CallKind::Action))
            }
            LastFailure::Lost => Some(StepPhase::Ready),
            LastFailure::Panicked => (view.side(step) == Side::AfterPivot && state.panics < PANICS)
                .then_some(StepPhase::Waiting(CallKind::Action)),
            LastFailure::TimedOut | LastFailure::Error => view
                .attempts_allowed(step)
                .allows(state.attempts)
                .then_some(StepPhase::Waiting(CallKind::Action)),
            LastFailure::None | LastFailure::Refused | LastFailure::Unrecordable => None,
        };
        match again {
            Some(at) => self.state(step).at = at,
            None => return self.used_up(step),
        }
        if again == Some(StepPhase::CrashLoop) {
            self.bar_followers(step);
        }
    }

    /// The step counts as not applied, and is not attempted again.
    pub(super) fn not_applied_for_good(&mut self, step: u16) {
        if !self.is_stopped(step) {
            self.used_up(step);
        }
    }

    /// Returns whether a step that was not applied must not be tried again, because of an abort, a
    /// rollback or a cancel. If so, the step has failed.
    fn is_stopped(&mut self, step: u16) -> bool {
        let view = self.view();
        let aborts = view.state(step).aborts();
        let back = view.saga.direction == Direction::Compensating;
        let cancelled = view.saga.awaits_answer();
        let at_pivot = view.side(step) == Side::Pivot;
        if aborts {
            self.note_abort(step);
            self.fail(step);
        } else if back {
            self.state(step).at = StepPhase::Failed;
        } else if at_pivot && cancelled {
            self.state(step).at = StepPhase::Failed;
            self.go_back();
        }
        aborts || back || at_pivot && cancelled
    }

    /// If an error of the step aborts the saga, no rerun follows. After the pivot, none could.
    pub(super) fn note_abort(&mut self, step: u16) {
        let view = self.view();
        let before_end = view.side(step) != Side::AfterPivot;
        self.saga.aborted |= before_end && view.state(step).aborts();
    }

    fn used_up(&mut self, step: u16) {
        let view = self.view();
        if view.side(step) != Side::Pivot && view.step(step).fallback.is_some() {
            let state = self.state(step);
            state.at = StepPhase::UsedUp;
            state.losses.end(CallKind::Fallback);
        } else {
            self.fail(step);
        }
    }

    /// The step has failed. Before the pivot, and at the pivot, the saga rolls back; after it, the
    /// saga parks in the end.
    pub(super) fn fail(&mut self, step: u16) {
        self.first_to_fail(step);
        self.state(step).at = StepPhase::Failed;
        if self.view().side(step) == Side::AfterPivot {
            self.bar_followers(step);
        } else {
            self.go_back();
        }
    }

    /// Sets the failure that is reported. A failure while compensating is a consequence, not the
    /// reason.
    pub(super) fn first_to_fail(&mut self, step: u16) {
        if self.saga.direction == Direction::Forward && self.saga.first_failed.is_none() {
            self.saga.first_failed = Some(step);
            self.saga.refused = self.view().state(step).cause == LastFailure::Refused;
        }
    }

    /// Siblings that await this step, directly or through others, never start.
    pub(super) fn bar_followers(&mut self, step: u16) {
        for sibling in self.view().unit() {
            let awaits = self.saga.definition.awaits(sibling, step);
            if awaits && self.view().state(sibling).at == StepPhase::Pending {
                self.state(sibling).at = StepPhase::Barred;
            }
        }
    }

    /// A compensation failed, which ran to roll back or to settle doubt.
    pub(super) fn compensation_failed(&mut self, step: u16, refused: bool) {
        let state = self.state(step);
        state.undo_failures = failures(state.undo_failures, refused);
        state.losses.end(CallKind::Compensate);
        state.failed(CallKind::Compensate);
        if state.has(Flag::Doubt) {
            return self.settle(step, CallKind::Compensate);
        }
        let (view, done) = (self.view(), self.view().state(step).undo_failures);
        if view.leaves(step, view.state(step), CallKind::Compensate, done) {
            self.state(step).at = StepPhase::Waiting(CallKind::Compensate);
        } else {
            self.state(step).at = StepPhase::Uncompensated;
            self.hold_below(step);
        }
    }

    /// A cancel was requested, or the deadline has passed; `so_far` is the answer to an earlier one
    /// of its kind.
    pub(super) fn request(&mut self, so_far: Cancellation) -> Cancellation {
        let view = self.view();
        let cursor = view.saga.cursor;
        let side = view.side(cursor);
        if so_far == Cancellation::Accepted {
            so_far
        } else if side == Side::AfterPivot || view.has_ended() {
            Cancellation::TooLate
        } else if side == Side::Pivot && view.is_at_risk(cursor) {
            Cancellation::Pending
        } else {
            self.go_back();
            Cancellation::Accepted
        }
    }

    /// Answers the requests that wait for the outcome of the pivot.
    pub(super) fn answer(&mut self, answer: Cancellation) {
        for request in [&mut self.saga.cancellation, &mut self.saga.deadline] {
            if *request == Cancellation::Pending {
                *request = answer;
            }
        }
    }

    /// The saga has parked, so whoever asked it to cancel has heard that it is too late, unless the
    /// saga rolls back. Another cancel may follow once it is resumed.
    pub(super) fn forget_cancel(&mut self) {
        if self.saga.cancellation != Cancellation::Accepted {
            self.saga.cancellation = Cancellation::None;
        }
    }
}
