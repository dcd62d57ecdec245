//! What the end of a process took with it: calls that were running, and effects that only it had.

use super::{
    phase::{Direction, Running},
    state::{Cause, StepPhase},
    transition::Transition,
    view::{CRASH_LOOP, View},
};

impl<'a> View<'a> {
    /// The steps that the way back is to undo with an effect that was never recorded.
    pub(super) fn unrecorded(self) -> impl Iterator<Item = u16> + use<'a> {
        self.steps().filter(move |&step| self.is_unrecorded(step))
    }

    pub(super) fn is_unrecorded(&self, step: u16) -> bool {
        let state = self.state(step);
        let at_hand = self.saga.direction == Direction::Back && !state.resists();
        at_hand && self.lacks_effect(step)
    }

    /// Whether what comes next for the step would need an effect that is not on record.
    pub(super) fn lacks_effect(&self, step: u16) -> bool {
        self.state(step).is_off_record() && !self.is_passed(step)
    }
}

impl Transition<'_> {
    /// The call of the step that was running, or else its effect, is gone with the process.
    pub(super) fn lost(&mut self, step: u16) {
        match self.view().state(step).running() {
            Some(Running::Action) => self.attempt_lost(step),
            Some(Running::Resolve) => self.resolve_failed(step),
            Some(Running::Compensation) => self.compensation_failed(step),
            Some(Running::Fallback) => self.fallback_lost(step),
            None => self.effect_lost(step),
        }
    }

    fn attempt_lost(&mut self, step: u16) {
        let state = self.state(step);
        state.cause = Cause::Lost;
        state.lost = state.lost.saturating_add(1);
        state.attempts = state.attempts.saturating_sub(1);
        self.unknown(step);
    }

    /// A fallback changes nothing outside: it is run again, unless it is what ends the process.
    fn fallback_lost(&mut self, step: u16) {
        let forward = self.saga.direction == Direction::Forward;
        let state = self.state(step);
        state.lost = state.lost.saturating_add(1);
        if forward && state.lost < CRASH_LOOP {
            state.at = StepPhase::UsedUp;
        } else {
            self.fail(step);
        }
    }

    /// It happened, but what it gave is to be found out again: by the ways that settle doubt, all
    /// of which ask under its key, so that it does not happen twice, and is undone or taken over,
    /// so that it is not forgotten.
    pub(super) fn effect_lost(&mut self, step: u16) {
        self.state(step).cause = Cause::Lost;
        self.unknown(step);
    }
}
