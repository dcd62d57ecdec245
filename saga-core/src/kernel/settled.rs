//! Steps that an operator settles: when that is possible, and what follows.

use super::{
    command::{Command, End},
    event::Settlement,
    state::{Course, Flag, StepPhase},
    transition::Transition,
    view::View,
};
use crate::definition::Side;
use crate::values::call::CallKind;

impl View<'_> {
    /// What an operator may record about the step now.
    ///
    /// A step that the rollback leaves behind by declaration cannot be settled: it is listed as it
    /// is. A step that happened in part cannot be settled as not applied. After the pivot, a step
    /// that is not tried again may be done by hand, since nothing is undone.
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
                    && self.side(step) == Side::AfterPivot
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
    /// The consequences are those of the same answer of `resolve`, or of a compensation. In a
    /// parked saga they follow once it is resumed, with all budgets renewed.
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
                self.undone(step);
            }
        }
    }
}
