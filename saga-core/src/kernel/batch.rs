//! Applies many steps at once, for an unobserved run in memory. The tests compare the resulting
//! state, field by field, with that after the single events.

use super::{
    api::Kernel,
    command::Command,
    phase::Direction,
    state::{Course, Flag, LastFailure, StepPhase, StepState},
    streak::Streak,
};
use crate::definition::Step;
use crate::values::call::CallKind;

/// Whether a batch may contain the step: it is in no block, and has no `when`.
#[inline]
pub(crate) const fn is_plain(step: &Step) -> bool {
    let when = &step.rare.get().when;
    when.is_none() && step.group.is_none() && step.kind.acts() && step.condition.is_none()
}

impl Kernel {
    /// Whether the current step is plain, and it and all steps after it are as they were at the
    /// start: nothing has failed, gone back to a savepoint, or been requested yet.
    #[inline]
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        let at = usize::from(self.saga.cursor);
        let plain = self.saga.definition.steps.get(at).is_some_and(is_plain);
        plain
            && self.saga.course == Course::Fresh
            && self.saga.direction == Direction::Forward
            && self.states[at].is_untouched()
    }

    /// Applies the events `Attempting`, `Applied`, `Attempting`, … of the plain, untouched steps
    /// from the current one up to `last`: all but `last` are applied at their first attempt, and
    /// the attempt of `last` has started.
    ///
    /// # Panics
    ///
    /// If `last` is not a step, or is before the current step.
    pub fn apply_batch(&mut self, last: u16) {
        let states = &mut *self.states;
        let (from, to) = (usize::from(self.saga.cursor), usize::from(last));
        states[from..to]
            .iter_mut()
            .for_each(StepState::applied_at_once);
        states[to].attempted();
        self.saga.cursor = last;
        self.due = Err((last, CallKind::Action));
    }

    /// Whether the current step begins a block in which nothing has happened yet, and whose steps
    /// do not await siblings: then each step is attempted, whatever happens to the others, until
    /// one of them fails.
    #[must_use]
    pub fn attempts_group(&self) -> bool {
        let Ok(Command::Group { first, len }) = self.due else {
            return false;
        };
        let (first, len) = (usize::from(first), usize::from(len));
        let declared = self.saga.definition.steps[first..first + len].iter();
        let mut steps = declared.zip(&self.states[first..first + len]);
        steps.all(|(declared, state)| {
            let asks = declared.when.is_some() || !declared.kind.acts();
            state.is_untouched() && declared.awaits.is_empty() && !asks
        })
    }

    /// Applies `Attempting` and `Applied` for each step of such a block.
    pub fn apply_group(&mut self) {
        let unit = self.view().unit();
        let block = usize::from(unit.start)..usize::from(unit.end);
        let states = &mut self.states[block];
        states.iter_mut().for_each(StepState::applied_at_once);
        self.saga.cursor = unit.end;
        self.saga.pass_closed(&self.states);
        self.due = self.view().due();
    }
}

impl StepState {
    /// Whether nothing has happened to the step since the start.
    #[inline]
    pub(super) fn is_untouched(&self) -> bool {
        self.at == StepPhase::Pending
            && self.flags == 0
            && self.cause == LastFailure::None
            && self.round == 0
    }

    /// Whether the first attempt of the step runs.
    #[inline]
    pub(super) fn is_acting_at_once(&self) -> bool {
        self.at == StepPhase::Calling(CallKind::Action)
            && self.flags == Flag::Started as u16
            && self.attempts == 1
            && self.cause == LastFailure::None
            && self.streak == Streak::NONE
    }

    /// Starts the first attempt of an untouched step.
    #[inline]
    pub(super) const fn attempted(&mut self) {
        self.attempts = 1;
        self.at = StepPhase::Calling(CallKind::Action);
        self.flags = Flag::Started as u16;
    }

    const fn applied_at_once(&mut self) {
        self.attempted();
        self.at = StepPhase::Applied;
    }
}
