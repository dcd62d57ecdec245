//! The rules of compensating: what is undone or skipped, where the saga goes forward again, how it
//! ends, and how it resumes.
//!
//! The steps that a still applied step depends on are not compensated: undoing the payment of a
//! booking that cannot be cancelled helps no one. Steps that it does not depend on are undone.
//!
//! One compensation runs at a time, that of the last step first, and each waits for the one before,
//! even between siblings: a step may have to be undone before another that it does not read, as a
//! sale before the mark under which it was made.

use super::{
    command::{Command, End, Lane},
    phase::{Cancellation, Direction},
    remnant::Part,
    state::{Course, Flag, StepPhase, StepState},
    transition::Transition,
    view::View,
};
use crate::values::call::CallKind;

impl View<'_> {
    /// Returns the first command in reverse order of declaration, for the steps before `end`.
    pub(super) fn way_back(&self, end: u16) -> Result<Command, (u16, CallKind)> {
        for step in (0..end.min(self.saga.below)).rev() {
            if let Some(running) = self.state(step).running() {
                return Err((step, running));
            }
            if let Some(command) = self.undo(step) {
                return Ok(command);
            }
            if self.turns_at(step) {
                return Ok(if self.forbids_turn(step) {
                    Command::Refuse { step }
                } else {
                    let failure = self.saga.turns;
                    Command::Turn { step, failure }
                });
            }
        }
        let resists = self.states.iter().any(StepState::resists);
        Ok(Command::End(if resists {
            End::Parked
        } else {
            End::Compensated
        }))
    }

    pub(super) fn undo(&self, step: u16) -> Option<Command> {
        let state = self.state(step);
        match state.at {
            StepPhase::Applied | StepPhase::Unrecorded => {
                self.step(step).undoing()?;
                let call = CallKind::Compensate;
                Some(match self.arriving(step) {
                    _ if state.has(Flag::Held) => Command::Keep { step },
                    Some(step) => Command::AwaitLate { step, call },
                    None => Command::call(step, call),
                })
            }
            StepPhase::Waiting(CallKind::Compensate) => Some(self.wait(step, CallKind::Compensate)),
            _ => match self.lane(step) {
                Lane::Run(command) => Some(command),
                Lane::Blocked | Lane::Ended => None,
            },
        }
    }

    /// Whether the saga may go forward again from this savepoint now: all steps from it on are
    /// undone.
    pub(super) fn turns_at(&self, step: u16) -> bool {
        // Checked first, since few steps are savepoints: so a rollback reads each step once.
        let mut before = self.states.iter().take(step.into());
        self.may_turn_at(step) && before.all(StepState::is_committed)
    }

    /// Whether the saga may go forward again from this savepoint, once the calls of earlier steps
    /// have ended and their doubt is settled.
    pub(super) fn may_turn_at(&self, step: u16) -> bool {
        let mut from_it_on = self.states.iter().skip(step.into());
        self.may_turn_once_resumed(step) && !from_it_on.any(StepState::resists)
    }

    /// Whether the saga may go forward again from this savepoint, apart from steps from it on that
    /// cannot be undone: they make it park first, and may be undone before it is resumed.
    pub(super) fn may_turn_once_resumed(&self, step: u16) -> bool {
        let saga = self.saga;
        let Some(savepoint) = &self.step(step).savepoint else {
            return false;
        };
        let mut before = self.states.iter().take(step.into());
        let accepted = [saga.cancellation, saga.deadline].contains(&Cancellation::Accepted);
        savepoint.limit.allows(saga.turns)
            && savepoint.is_for(saga.first_failed)
            && !self.state(step).has(Flag::TurnDeclined)
            && self.state(step).at != StepPhase::Omitted
            && !saga.aborted
            && !saga.recalled
            && !accepted
            && step < saga.below
            && before.all(StepState::may_be_committed)
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.due(), Ok(Command::End(_)))
    }

    /// Whether the operation of the step may be in progress, or may have happened.
    pub(super) fn is_at_risk(&self, step: u16) -> bool {
        let state = self.state(step);
        state.running().is_some() || state.has(Flag::Doubt)
    }

    /// Whether the parts of the step, a loop, still count: the loop has started since the last
    /// turn, and was not undone together with another step.
    pub(crate) fn has_parts(self, step: u16) -> bool {
        self.state(step).has(Flag::Started) && !self.is_undone_with_another(step)
    }

    /// Whether the saga compensates, and calls no code of this step while it does.
    pub(super) fn is_passed(&self, step: u16) -> bool {
        self.saga.direction == Direction::Compensating && self.step(step).compensation.is_passed()
    }

    /// Whether the rollback has undone the step whose compensation also undoes this one.
    pub(super) fn is_undone_with_another(&self, step: u16) -> bool {
        let other = self.step(step).compensation.with();
        let gone = |other| {
            let at = self.state(other).at;
            matches!(at, StepPhase::Undone | StepPhase::Failed)
        };
        self.saga.direction == Direction::Compensating && other.is_some_and(gone)
    }
}

