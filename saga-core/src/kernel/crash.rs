//! The rules for what is lost when a process ends: calls that were running, and effects that only
//! that process had.

use super::{
    api::Kernel,
    follows::Follows,
    phase::Direction,
    state::{Flag, LastFailure, StepPhase},
    transition::Transition,
    view::View,
};
use crate::values::call::CallKind;

impl<'a> View<'a> {
    /// The steps that have to be compensated with an effect that was never recorded.
    pub(super) fn unrecorded(self) -> impl Iterator<Item = u16> + use<'a> {
        self.steps().filter(move |&step| self.is_unrecorded(step))
    }

    pub(super) fn is_unrecorded(&self, step: u16) -> bool {
        let state = self.state(step);
        let at_hand = self.saga.direction == Direction::Compensating && !state.resists();
        at_hand && self.lacks_effect(step)
    }

    /// Whether the next call of the step would need an effect that is not recorded.
    pub(super) fn lacks_effect(&self, step: u16) -> bool {
        // A child has its own effects.
        let own = !self.step(step).is_nested();
        own && self.state(step).is_off_record() && !self.is_passed(step)
    }
}

impl Kernel {
    /// A call that is lost because its process has ended, or the effect that only that process had,
    /// if the rollback would need it. A loss may be followed by that of the same step's effect.
    pub(crate) fn lost_with_process(&self) -> Option<(u16, CallKind)> {
        // A child saga or a loop continues by itself. Its fallback is a call as any other.
        let continues = |step: u16, call| {
            let itself = matches!(call, CallKind::Action | CallKind::Compensate);
            itself && self.view().step(step).is_nested()
        };
        let mut running = self.running();
        let running = running.find(|(step, call)| !continues(*step, *call));
        let unrecorded = || Some((self.unrecorded().next()?, CallKind::Action));
        running.or_else(unrecorded)
    }
}

impl Transition<'_> {
    /// Whether a call of the step may be lost now.
    pub(super) fn may_be_lost(&self, step: u16) -> bool {
        let view = self.view();
        let at = view.state(step).at;
        // Of a child it means that too many of its calls were lost while it went forward.
        if self.is_child(step) && at != StepPhase::Calling(CallKind::Fallback) {
            return at == StepPhase::Calling(CallKind::Action) && !view.is_failing(step);
        }
        view.running().any(|(runs, _)| runs == step) || view.is_unrecorded(step)
    }

    /// The process has ended, and with it the running call of the step; or, if none ran, the effect
    /// of the step.
    pub(super) fn lost(&mut self, step: u16) {
        let running = self.view().state(step).running();
        // Its fallback is a call as any other.
        if self.is_child(step) && running != Some(CallKind::Fallback) {
            return self.child_in_crash_loop(step);
        }
        match running {
            Some(CallKind::When | CallKind::Action) => self.attempt_lost(step),
            Some(CallKind::Resolve) => {
                self.state(step).losses.add(CallKind::Resolve);
                self.settle(step, CallKind::Resolve);
            }
            Some(CallKind::Compensate) => self.compensation_lost(step),
            Some(CallKind::Fallback) => self.fallback_lost(step),
            None => self.effect_lost(step),
        }
    }

    fn attempt_lost(&mut self, step: u16) {
        let state = self.state(step);
        state.losses.add(CallKind::Action);
        state.fails(LastFailure::Lost, Follows::Declared);
        state.attempts = state.attempts.saturating_sub(1);
        self.unknown(step);
    }

    fn compensation_lost(&mut self, step: u16) {
        self.state(step).losses.add(CallKind::Compensate);
        let state = self.state(step);
        if state.has(Flag::Doubt) {
            return self.settle(step, CallKind::Compensate);
        }
        let losses = state.losses;
        if losses.is_loop(CallKind::Compensate) {
            state.at = StepPhase::Uncompensated;
            self.hold_below(step);
        } else if state.waits(CallKind::Compensate) {
            state.at = StepPhase::Waiting(CallKind::Compensate);
        } else {
            state.at = StepPhase::Applied;
        }
    }

    /// A fallback changes nothing outside, so it runs again, unless it is what ends the process.
    fn fallback_lost(&mut self, step: u16) {
        let forward = self.saga.direction == Direction::Forward;
        let state = self.state(step);
        state.losses.add(CallKind::Fallback);
        if !forward || state.losses.is_loop(CallKind::Fallback) {
            self.fail(step);
        } else if state.waits(CallKind::Fallback) {
            state.at = StepPhase::Waiting(CallKind::Fallback);
        } else {
            state.at = StepPhase::UsedUp;
        }
    }

    /// The step was applied, but its effect has to be found out again. So the step is put in doubt:
    /// each way to settle doubt sends the step's key, so the step does not happen twice; and it is
    /// undone or its effect recovered, so it is not forgotten.
    pub(super) fn effect_lost(&mut self, step: u16) {
        self.state(step).fails(LastFailure::Lost, Follows::Declared);
        self.unknown(step);
    }
}
