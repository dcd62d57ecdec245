//! The rules for requests that arrive late: an attempt that was lost may still take effect until
//! `#[late]` has passed. `resolve` waits for that in [`way`](View::way).
//!
//! An unconfirmed attempt is not an event. It follows from the events that end an attempt, so a run
//! without one commits nothing more. The kernel knows that a compensation waits for it; the run knows
//! since when.

use super::{
    api::Kernel,
    command::Command,
    event::Event,
    state::{Flag, StepPhase, StepState},
    transition::Transition,
    tries::GIVEN_UP,
    view::{Due, View},
};
use crate::definition::{Items, Limit};
use crate::values::call::CallKind;

impl View<'_> {
    /// The step of which this event, which is not applied yet, loses an attempt that may still
    /// arrive, and for which a compensation then waits.
    pub(super) fn lost_attempt(&self, event: Event) -> Option<u16> {
        let ends = self.ends_in_doubt(event);
        ends.filter(|step| self.step(*step).late_undo)
    }

    /// The step of which this event, which is not applied yet, loses an attempt that may still
    /// arrive, whatever waits for it.
    fn ends_in_doubt(&self, event: Event) -> Option<u16> {
        let step = event.step().filter(|_| event.brings_doubt())?;
        let state = self.states.get(usize::from(step))?;
        (state.at == StepPhase::Calling(CallKind::Action)).then_some(step)
    }

    /// The step for whose unconfirmed attempt the compensation of `step` waits: one that is undone
    /// with it, or itself.
    pub(super) fn arriving(&self, step: u16) -> Option<u16> {
        if !self.saga.arriving {
            return None;
        }
        let undone = |other| other == step || self.step(other).compensation.with() == Some(step);
        let mut from_it_on = (step..self.steps().end).rev();
        from_it_on.find(|&other| self.state(other).has(Flag::Arriving) && undone(other))
    }

    /// Whether a call waits for unconfirmed attempts of this step now.
    pub(super) fn awaits_late(self, step: u16, due: Due) -> bool {
        let due = self.due_of(step, due);
        matches!(due, Some(Command::AwaitLate { step: of, .. }) if of == step)
    }

    /// Whether the action may be attempted again to settle doubt.
    pub(super) fn may_be_repeated(&self, step: u16) -> bool {
        let state = self.state(step);
        let open = self.leaves(step, state, CallKind::Action, state.attempts);
        (open || state.once_more(CallKind::Action)) && !state.losses.is_loop(CallKind::Action)
    }

    /// Whether the declared count leaves another call when so many were made; none is left of one
    /// that was given up. After a refusal that came too early to count, one attempt more than declared
    /// may follow, since the wait makes it count.
    pub(super) fn leaves(self, step: u16, state: &StepState, call: CallKind, done: u32) -> bool {
        let limit = self.policy(step, call).0;
        let early = call == CallKind::Action && state.has(Flag::Early);
        let one_more = early && limit != Limit::Times(1);
        done != GIVEN_UP && limit.allows(done.saturating_sub(one_more.into()))
    }
}

impl Transition<'_> {
    /// An attempt of the step was lost, for which a compensation waits.
    pub(super) fn arrives(&mut self, step: u16) {
        self.state(step).set(Flag::Arriving);
        self.saga.arriving = true;
    }
}

impl Kernel {
    /// Whether this event, which is to be applied next, ends an attempt that may still arrive, and
    /// for which a compensation then waits.
    pub(crate) fn loses_attempt(&self, event: Event) -> bool {
        self.view().lost_attempt(event).is_some()
    }

    /// Whether this event, which is to be applied next, ends an attempt that may still arrive.
    pub(crate) fn ends_in_doubt(&self, event: Event) -> bool {
        self.view().ends_in_doubt(event).is_some()
    }

    /// An attempt of the step was lost under another version, by which no compensation waited for it.
    pub(crate) fn lost_before(&mut self, step: u16) {
        if self.view().step(step).late_undo && self.view().may_remain(step) {
            let (saga, states) = (&mut self.saga, &mut *self.states);
            Transition { saga, states }.arrives(step);
            self.due = self.view().due();
        }
    }

    /// Whether the attempt of the step that runs has waited for `#[late]`, so that a refusal counts.
    pub(crate) fn has_awaited_late(&self, step: u16) -> bool {
        let view = self.view();
        let state = view.state(step);
        state.has(Flag::Early) && state.has(Flag::LatePassed)
    }

    /// Before the event that ends the call of a loop: the compensation of the step with which the
    /// loop is undone waits for unconfirmed attempts of its items, too.
    pub(crate) fn note_arriving<'a>(
        &mut self,
        step: u16,
        items: impl IntoIterator<Item = &'a Kernel>,
    ) {
        let is_undone_with = self.view().step(step).compensation.with().is_some();
        let arrives = |item: &Kernel| item.view().state(Items::STEP).has(Flag::Arriving);
        if is_undone_with && items.into_iter().any(arrives) {
            let (saga, states) = (&mut self.saga, &mut *self.states);
            Transition { saga, states }.arrives(step);
        }
    }
}
