//! A step that is a saga itself, as its parent's kernel sees it: a step that is never in doubt and
//! never lost, and that may fail before it has ended; what the end of that saga means to the step; and
//! how that saga's own kernel learns that its parent rolls back.

use super::{
    api::Kernel,
    command::End,
    event::{Event, Verdict},
    phase::Direction,
    state::{Cause, Flag, StepPhase, StepState},
    transition::Transition,
    view::View,
};
use crate::definition::Place;
use crate::values::call::CallKind;

/// How a child saga ended that did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildEnd {
    /// It is compensated, because a service refused.
    Refused,
    /// It is compensated.
    Compensated,
    /// It is compensated, because its deadline has passed.
    TimedOut,
    /// It is compensated, because a call of it panicked.
    Panicked,
    /// It is parked during its rollback.
    Stands,
    /// It is parked on its way forward: calls were lost too often.
    CrashLoop,
}

/// What made a child saga fail, as far as that counts for its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildFailure {
    /// A call of it panicked.
    Panic,
    /// Its deadline has passed.
    Deadline,
    /// Anything else.
    Other,
}

impl ChildEnd {
    /// Of a child that has ended so.
    #[must_use]
    pub fn of<S>(end: End, child: &Kernel<S>, failure: ChildFailure) -> Self
    where
        S: AsRef<[StepState]> + AsMut<[StepState]>,
    {
        match (end, child.direction(), failure) {
            (End::Parked, Direction::Forward, _) => Self::CrashLoop,
            (End::Parked, Direction::Compensating, _) => Self::Stands,
            (_, _, ChildFailure::Panic) => Self::Panicked,
            (_, _, ChildFailure::Deadline) => Self::TimedOut,
            _ if child.is_refused() => Self::Refused,
            _ => Self::Compensated,
        }
    }

    /// What it is to the step, whose call this was. `judge` says whether the error aborts the saga, and
    /// whether `#[retry]` agrees to another attempt; it is called if that counts.
    pub fn event(self, step: u16, call: CallKind, judge: impl FnOnce() -> (bool, bool)) -> Event {
        let rejected = |verdict| {
            let (abort, again) = judge();
            Event::Rejected {
                step,
                verdict,
                abort,
                again,
                late_passed: true,
            }
        };
        match (call, self) {
            (CallKind::Compensate, _) => Event::CompensationFailed { step },
            (_, Self::Refused) => rejected(Verdict::Refused),
            (_, Self::Compensated) => rejected(Verdict::Transient),
            (_, Self::Stands) => rejected(Verdict::Unknown),
            (_, Self::TimedOut) => Event::TimedOut { step },
            (_, Self::Panicked) => Event::Panicked { step },
            (_, Self::CrashLoop) => Event::Lost {
                step,
                counted: false,
            },
        }
    }
}

impl View<'_> {
    /// Whether the saga rolls back at once, if the child saga or the loop that the step is fails now:
    /// no other attempt follows, and nothing takes its place.
    pub(super) fn fails_for_good(self, step: u16, refused: bool) -> bool {
        let (declared, state) = (self.step(step), self.state(step));
        let used_up = refused || !self.attempts_allowed(step).allows(state.attempts);
        let is_last = match self.place(step) {
            Place::BeforePivot => used_up && declared.fallback.is_none(),
            Place::Pivot => used_up,
            Place::AfterPivot => false,
        };
        let runs = state.at == StepPhase::Calling(CallKind::Action);
        is_last && runs && declared.is_nested() && self.saga.direction == Direction::Forward
    }

    /// Whether the child saga or the loop that the step is has failed, and still undoes itself.
    pub(super) fn is_failing(self, step: u16) -> bool {
        let runs = || self.state(step).at == StepPhase::Calling(CallKind::Action);
        self.saga.first_failed == Some(step) && runs() && self.step(step).is_nested()
    }
}

impl<S: AsRef<[StepState]> + AsMut<[StepState]>> Kernel<S> {
    /// Whether [`Event::Failing`] may be heard of the step.
    pub(crate) fn fails_for_good(&self, step: u16, refused: bool) -> bool {
        self.view().fails_for_good(step, refused)
    }

    /// Whether [`Event::Failing`] was heard of the step, and how the step has ended was not yet.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn is_failing(&self, step: u16) -> bool {
        self.view().is_failing(step)
    }

    /// Whether the saga rolls back by itself, and never turns forward again. If it is a step of
    /// another, that has failed.
    pub(crate) fn has_failed_for_good(&self) -> bool {
        let view = self.view();
        self.direction() == Direction::Compensating
            && !self.is_recalled()
            && !view.steps().any(|step| view.may_turn_at(step))
    }
}

impl Transition<'_> {
    pub(super) fn is_child(&self, step: u16) -> bool {
        self.view().step(step).is_nested()
    }

    /// Whether the step is a child that was started and has not been undone, though no call of it
    /// runs: it parked, and may have been resumed.
    pub(super) fn holds_child(&self, step: u16) -> bool {
        let state = self.view().state(step);
        let parked = matches!(state.at, StepPhase::Ready | StepPhase::CrashLoop);
        self.is_child(step) && parked && !state.has(Flag::NewRound)
    }

    /// If the step is a child, it has ended compensated: the next attempt starts it anew.
    pub(super) fn child_ended(&mut self, step: u16) {
        if self.is_child(step) {
            self.state(step).set(Flag::NewRound);
        }
    }

    /// The child has parked on its way back: what it could not undo stands, and keeps what it
    /// stands on; if it may stay, or goes with another step, it holds up nobody.
    pub(super) fn child_stands(&mut self, step: u16) {
        if self.view().step(step).compensation.is_passed() {
            self.state(step).set(Flag::NewRound);
            return self.fail(step);
        }
        self.first_to_fail(step);
        self.state(step).at = StepPhase::Unsettled;
        self.hold_below(step);
        match self.view().place(step) {
            Place::BeforePivot | Place::Pivot => self.go_back(),
            Place::AfterPivot => self.bar_followers(step),
        }
    }

    /// The child has parked on its way forward, since too many of its calls were lost: so does the
    /// parent.
    pub(super) fn child_in_crash_loop(&mut self, step: u16) {
        self.state(step).cause = Cause::Lost;
        if self.saga.direction == Direction::Compensating {
            return self.child_stands(step);
        }
        self.state(step).at = StepPhase::CrashLoop;
        self.bar_followers(step);
    }

    /// The parent goes back.
    pub(super) fn recalled(&mut self) {
        self.saga.recalled = true;
        self.go_back();
    }
}
