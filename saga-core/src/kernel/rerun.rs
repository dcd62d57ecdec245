//! The rule of reruns: a rerun repeats what was undone.
//!
//! A saga goes forward again from a savepoint, a loop begins anew, and a child saga runs again only if
//! nothing within their reach remains, or may, at any depth: except for the steps that say `compensate
//! none again`, which a rerun calls once more, and the outcome lists.
//!
//! The rule is kept twice: here, by what has happened; and in the macro (`reruns`), which refuses a
//! declaration with a rerun that would certainly be refused here (`Definition::left_at`).

use super::{
    api::Kernel,
    event::Event,
    follows::Follows,
    phase::{Direction, Left},
    remnant::Part,
    state::{Flag, LastFailure, StepPhase, StepState},
    transition::Transition,
    view::View,
};
use crate::{definition::Step, values::call::CallKind};

impl View<'_> {
    /// Whether something of the step remains, or may, that a rerun would repeat: then the saga does not
    /// go forward again from this step or an earlier one, and is not run again if it is a child.
    pub(super) fn remains(self, step: u16) -> bool {
        self.resists(step) || self.stays(step)
    }

    /// Whether something of the step could not be undone or settled.
    pub(super) fn resists(self, step: u16) -> bool {
        let (declared, state) = (self.step(step), self.state(step));
        let covered = declared.compensation.with().is_some();
        state.part.resists() || !covered && state.resists()
    }

    /// Whether something of the step stays by declaration, or because nothing settles whether it
    /// happened, and no `again` covers it.
    pub(super) fn stays(self, step: u16) -> bool {
        let (declared, state) = (self.step(step), self.state(step));
        if declared.compensation.with().is_some() || declared.is_again() {
            return false;
        }
        let own = declared.is_left() && (state.is_applied() || state.has(Flag::Doubt));
        // What an earlier run of a child left was covered.
        let perhaps = state.has(Flag::PerhapsLeft) && !declared.is_nested();
        state.part.leaves() || perhaps || own
    }

    /// Whether something remains of a step from this one on.
    pub(super) fn forbids_turn(self, from: u16) -> bool {
        (from..self.steps().end).any(|step| self.remains(step))
    }

    /// Whether the saga, which compensates, will not go forward again from this savepoint, because
    /// of an effect that remains whatever is settled and undone until then.
    pub(super) fn never_turns(self, from: u16) -> bool {
        (from..self.steps().end).any(|step| {
            let state = self.state(step);
            // What cannot be undone may be undone before the saga is resumed.
            let is_open =
                state.running().is_some() || self.step(step).is_nested() || state.resists();
            !is_open && self.remains(step)
        })
    }

    /// Whether a turn to the savepoint `from` leaves the step skipped: the savepoint is in another arm of
    /// its `when`, which stays taken.
    pub(super) fn stays_omitted(self, step: u16, from: u16) -> bool {
        let omitted = self.state(step).at == StepPhase::Omitted;
        let block = self.step(step).condition.filter(|_| omitted);
        block.is_some_and(|block| {
            let definition = &self.saga.definition;
            let several = definition.arms(block).len() > 1;
            several && definition.steps_of_arms(block).contains(&from)
        })
    }

    /// Whether an effect of the step is applied, or may be, in this round or an earlier one.
    pub(super) fn may_remain(self, step: u16) -> bool {
        let state = self.state(step);
        state.may_be_left() || state.resists()
    }

    /// Whether the step, a child saga that has failed, must not be run again: something of it remains.
    pub(super) fn refuses_attempt(self, step: u16) -> bool {
        let (declared, state) = (self.step(step), self.state(step));
        let begins = matches!(
            state.at,
            StepPhase::Ready | StepPhase::Waiting(CallKind::Action)
        );
        declared.child.is_some() && begins && state.has(Flag::NewRound) && self.remains(step)
    }
}

impl StepState {
    /// A new round replaces this one: what remains of it is listed as left by the step.
    pub(super) fn leave_round(&mut self, declared: &Step) {
        let passed = declared.may_stay();
        let own = passed && !declared.is_nested();
        let left = match self.part.left(passed) {
            // The items of a loop list what they leave themselves.
            _ if declared.items.is_some() => None,
            _ if own && (self.is_applied() || self.has(Flag::Partial)) => Some(Left::Certain),
            _ if own && self.has(Flag::Doubt) => Some(Left::Perhaps),
            left => left,
        };
        match left {
            Some(Left::Certain) => self.set(Flag::LeftByTurn),
            Some(Left::Perhaps) => self.set(Flag::PerhapsLeft),
            None => {}
        }
        self.clear_doubt();
        self.part = Part::NONE;
    }
}

impl Transition<'_> {
    /// The attempts of the step are used up; what remains of its earlier rounds is listed.
    pub(super) fn rerun_refused(&mut self, step: u16) {
        if self.state(step).cause == LastFailure::None {
            self.state(step).fails(LastFailure::Error, Follows::Once);
        }
        self.not_applied_for_good(step);
    }
}

impl Kernel {
    /// Whether the saga may go forward again from a savepoint at or before the step.
    pub(crate) fn lies_in_rerun(&self, step: u16) -> bool {
        let savepoint = self.definition().first_savepoint();
        savepoint.is_some_and(|savepoint| savepoint <= step)
    }

    /// Whether a turn to the savepoint `from` leaves the step skipped.
    pub(crate) fn stays_omitted(&self, step: u16, from: u16) -> bool {
        self.view().stays_omitted(step, from)
    }

    /// The answer to [`Command::Refuse`](super::Command::Refuse).
    #[must_use]
    pub fn refusal(&self, step: u16) -> Event {
        match self.direction() {
            Direction::Compensating => Event::TurnDeclined { step },
            Direction::Forward => Event::RerunRefused { step },
        }
    }
}
