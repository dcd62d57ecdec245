//! A step that a person settles: when that may be, and what follows.

use super::{
    command::{Command, End},
    event::Settlement,
    state::{Course, Flag, StepPhase},
    transition::Transition,
    view::View,
};
use crate::definition::Place;
use crate::values::call::CallKind;

impl View<'_> {
    /// What a person may say of the step now.
    ///
    /// What the way back leaves behind by declaration is not asked for, nor what somebody says of
    /// it: it is listed as it is. What happened in part did happen. Behind the pivot a step that is not
    /// tried again may be done by hand, since nothing is undone.
    pub(super) fn settleable(&self, step: u16) -> &'static [Settlement] {
        use Settlement::{Applied, NotApplied, Undone};
        let state = self.state(step);
        let doubt = state.has(Flag::Doubt);
        let of_doubt: &[_] = if state.has(Flag::Partial) {
            &[Applied, Undone]
        } else {
            &[Applied, NotApplied, Undone]
        };
        match state.at {
            // Only the steps of a child are settled.
            _ if self.is_passed(step) || self.step(step).is_nested() => &[],
            StepPhase::Waiting(_) | StepPhase::Doubt if doubt => of_doubt,
            StepPhase::Waiting(CallKind::Compensate) => &[Undone],
            StepPhase::Unsettled | StepPhase::CrashLoop if doubt && self.is_parked() => of_doubt,
            StepPhase::Unrecorded if self.is_parked() => &[Applied, Undone],
            StepPhase::Uncompensated | StepPhase::Kept if self.is_parked() => &[Undone],
            StepPhase::Failed | StepPhase::CrashLoop
                if state.has(Flag::Started)
                    && self.place(step) == Place::AfterPivot
                    && self.is_parked() =>
            {
                &[Applied]
            }
            _ => &[],
        }
    }

    pub(super) fn is_parked(&self) -> bool {
        self.due() == Ok(Command::End(End::Parked))
    }
}

impl Transition<'_> {
    /// What follows is what follows from the same answer of `resolve`, or from a compensation; in a
    /// parked saga, once it is resumed, with all budgets new.
    pub(super) fn settled(&mut self, step: u16, settlement: Settlement) {
        let parked = self.view().is_parked();
        if parked {
            self.saga.course = Course::Halted;
            self.state(step).renew_budgets();
        }
        let state = self.state(step);
        state.well();
        match settlement {
            Settlement::Applied => self.happened(step),
            Settlement::NotApplied => self.did_not_happen(step),
            Settlement::Undone => {
                state.set(Flag::NewRound);
                state.clear(Flag::LeftByTurn);
                self.undone(step);
            }
        }
    }
}
