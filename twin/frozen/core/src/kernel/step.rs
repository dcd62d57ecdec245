//! What the kernel knows about one step of a saga.

use super::{api::Kernel, event::Settlement, phase::Phase, signal::Hearing, state::Flag};
use crate::definition::{Backoff, Limit};
use crate::values::call::CallKind;

/// One step. Each method panics if there is no such step.
impl Kernel {
    /// How many times, and with what backoff, this step, its `resolve` or its compensation is
    /// tried: as declared, or by default.
    ///
    /// Without `#[retry]`, the action's policy counts only the repetitions that settle doubt: at
    /// and before the pivot, a failure that leaves no doubt is then not followed by another
    /// attempt.
    #[must_use]
    pub fn policy(&self, step: u16, call: CallKind) -> (Limit, &Backoff) {
        self.view().policy(step, call)
    }

    /// The state of the step.
    #[must_use]
    pub fn phase(&self, step: u16) -> Phase {
        self.view().phase(step)
    }

    /// The number of attempts of the action since the start, the last turn or the last resumption,
    /// without those lost in a crash: from 1 once it is attempted.
    #[must_use]
    pub fn attempt(&self, step: u16) -> u32 {
        self.view().state(step).attempts
    }

    /// The round of the step, from 0. It advances when the action is started again after a
    /// compensation attempt or a turn.
    #[must_use]
    pub fn round(&self, step: u16) -> u32 {
        self.view().state(step).round
    }

    /// Whether the step's action has failed since the last turn, even if its retries were cut
    /// short, and the step has not succeeded, been skipped or fallen back since.
    #[must_use]
    pub fn has_failed(&self, step: u16) -> bool {
        self.view().state(step).has_failed()
    }

    /// The step whose error aborts the saga: this one, if its error does.
    pub(crate) fn aborted_by(&self, step: u16) -> u16 {
        let view = self.view();
        let aborts = |step: &u16| view.state(*step).aborts();
        let other = || view.steps().find(aborts);
        Some(step).filter(aborts).or_else(other).unwrap_or(step)
    }

    /// Whether it is still unknown if the step's operation happened.
    #[must_use]
    pub fn is_in_doubt(&self, step: u16) -> bool {
        let doubt = self.view().state(step).has(Flag::Doubt);
        doubt && !self.view().is_undone_with_another(step)
    }

    /// Whether the step is in doubt, and part of its operation has certainly happened.
    #[must_use]
    pub fn is_partial(&self, step: u16) -> bool {
        self.is_in_doubt(step) && self.view().state(step).has(Flag::Partial)
    }

    /// Whether the calls of the step's action, `resolve` or compensation, whichever is tried now,
    /// have failed at least ten times in a row.
    #[must_use]
    pub fn is_stuck(&self, step: u16) -> bool {
        self.view().state(step).is_stuck()
    }

    /// How many times in a row this call of the step was lost with its process.
    #[must_use]
    pub fn losses(&self, step: u16, call: CallKind) -> u32 {
        self.view().state(step).losses.of(call).into()
    }

    /// The answer to a signal that arrives for the step now.
    ///
    /// # Panics
    ///
    /// If there is no such step, or it does not wait for a signal.
    #[must_use]
    pub fn hearing(&self, step: u16) -> Hearing {
        let hearing = self.view().hearing(step);
        hearing.expect("signals are sent to steps that listen for one")
    }

    /// The ways in which an operator may settle the step now, by
    /// [`Event::Settled`](super::Event::Settled): no call of it may run, and the saga must be
    /// parked, or the step in doubt and waiting, or waiting for another try of its compensation.
    ///
    /// A step left behind by `compensate none` cannot be settled: no saga parks for it.
    pub fn settleable(&self, step: u16) -> impl Iterator<Item = Settlement> {
        self.view().settleable(step).iter().copied()
    }
}