impl Transition<'_> {
    /// Starts to compensate, unless the saga already does: pending retries are given up, and doubt
    /// is settled as declared for a rollback.
    pub(super) fn go_back(&mut self) {
        if self.saga.direction == Direction::Compensating {
            return;
        }
        self.saga.direction = Direction::Compensating;
        self.answer(Cancellation::Accepted);
        for step in self.view().unit() {
            match self.view().state(step).at {
                StepPhase::Ready
                | StepPhase::Waiting(_)
                | StepPhase::UsedUp
                | StepPhase::Awaiting
                | StepPhase::CrashLoop
                | StepPhase::Doubt => {
                    self.cut_short(step);
                }
                _ => {}
            }
        }
    }

    fn cut_short(&mut self, step: u16) {
        let doubt = self.view().state(step).has(Flag::Doubt);
        if self.holds_child(step) {
            // The child has effects, so it is rolled back like an applied step.
            self.state(step).at = StepPhase::Applied;
        } else if !doubt {
            self.state(step).at = StepPhase::Failed;
        } else if self.view().way(step).is_some() {
            self.stays_in_doubt(step);
        } else {
            self.state(step).at = StepPhase::Unsettled;
            self.hold_below(step);
        }
    }

    /// Marks the steps that `step` depends on, directly or through others: since `step` may remain
    /// applied, they are not compensated.
    pub(super) fn hold_below(&mut self, step: u16) {
        for upper in (0..=step).rev() {
            let state = self.view().state(upper);
            let skipped = matches!(
                state.at,
                StepPhase::Skipped | StepPhase::Omitted | StepPhase::Absent
            );
            if upper == step || state.has(Flag::Held) && !skipped {
                let declared = &self.saga.definition.steps[usize::from(upper)];
                for &lower in declared.stands_on.iter() {
                    self.states[usize::from(lower)].set(Flag::Held);
                }
            }
        }
    }

    /// Goes forward again from this step, as if nothing from it on had happened, except for the
    /// effects that were left behind.
    pub(super) fn turn(&mut self, step: u16) {
        self.saga.turns = self.saga.turns.saturating_add(1);
        self.saga.course = Course::Repeated;
        self.saga.below = u16::MAX;
        self.saga.direction = Direction::Forward;
        self.saga.first_failed = None;
        self.saga.refused = false;
        self.saga.aborted = false;
        self.saga.cursor = self.saga.definition.unit_of(step).start;
        // The condition of a block that contains the savepoint is not evaluated again, unless it
        // panicked.
        let conditions = self.saga.definition.conditions.iter();
        let begun = conditions
            .take_while(|condition| condition.first <= step)
            .count();
        let entered = usize::from(self.saga.entered).min(begun);
        self.saga.entered = u16::try_from(entered).unwrap_or(u16::MAX);
        for any in self.view().steps() {
            self.state(any).clear(Flag::TurnDeclined);
        }
        for again in step..self.view().steps().end {
            if self.view().stays_omitted(again, step) {
                continue;
            }
            let declared = &self.saga.definition.steps[usize::from(again)];
            let state = &mut self.states[usize::from(again)];
            let at = if declared.absent {
                StepPhase::Absent
            } else {
                StepPhase::Pending
            };
            // It was undone together with the other step, which is not before the savepoint.
            if declared.compensation.with().is_some() {
                state.clear_doubt();
                state.clear(Flag::PerhapsLeft);
                state.part = Part::NONE;
            } else {
                state.leave_round(declared);
            }
            if state.has(Flag::Started) {
                state.set(Flag::NewRound);
            }
            state.clear(Flag::Started);
            state.at = at;
            state.forgive();
            state.renew_budgets();
        }
    }

    /// Resumes a parked saga, in the direction in which it parked.
    pub(super) fn resume(&mut self) {
        let forward = self.saga.direction == Direction::Forward;
        self.saga.course = Course::Repeated;
        self.saga.below = u16::MAX;
        if forward {
            self.saga.first_failed = None;
            self.saga.refused = false;
        }
        for step in self.view().steps() {
            let lacks_effect = self.view().lacks_effect(step);
            let child = self.is_child(step);
            let state = self.state(step);
            state.clear(Flag::Held);
            let at = match state.at {
                // Continuing with an effect that is not recorded would lose it in the next crash.
                _ if lacks_effect => {
                    state.renew_budgets();
                    self.effect_lost(step);
                    continue;
                }
                StepPhase::Uncompensated | StepPhase::Kept => StepPhase::Applied,
                // The child itself continues; its output is computed again.
                StepPhase::Unsettled | StepPhase::Unrecorded if child && forward => {
                    StepPhase::Ready
                }
                StepPhase::Unsettled if child => StepPhase::Applied,
                StepPhase::Unsettled => StepPhase::Doubt,
                StepPhase::CrashLoop if state.has(Flag::Doubt) => StepPhase::Doubt,
                StepPhase::CrashLoop => StepPhase::Ready,
                StepPhase::Failed if forward && state.has(Flag::Started) => StepPhase::Ready,
                StepPhase::Failed | StepPhase::Barred if forward => StepPhase::Pending,
                _ => continue,
            };
            state.at = at;
            state.renew_budgets();
            if at != StepPhase::Doubt {
                state.forgive();
            }
        }
        // A step that happened in part, and that nothing finishes or undoes, waits for an operator.
        for step in self.view().steps() {
            let view = self.view();
            if view.state(step).at == StepPhase::Doubt && view.way(step).is_none() {
                self.unsettled(step);
            }
        }
    }
}
