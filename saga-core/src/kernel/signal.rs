//! Signals: how the kernel answers one that arrives now.

use super::{
    command::{Command, End},
    phase::Direction,
    state::{Flag, StepPhase, StepState},
    view::View,
};
use crate::definition::Kind;
use crate::values::call::CallKind;

/// The answer to a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hearing {
    /// The signal counts, once it is recorded.
    Accepted,
    /// A signal that counts has already been sent.
    Duplicate,
    /// The saga does not wait for the signal any more.
    TooLate,
}

impl View<'_> {
    /// The command of a step that waits.
    pub(super) fn awaits(&self, step: u16) -> Command {
        match self.step(step).kind {
            Kind::Sleep => Command::Sleep { step },
            Kind::Lock => Command::Acquire { step },
            _ if self.is_signalled(step) => Command::Receive { step },
            _ => Command::Listen { step },
        }
    }

    /// Whether a signal was accepted that the step has not received yet.
    pub(super) fn is_signalled(&self, step: u16) -> bool {
        self.step(step).kind == Kind::Signal && self.state(step).has(Flag::Signalled)
    }

    /// The answer to a signal for the step; `None` if the step does not wait for one.
    pub(super) fn hearing(&self, step: u16) -> Option<Hearing> {
        let declared = self.saga.definition.steps.get(usize::from(step))?;
        if declared.kind != Kind::Signal {
            return None;
        }
        let state = self.state(step);
        let back = self.saga.direction == Direction::Compensating;
        let reruns =
            |savepoint| !self.never_turns(savepoint) && !self.stays_omitted(step, savepoint);
        Some(if state.at == StepPhase::Absent {
            Hearing::TooLate
        } else if self.is_signalled(step) {
            Hearing::Duplicate
        } else if back && self.may_turn_before(step, reruns) {
            // When the saga goes forward again from the savepoint, it forgets the signal that it
            // received before.
            Hearing::Accepted
        } else if state.at == StepPhase::Applied {
            Hearing::Duplicate
        } else if back || state.has_gone_without() {
            Hearing::TooLate
        } else {
            Hearing::Accepted
        })
    }

    /// Whether the saga, which compensates, may still go forward again from this step or from an
    /// earlier one. A step that cannot be undone prevents that only until the saga is resumed,
    /// since it may be undone then.
    fn may_turn_before(&self, step: u16, at: impl Fn(u16) -> bool) -> bool {
        let ended = matches!(self.due(), Ok(Command::End(End::Compensated)));
        let mut savepoints = 0..=step;
        !ended && savepoints.any(|savepoint| self.may_turn_once_resumed(savepoint) && at(savepoint))
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

    /// Whether the step is committed, or may turn out to be, when the saga has rolled back to the
    /// step after it.
    pub(super) const fn may_be_committed(&self) -> bool {
        self.is_committed() || self.running().is_some() || self.has(Flag::Doubt)
    }
}
