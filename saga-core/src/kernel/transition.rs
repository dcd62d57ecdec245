//! Which events fit the state, and how they change it.

use super::{
    command::{Command, End},
    event::{Event, Illegal, Verdict},
    follows::Follows,
    phase::{Cancellation, Direction},
    signal::Hearing,
    state::{Course, Flag, LastFailure, SagaState, StepPhase, StepState},
    tries::failures,
    view::{Due, View},
};
use crate::definition::{Kind, PANICS, Side};
use crate::values::call::CallKind;

/// The whole state, mutable.
pub(super) struct Transition<'a> {
    pub(super) saga: &'a mut SagaState,
    pub(super) states: &'a mut [StepState],
}

impl Transition<'_> {
    /// `due` is what was due before the event.
    pub(super) fn apply(&mut self, event: Event, due: Due) -> Result<(), Illegal> {
        if !self.fits(event, due) {
            return Err(Illegal { event });
        }
        self.take(event);
        self.advance();
        Ok(())
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            saga: self.saga,
            states: self.states,
        }
    }

    pub(super) fn state(&mut self, step: u16) -> &mut StepState {
        &mut self.states[usize::from(step)]
    }

    /// Whether the event answers the current command, or ends a running call.
    pub(super) fn fits(&self, event: Event, due: Due) -> bool {
        let is_due = |command, step| self.view().due_of(step, due) == Some(command);
        let forward = self.saga.direction == Direction::Forward;
        let refuses = |step| is_due(Command::Refuse { step }, step);
        let failure = self.saga.turns;
        let may_turn = |step| is_due(Command::Turn { step, failure }, step);
        let at = |step: u16| self.states.get(usize::from(step)).map(|state| state.at);
        match event {
            Event::CancelRequested | Event::DeadlinePassed => true,
            Event::Recalled => self.saga.definition.pivot.is_none(),
            Event::Resumed => self.view().is_parked(),
            Event::EmitFailed => {
                let ended = matches!(due, Ok(Command::End(End::Completed | End::Compensated)));
                ended && self.saga.definition.emits.is_some()
            }
            Event::Settled { step, settlement } => {
                at(step).is_some() && self.view().settleable(step).contains(&settlement)
            }
            Event::Skipped { step } => is_due(Command::call(step, CallKind::When), step),
            Event::WhenPanicked { step } => {
                is_due(Command::call(step, CallKind::When), step)
                    || self.is_first_of_undecided(step)
            }
            Event::Decided { block, .. } => due == Ok(Command::DecideBlock { block }),
            Event::Attempting { step } => {
                is_due(Command::call(step, CallKind::Action), step)
                    || is_due(Command::call(step, CallKind::When), step)
                        && self.view().step(step).kind.acts()
            }
            Event::RerunRefused { step } => forward && refuses(step),
            Event::Awaiting { step } => {
                is_due(Command::call(step, CallKind::When), step)
                    && !self.view().step(step).kind.acts()
            }
            Event::Woken { step } => {
                is_due(Command::Sleep { step }, step) || is_due(Command::Acquire { step }, step)
            }
            Event::Received { step } => is_due(Command::Receive { step }, step),
            Event::Signalled { step } => self.view().hearing(step) == Some(Hearing::Accepted),
            Event::LatePassed { step } => self.view().awaits_late(step, due),
            Event::Resolving { step } => is_due(Command::call(step, CallKind::Resolve), step),
            Event::Compensating { step } => is_due(Command::call(step, CallKind::Compensate), step),
            Event::FallingBack { step } => is_due(Command::call(step, CallKind::Fallback), step),
            Event::Kept { step } => is_due(Command::Keep { step }, step),
            Event::Turned { step } => may_turn(step),
            Event::TurnDeclined { step } => may_turn(step) || !forward && refuses(step),
            Event::Waited { step } => {
                use Command::{AfterLoss, Backoff};
                matches!(
                    self.view().due_of(step, due),
                    Some(Backoff { step: waits, .. } | AfterLoss { step: waits, .. }) if waits == step
                )
            }
            Event::Applied { step } | Event::Unrecordable { step } => {
                at(step) == Some(StepPhase::Calling(CallKind::Action))
                    && !self.view().is_failing(step)
            }
            Event::Rejected { step, .. } | Event::Panicked { step } => {
                at(step) == Some(StepPhase::Calling(CallKind::Action))
            }
            Event::Failing { step, refused } => {
                at(step).is_some() && self.view().may_fail_for_good(step, refused)
            }
            Event::TimedOut { step } => {
                at(step) == Some(StepPhase::Calling(CallKind::Action))
                    || is_due(Command::Listen { step }, step)
                    || is_due(Command::Acquire { step }, step)
            }
            Event::Lost { step, .. } => at(step).is_some() && self.may_be_lost(step),
            Event::Resolved { step, .. } | Event::ResolveFailed { step, .. } => {
                at(step) == Some(StepPhase::Calling(CallKind::Resolve))
            }
            Event::Compensated { step } | Event::CompensationFailed { step, .. } => {
                at(step) == Some(StepPhase::Calling(CallKind::Compensate))
            }
            Event::FellBack { step } | Event::FallbackDeclined { step } => {
                at(step) == Some(StepPhase::Calling(CallKind::Fallback))
            }
        }
    }

    /// Whether the condition of a `when` block is to be evaluated next, and the step is the first
    /// step of that block.
    fn is_first_of_undecided(&self, step: u16) -> bool {
        let due = self.view().due();
        matches!(due, Ok(Command::DecideBlock { block }) if self.view().block(block).start == step)
    }

    fn decided(&mut self, block: u16, taken: bool) {
        let definition = &self.saga.definition;
        let skipped = definition.skipped_by(block, taken);
        let entered = Some(block).filter(|_| taken);
        if let Some(entered) = entered.or_else(|| definition.else_of(block)) {
            self.saga.entered = entered + 1;
        }
        for step in skipped {
            self.passed_by(step, StepPhase::Omitted);
        }
    }

    fn take(&mut self, event: Event) {
        if let Some(step) = self.view().lost_attempt(event) {
            self.arrives(step);
        }
        if matches!(event, Event::Resumed | Event::Settled { .. }) && self.view().is_parked() {
            self.forget_cancel();
        }
        match event {
            Event::Skipped { step } => self.passed_by(step, StepPhase::Skipped),
            Event::Decided { block, taken } => self.decided(block, taken),
            Event::WhenPanicked { step } => self.when_panicked(step),
            Event::Attempting { step } => self.attempting(step),
            Event::Applied { step } => {
                self.state(step).succeeded(CallKind::Action);
                self.happened(step);
            }
            Event::Unrecordable { step } => self.unrecordable(step),
            Event::Rejected {
                step,
                verdict,
                abort,
                again,
                late_passed,
            } => {
                self.action_failed(step, LastFailure::of(verdict), Follows::of(abort, again));
                if self.is_child(step) && verdict.brings_doubt() {
                    self.child_stands(step);
                } else {
                    self.child_ended(step);
                    self.rejected(step, verdict, late_passed);
                }
            }
            Event::TimedOut { step } => {
                let acted = self.view().step(step).kind.acts();
                self.action_failed(step, LastFailure::TimedOut, Follows::Declared);
                if !acted {
                    return self.not_applied_for_good(step);
                }
                self.child_ended(step);
                self.unknown(step);
            }
            Event::Panicked { step } => {
                self.action_failed(step, LastFailure::Panicked, Follows::Declared);
                self.child_ended(step);
                self.unknown(step);
            }
            Event::Failing { step, refused } => {
                self.first_to_fail(step);
                self.saga.refused = refused;
                self.note_abort(step);
                self.go_back();
            }
            Event::Lost { step } => self.lost(step),
            Event::LatePassed { step } => {
                self.state(step).set(Flag::LatePassed);
                self.state(step).clear(Flag::Arriving);
            }
            Event::Resolving { step } => {
                self.state(step).at = StepPhase::Calling(CallKind::Resolve);
            }
            Event::Resolved { step, happened } => self.resolved(step, happened),
            Event::ResolveFailed { step, refused } => self.resolve_failed(step, refused),
            Event::Compensating { step } => self.compensating(step),
            Event::Compensated { step } => self.compensated(step),
            Event::CompensationFailed { step, refused } => self.compensation_failed(step, refused),
            Event::FallingBack { step } => {
                self.state(step).at = StepPhase::Calling(CallKind::Fallback);
            }
            Event::FellBack { step } => self.passed_by(step, StepPhase::FellBack),
            Event::FallbackDeclined { step } => self.fail(step),
            Event::Waited { step } => self.waited(step),
            Event::Kept { step } => self.state(step).at = StepPhase::Kept,
            Event::Turned { step } => self.turn(step),
            Event::TurnDeclined { step } => self.state(step).set(Flag::TurnDeclined),
            Event::RerunRefused { step } => self.rerun_refused(step),
            Event::Awaiting { step } => self.state(step).at = StepPhase::Awaiting,
            Event::Woken { step } => self.happened(step),
            Event::Signalled { step } => self.state(step).set(Flag::Signalled),
            Event::Received { step } => {
                self.state(step).clear(Flag::Signalled);
                self.happened(step);
            }
            Event::CancelRequested => self.saga.cancellation = self.request(self.saga.cancellation),
            Event::DeadlinePassed => self.saga.deadline = self.request(self.saga.deadline),
            Event::Recalled => self.recalled(),
            Event::Resumed => self.resume(),
            Event::EmitFailed => self.saga.course = Course::Unsaid,
            Event::Settled { step, settlement } => self.settled(step, settlement),
        }
    }

    /// Moves on to the first unit that has not committed.
    pub(super) fn advance(&mut self) {
        if self.saga.direction == Direction::Compensating || self.saga.course.is_halted() {
            return;
        }
        let committed = |states: &[StepState], step: u16| {
            states
                .get(usize::from(step))
                .is_some_and(StepState::is_committed)
        };
        while committed(self.states, self.saga.cursor) {
            let mut unit = self.view().unit();
            let end = unit.end;
            if !unit.all(|step| self.view().state(step).is_committed()) {
                break;
            }
            self.saga.cursor = end;
        }
    }

    /// The saga goes past the step, which is not called: it is skipped, or its fallback is used.
    fn passed_by(&mut self, step: u16, how: StepPhase) {
        let state = self.state(step);
        state.at = how;
        state.forgive();
    }

    fn when_panicked(&mut self, step: u16) {
        // The step's fallback cannot decide whether the block is taken.
        let of_block = self.is_first_of_undecided(step);
        self.action_failed(step, LastFailure::Panicked, Follows::Declared);
        let before_end = self.view().side(step) != Side::AfterPivot;
        if of_block && (before_end || self.view().state(step).panics >= PANICS) {
            self.fail(step);
        } else {
            self.not_applied(step);
        }
    }

    fn attempting(&mut self, step: u16) {
        let declared = &self.saga.definition.steps[usize::from(step)];
        let state = &mut self.states[usize::from(step)];
        if state.has(Flag::NewRound) && !state.has(Flag::Doubt) {
            state.clear(Flag::NewRound);
            state.round = state.round.saturating_add(1);
            if declared.child.is_some() {
                state.leave_round(declared);
            }
        }
        state.set(Flag::Started);
        state.attempts = state.attempts.saturating_add(1);
        state.at = StepPhase::Calling(CallKind::Action);
    }

    pub(super) fn action_failed(&mut self, step: u16, cause: LastFailure, follows: Follows) {
        let state = self.state(step);
        state.fails(cause, follows);
        state.clear(Flag::Early);
        state.losses.end(CallKind::Action);
        if cause == LastFailure::Panicked {
            state.panics = state.panics.saturating_add(1);
        }
        state.failed(CallKind::Action);
    }

    fn rejected(&mut self, step: u16, verdict: Verdict, late_passed: bool) {
        let (declared, state) = (self.view().step(step), self.view().state(step));
        let (doubt, part) = (state.has(Flag::Doubt), state.has(Flag::Partial));
        let refused = verdict == Verdict::Refused && declared.idempotent && !part;
        if verdict.brings_doubt() || doubt && !(refused && late_passed) {
            if verdict == Verdict::Partial && declared.kind != Kind::Read {
                self.state(step).set(Flag::Partial);
            } else if doubt && refused {
                self.state(step).set(Flag::Early);
            }
            self.unknown(step);
        } else if doubt {
            self.did_not_happen(step);
        } else {
            self.not_applied(step);
        }
    }

    fn unrecordable(&mut self, step: u16) {
        // It has happened, whatever earlier attempts said.
        self.state(step).forgive();
        self.action_failed(step, LastFailure::Unrecordable, Follows::Declared);
        if self.view().step(step).kind == Kind::Read {
            return self.not_applied(step);
        }
        self.state(step).clear_doubt();
        self.state(step).at = StepPhase::Unrecorded;
        self.first_to_fail(step);
        match self.view().side(step) {
            Side::BeforePivot => self.go_back(),
            Side::Pivot => self.answer(Cancellation::TooLate),
            Side::AfterPivot => self.bar_followers(step),
        }
    }

    fn resolved(&mut self, step: u16, happened: bool) {
        self.state(step).succeeded(CallKind::Resolve);
        self.state(step).losses.end(CallKind::Resolve);
        if happened {
            self.happened(step);
        } else {
            self.did_not_happen(step);
        }
    }

    pub(super) fn resolve_failed(&mut self, step: u16, refused: bool) {
        let state = self.state(step);
        state.resolve_failures = failures(state.resolve_failures, refused);
        state.losses.end(CallKind::Resolve);
        state.failed(CallKind::Resolve);
        self.settle(step, CallKind::Resolve);
    }

    pub(super) fn compensating(&mut self, step: u16) {
        if !self.view().state(step).has(Flag::Doubt) {
            self.saga.below = step + 1;
        }
        self.state(step).undoing();
    }

    pub(super) fn compensated(&mut self, step: u16) {
        self.state(step).succeeded(CallKind::Compensate);
        // A part of the step may have been aborted while it rolled back.
        self.note_abort(step);
        self.undone(step);
    }

    fn waited(&mut self, step: u16) {
        let state = self.state(step);
        state.at = match state.at {
            StepPhase::Waiting(CallKind::Action) if !state.has(Flag::Started) => StepPhase::Pending,
            StepPhase::Waiting(CallKind::Fallback) => StepPhase::UsedUp,
            _ if state.has(Flag::Doubt) => StepPhase::Doubt,
            StepPhase::Waiting(CallKind::Action) => StepPhase::Ready,
            _ => StepPhase::Applied,
        };
    }
}
