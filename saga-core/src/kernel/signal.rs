//! Signals: what one is answered that comes now.

use super::{
    command::{Command, End},
    phase::Direction,
    state::{Flag, StepPhase, StepState},
    view::View,
};
use crate::definition::Kind;
use crate::values::call::CallKind;

/// What somebody is answered who sends a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hearing {
    /// It counts, once it is on record.
    Accepted,
    /// One that counts is there already.
    Duplicate,
    /// The saga does not listen for it any more.
    TooLate,
}

impl View<'_> {
    /// What the step does that waits.
    pub(super) fn awaits(&self, step: u16) -> Command {
        match self.step(step).kind {
            Kind::Sleep => Command::Sleep { step },
            Kind::Lock => Command::Acquire { step },
            _ if self.is_signalled(step) => Command::Receive { step },
            _ => Command::Listen { step },
        }
    }

    /// Whether a signal counts that the step has not taken yet.
    pub(super) fn is_signalled(&self, step: u16) -> bool {
        self.step(step).kind == Kind::Signal && self.state(step).has(Flag::Signalled)
    }

    /// The answer to a signal; `None` if the step is none.
    pub(super) fn hearing(&self, step: u16) -> Option<Hearing> {
        let declared = self.saga.definition.steps.get(usize::from(step))?;
        if declared.kind != Kind::Signal {
            return None;
        }
        let state = self.state(step);
        let back = self.saga.direction == Direction::Compensating;
        Some(if state.at == StepPhase::Absent {
            Hearing::TooLate
        } else if self.is_signalled(step) {
            Hearing::Duplicate
        } else if back && self.may_turn_before(step) {
            // What it has taken so far, the turn forgets.
            Hearing::Accepted
        } else if state.at == StepPhase::Applied {
            Hearing::Duplicate
        } else if back || state.has_gone_without() {
            Hearing::TooLate
        } else {
            Hearing::Accepted
        })
    }

    /// Whether a signal for the step may be recorded now. Until 2026-11-24 one was also accepted for a
    /// savepoint in a block that was not taken; journals may have such a signal, which no step takes.
    pub(super) fn may_be_signalled(&self, step: u16) -> bool {
        let is_omitted = |savepoint: u16| {
            let declared = self.step(savepoint).savepoint.is_some();
            declared && self.state(savepoint).at == StepPhase::Omitted
        };
        match self.hearing(step) {
            Some(Hearing::Accepted) => true,
            Some(Hearing::Duplicate | Hearing::TooLate) => {
                let back = self.saga.direction == Direction::Compensating;
                back && !self.is_signalled(step) && (0..step).any(is_omitted)
            }
            None => false,
        }
    }

    /// Whether the saga, which is on its way back, may still turn at this step or at one before it.
    /// What stands keeps it from that until it is resumed, and may be undone then.
    fn may_turn_before(&self, step: u16) -> bool {
        let ended = matches!(self.due(), Ok(Command::End(End::Compensated)));
        !ended && (0..=step).any(|savepoint| self.may_turn_once_resumed(savepoint))
    }
}

impl StepState {
    /// Whether the saga goes forward without the signal of the step.
    const fn has_gone_without(&self) -> bool {
        matches!(
            self.at,
            StepPhase::Skipped
                | StepPhase::Omitted
                | StepPhase::UsedUp
                | StepPhase::Calling(CallKind::Fallback)
                | StepPhase::Waiting(CallKind::Fallback)
                | StepPhase::FellBack
        )
    }

    /// Whether it is, or may turn out to be, committed while the saga goes back to what follows it.
    pub(super) const fn may_be_committed(&self) -> bool {
        self.is_committed() || self.running().is_some() || self.has(Flag::Doubt)
    }
}
