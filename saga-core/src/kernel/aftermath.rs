//! What a run leaves behind, going forward or rolling back. The direction is not always that of the
//! run: a rollback may pass an item of a loop without calling it. The item still goes forward then,
//! and leaves behind what it would if it had been rolled back.

use super::{
    phase::{Direction, Left},
    state::{Flag, StepPhase, StepState},
    view::View,
};
use crate::definition::Kind;

/// What a run leaves behind if it goes in this direction.
#[derive(Clone, Copy)]
pub(crate) struct Aftermath<'a> {
    run: View<'a>,
    direction: Direction,
}

impl<'a> View<'a> {
    /// What the run leaves behind.
    pub(crate) fn aftermath(self) -> Aftermath<'a> {
        self.aftermath_in(self.direction())
    }

    /// What the run would leave behind if it went in this direction.
    pub(crate) fn aftermath_in(self, direction: Direction) -> Aftermath<'a> {
        let run = self;
        Aftermath { run, direction }
    }
}

impl<'a> Aftermath<'a> {
    /// The steps that are left behind by declaration.
    pub(crate) fn left(self) -> impl Iterator<Item = (u16, Left)> + use<'a> {
        // Usually there is none, and one scan of the states shows that.
        let first = self.run.states.iter().position(StepState::may_be_left);
        let first = first.unwrap_or(self.run.states.len());
        let steps = self.run.steps().skip(first);
        steps.filter_map(move |step| Some((step, self.left_of(step)?)))
    }

    /// How the step is left behind, in this round or an earlier one. This round of a child saga or a loop
    /// is represented by its own steps.
    pub(super) fn left_of(self, step: u16) -> Option<Left> {
        let (declared, state) = (self.run.step(step), self.run.state(step));
        let passed = self.is_left(step) && !declared.is_nested();
        if declared.compensation.with().is_some() {
            None
        } else if state.has(Flag::LeftByTurn)
            || passed && (state.is_applied() || state.has(Flag::Partial))
        {
            Some(Left::Certain)
        } else if state.has(Flag::PerhapsLeft) || passed && state.has(Flag::Doubt) {
            Some(Left::Perhaps)
        } else {
            None
        }
    }

    /// Whether the saga compensates, and leaves the effect of this step in place by declaration.
    pub(super) fn is_left(self, step: u16) -> bool {
        self.direction == Direction::Compensating && self.run.step(step).may_stay()
    }

    /// The steps that remain applied, and are not in [`left`](Self::left).
    pub(crate) fn standing(self) -> impl Iterator<Item = u16> + use<'a> {
        self.run.steps().filter(move |&step| self.stands(step))
    }

    pub(super) fn stands(self, step: u16) -> bool {
        let state = self.run.state(step);
        let stands =
            state.is_applied() || matches!(state.at, StepPhase::Uncompensated | StepPhase::Kept);
        let gone = self.is_left(step) || self.run.is_undone_with_another(step);
        let acts = matches!(self.run.step(step).kind, Kind::Step | Kind::Pivot);
        stands && acts && !gone
    }

    /// The steps that are in doubt, and are not in [`left`](Self::left).
    pub(crate) fn in_doubt(self) -> impl Iterator<Item = u16> + use<'a> {
        self.run.steps().filter(move |&step| self.is_in_doubt(step))
    }

    pub(super) fn is_in_doubt(self, step: u16) -> bool {
        let state = self.run.state(step);
        let with_another = self.run.step(step).compensation.with().is_some();
        let doubt = state.has(Flag::Doubt) || with_another && state.has(Flag::PerhapsLeft);
        doubt && !self.is_left(step) && !self.run.is_undone_with_another(step)
    }

    /// The steps that a saga that goes forward has still to do.
    pub(crate) fn unfinished(self) -> impl Iterator<Item = u16> + use<'a> {
        self.run.steps().filter(move |&step| {
            let state = self.run.state(step);
            let doubt = state.has(Flag::Doubt);
            let done = state.is_committed() || state.at == StepPhase::Unrecorded || doubt;
            self.direction == Direction::Forward && !done
        })
    }
}
