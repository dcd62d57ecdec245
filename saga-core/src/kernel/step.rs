//! What may be asked of one step of a saga.

use super::{
    api::Kernel,
    event::Settlement,
    phase::Phase,
    signal::Hearing,
    state::{Flag, StepState},
};
use crate::definition::{Backoff, Limit};
use crate::values::call::CallKind;

/// One step. Each method panics if there is no such step.
impl<S: AsRef<[StepState]> + AsMut<[StepState]>> Kernel<S> {
    /// How often and how far apart this step, its `resolve` or its compensation is tried: as
    /// declared, or by default.
    ///
    /// For the action without `#[retry]` it is how its repetitions that settle doubt are counted;
    /// before the pivot (and for the pivot itself) a failure that leaves no doubt is not followed
    /// by another attempt then.
    pub fn policy(&self, step: u16, call: CallKind) -> (Limit, &Backoff) {
        self.view().policy(step, call)
    }

    /// Where the step is.
    pub fn phase(&self, step: u16) -> Phase {
        self.view().phase(step)
    }

    /// How many attempts of the action were started since the last turn, resumption or the start,
    /// without those lost to a crash: from 1 once it is attempted.
    pub fn attempt(&self, step: u16) -> u32 {
        self.view().state(step).attempts
    }

    /// The round of the step, from 0: it advances when the action is started again after a
    /// compensation attempt or a turn.
    pub fn round(&self, step: u16) -> u32 {
        self.view().state(step).round
    }

    /// Whether the last thing heard of the step's action since the last turn is a failure that
    /// nothing made good, cut-short ones included.
    pub fn has_failed(&self, step: u16) -> bool {
        self.view().state(step).has_failed()
    }

    /// Whether it is not known, by now, if the step's operation happened.
    pub fn is_in_doubt(&self, step: u16) -> bool {
        let doubt = self.view().state(step).has(Flag::Doubt);
        doubt && !self.view().is_undone_with_another(step)
    }

    /// Whether the step is in doubt, and some of its operation happened for certain.
    pub fn is_partial(&self, step: u16) -> bool {
        self.is_in_doubt(step) && self.view().state(step).has(Flag::Partial)
    }

    /// Whether the step's action, `resolve` or compensation, whichever is at hand, has failed ten
    /// times in a row or more.
    pub fn is_stuck(&self, step: u16) -> bool {
        self.view().state(step).is_stuck()
    }

    /// How many times in a row this call of the step was lost with its process.
    pub fn losses(&self, step: u16, call: CallKind) -> u32 {
        self.view().state(step).losses.of(call).into()
    }

    /// The answer to a signal for the step, if one came now.
    ///
    /// # Panics
    ///
    /// If there is no such step, or it is no signal.
    pub fn hearing(&self, step: u16) -> Hearing {
        let hearing = self.view().hearing(step);
        hearing.expect("signals are sent to steps that listen for one")
    }

    /// How a person may settle the step now, by [`Event::Settled`](super::Event::Settled): while no
    /// call of it runs, and the saga is parked, or the step is in doubt and waits, or waits for
    /// another try of its compensation.
    ///
    /// What a way back leaves behind by `compensate none` cannot be settled: no saga parks for it.
    pub fn settleable(&self, step: u16) -> impl Iterator<Item = Settlement> {
        self.view().settleable(step).iter().copied()
    }
}
