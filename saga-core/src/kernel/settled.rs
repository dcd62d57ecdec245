//! A step that a person settles: when that may be, and what follows.

use super::{
    Command, End, Settlement,
    report::Run,
    state::{At, Course, Flag},
    view::View,
};

impl View<'_> {
    /// What a person may say of the step now.
    ///
    /// What the way back leaves behind by declaration is not asked for, nor what somebody says of it: it is listed as it is.
    pub(super) fn settleable(&self, step: u16) -> &'static [Settlement] {
        use Settlement::{Applied, NotApplied, Undone};
        let state = self.state(step);
        let doubt = state.has(Flag::Doubt);
        match state.at {
            _ if self.is_passed(step) => &[],
            At::WaitAttempt | At::WaitResolve | At::WaitCompensate | At::Doubt if doubt => {
                &[Applied, NotApplied, Undone]
            }
            At::WaitCompensate => &[Undone],
            At::Unsettled | At::CrashLoop if doubt && self.is_parked() => {
                &[Applied, NotApplied, Undone]
            }
            At::Unrecorded if self.is_parked() => &[Applied, Undone],
            At::Standing | At::Kept if self.is_parked() => &[Undone],
            _ => &[],
        }
    }

    pub(super) fn is_parked(&self) -> bool {
        self.due() == Ok(Command::End(End::Parked))
    }
}

impl Run<'_> {
    /// What follows is what follows from the same answer of `resolve`, or from a compensation; in a parked saga, once it is resumed, with all
    /// budgets new.
    pub(super) fn settled(&mut self, step: u16, settlement: Settlement) {
        let parked = self.view().is_parked();
        if parked {
            self.core.course = Course::Halted;
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
