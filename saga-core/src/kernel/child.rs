//! A step that is a saga itself, as its parent's kernel sees it: a step that is never in doubt and
//! never lost. And what that saga's own kernel hears of its parent: that it is rolled back.

use super::{
    phase::Direction,
    state::{Cause, Flag, StepPhase},
    transition::Transition,
    view::Place,
};

impl Transition<'_> {
    pub(super) fn is_child(&self, step: u16) -> bool {
        self.view().step(step).is_nested()
    }

    /// Whether the step is a child that was started and has not been undone, though no call of it
    /// runs: it parked, and may have been resumed.
    pub(super) fn holds_child(&self, step: u16) -> bool {
        let state = self.view().state(step);
        let parked = matches!(state.at, StepPhase::Ready | StepPhase::CrashLoop);
        let open = state.has(Flag::Started) && !state.has(Flag::NewRound);
        self.is_child(step) && parked && open
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
