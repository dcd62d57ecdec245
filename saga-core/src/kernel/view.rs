//! The questions about the state: each is a function of the state, and nothing is remembered here.

use crate::values::call::CallKind;
use std::ops::Range;

use super::{
    command::{Command, End, Lane},
    losses::wait_after,
    phase::{Direction, Phase},
    state::{Flag, SagaState, StepPhase, StepState},
};
use crate::definition::{Backoff, DefinitionRef, Kind, Limit, Side, Step};

/// The whole state, read-only.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(super) saga: &'a SagaState,
    pub(super) states: &'a [StepState],
}

/// The command that is due, or the call that has to end first.
pub(super) type Due = Result<Command, (u16, CallKind)>;

/// A way to settle doubt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Settling {
    /// `compensate none`, or `compensate with`, while compensating: it may stay in doubt.
    Leave,
    /// Until an unconfirmed attempt can no longer arrive, before this call.
    AwaitLate(CallKind),
    Resolve,
    /// `#[idempotent]`: another attempt under the same key.
    Repeat,
    /// `#[by_key] compensate`.
    Compensate,
}

impl<'a> View<'a> {
    /// The declaration of the saga.
    pub(crate) fn definition(&self) -> &'a DefinitionRef {
        &self.saga.definition
    }

    /// Whether the saga goes forward or compensates.
    pub(crate) fn direction(&self) -> Direction {
        self.saga.direction
    }

    pub(super) fn state(&self, step: u16) -> &'a StepState {
        &self.states[usize::from(step)]
    }

    pub(super) fn step(&self, step: u16) -> &'a Step {
        &self.saga.definition.steps[usize::from(step)]
    }

    pub(super) fn steps(&self) -> Range<u16> {
        0..u16::try_from(self.states.len()).unwrap_or(u16::MAX)
    }

    pub(super) fn side(&self, step: u16) -> Side {
        self.saga.definition.side(step)
    }

    /// The current step, or the whole current block; empty at the end.
    pub(super) fn unit(&self) -> Range<u16> {
        let first = self.saga.cursor;
        if self.steps().contains(&first) {
            self.saga.definition.unit_of(first)
        } else {
            first..first
        }
    }

    /// Whether the current step is part of a block.
    pub(super) fn in_group(&self) -> bool {
        self.saga
            .definition
            .steps
            .get(usize::from(self.saga.cursor))
            .is_some_and(|step| step.group.is_some())
    }

    /// Computes what is due.
    pub(super) fn due(&self) -> Due {
        let saga = self.saga;
        if saga.course.is_halted() {
            return Ok(Command::End(End::Parked));
        }
        let first = saga.cursor;
        let forward = saga.direction == Direction::Forward;
        let Some(at_hand) = saga.definition.steps.get(usize::from(first)) else {
            // A parent may roll back a child that has completed.
            return if forward {
                Ok(Command::End(End::Completed))
            } else {
                self.way_back(first)
            };
        };
        if let Some(block) = self.undecided() {
            return Ok(Command::DecideBlock { block });
        }
        if at_hand.group.is_some() {
            let mut unit = self.unit();
            let (first, len) = (unit.start, unit.end - unit.start);
            if unit.any(|step| self.lane(step) != Lane::Ended) {
                return Ok(Command::Group { first, len });
            }
        }
        if !forward {
            return self.way_back(self.unit().end);
        }
        match self.lane(first) {
            Lane::Run(command) => Ok(command),
            Lane::Blocked => Err((
                first,
                self.state(first).running().unwrap_or(CallKind::Action),
            )),
            Lane::Ended => Ok(Command::End(End::Parked)),
        }
    }

    /// The command that an event of the step may answer now; `due` is what is due for the whole
    /// saga.
    pub(super) fn due_of(&self, step: u16, due: Due) -> Option<Command> {
        // A lane that has something to do keeps the block current, whatever the other lanes do.
        if !self.saga.course.is_halted() && self.in_group() {
            if let Lane::Run(command) = self.lane_at_hand(step) {
                return Some(command);
            }
        }
        due.ok()
    }

    pub(super) fn lane_at_hand(&self, step: u16) -> Lane {
        if self.unit().contains(&step) {
            self.lane(step)
        } else {
            Lane::Ended
        }
    }

    /// Whether the `when` block that contains the step, if there is one, was taken.
    #[inline]
    fn is_entered(&self, step: u16) -> bool {
        let condition = self.step(step).condition;
        condition.is_none_or(|block| block + 1 == self.saga.entered)
    }

    /// The current `when` block, if its condition is still to be evaluated.
    fn undecided(&self) -> Option<u16> {
        let first = self.saga.cursor;
        // A saga that its parent rolls back after its end has no current step.
        let block = self
            .saga
            .definition
            .steps
            .get(usize::from(first))?
            .condition?;
        // It waits in the state of its first step.
        let pending = self.state(first).at == StepPhase::Pending;
        let forward = self.saga.direction == Direction::Forward;
        (pending && forward && !self.is_entered(first)).then_some(block)
    }

    /// The steps of a `when` block.
    pub(super) fn block(&self, block: u16) -> Range<u16> {
        self.saga.definition.steps_of_arm(block)
    }

    /// What the step does next within its unit.
    pub(super) fn lane(&self, step: u16) -> Lane {
        let state = self.state(step);
        match state.at {
            StepPhase::Ready | StepPhase::Waiting(CallKind::Action)
                if !state.is_fresh() && self.refuses_attempt(step) =>
            {
                Lane::Run(Command::Refuse { step })
            }
            StepPhase::Pending => self.start(step),
            StepPhase::Ready => Lane::Run(Command::call(step, CallKind::Action)),
            StepPhase::Calling(CallKind::Compensate) | StepPhase::Waiting(CallKind::Compensate)
                if !state.has(Flag::Doubt) =>
            {
                Lane::Ended
            }
            StepPhase::Calling(_) => Lane::Blocked,
            StepPhase::Waiting(call) => Lane::Run(self.wait(step, call)),
            StepPhase::Doubt => match self.way(step) {
                Some(Settling::AwaitLate(call)) => Lane::Run(Command::AwaitLate { step, call }),
                Some(Settling::Resolve) => Lane::Run(Command::call(step, CallKind::Resolve)),
                Some(Settling::Repeat) => Lane::Run(Command::call(step, CallKind::Action)),
                Some(Settling::Compensate) => Lane::Run(Command::call(step, CallKind::Compensate)),
                Some(Settling::Leave) | None => Lane::Ended,
            },
            StepPhase::UsedUp => Lane::Run(Command::call(step, CallKind::Fallback)),
            StepPhase::Awaiting => Lane::Run(self.awaits(step)),
            _ => Lane::Ended,
        }
    }

    /// The wait before a call that failed or was lost is made again.
    pub(super) fn wait(&self, step: u16, call: CallKind) -> Command {
        let state = self.state(step);
        let failures = match call {
            // Before the first attempt, what is evaluated may panic: those waits do not lengthen the
            // waits between attempts.
            CallKind::When | CallKind::Action => match state.attempts {
                0 => state.panics.into(),
                attempts => attempts,
            },
            CallKind::Resolve => state.resolve_failures,
            CallKind::Compensate => state.undo_failures,
            CallKind::Fallback => 0,
        };
        match state.losses.of(call) {
            0 => Command::Backoff {
                step,
                call,
                failure: failures.saturating_sub(1),
            },
            losses => Command::AfterLoss {
                step,
                call,
                seconds: wait_after(losses),
            },
        }
    }

    /// Whether all siblings that the step awaits have committed.
    #[inline]
    pub(super) fn awaits_nobody(&self, step: u16) -> bool {
        let awaited = &self.step(step).awaits;
        awaited.iter().all(|&step| self.state(step).is_committed())
    }

    #[inline]
    pub(super) fn start(&self, step: u16) -> Lane {
        let declared = self.step(step);
        if self.saga.direction == Direction::Compensating || !self.is_entered(step) {
            Lane::Ended
        } else if !self.awaits_nobody(step) {
            Lane::Blocked
        } else {
            let evaluates = declared.when.is_some() || !declared.kind.acts();
            let call = if evaluates {
                CallKind::When
            } else {
                CallKind::Action
            };
            Lane::Run(Command::call(step, call))
        }
    }

    /// The first way to settle the step's doubt that is declared and not used up.
    pub(super) fn way(&self, step: u16) -> Option<Settling> {
        let (declared, state) = (self.step(step), self.state(step));
        let allows = |call, done| {
            let open = self.leaves(step, state, call, done) || state.once_more(call);
            open && !state.losses.is_loop(call)
        };
        let leave = || declared.compensation.is_passed().then_some(Settling::Leave);
        let resolve = || {
            let open =
                declared.resolve.is_some() && allows(CallKind::Resolve, state.resolve_failures);
            // `resolve` has no answer for a step that happened in part.
            let open = open && !state.has(Flag::Partial);
            let late = declared.late.is_none() || state.has(Flag::LatePassed);
            open.then_some(if late {
                Settling::Resolve
            } else {
                Settling::AwaitLate(CallKind::Resolve)
            })
        };
        let repeat = || {
            let open = declared.idempotent && self.may_be_repeated(step);
            let late = !state.has(Flag::Early) || state.has(Flag::LatePassed);
            open.then_some(if late {
                Settling::Repeat
            } else {
                Settling::AwaitLate(CallKind::Action)
            })
        };
        let compensate = || {
            let open = declared.is_by_key() && allows(CallKind::Compensate, state.undo_failures);
            open.then_some(Settling::Compensate)
        };
        match self.saga.direction {
            Direction::Forward => resolve().or_else(repeat).or_else(compensate),
            Direction::Compensating => leave().or_else(compensate).or_else(resolve).or_else(repeat),
        }
    }

    /// How often the action may be attempted, apart from repetitions that settle doubt.
    pub(super) fn attempts_allowed(&self, step: u16) -> Limit {
        let saga = self.saga;
        saga.definition.attempts_allowed(step, saga.durable)
    }

    pub(super) fn policy(&self, step: u16, call: CallKind) -> (Limit, &'a Backoff) {
        let saga = self.saga;
        saga.definition.policy(step, call, saga.durable)
    }

    pub(super) fn phase(&self, step: u16) -> Phase {
        let state = self.state(step);
        match state.at {
            StepPhase::Applied | StepPhase::Unrecorded | StepPhase::Doubt
                if self.is_undone_with_another(step) =>
            {
                Phase::Undone
            }
            StepPhase::Pending | StepPhase::Ready | StepPhase::Barred => Phase::Pending,
            StepPhase::Calling(call) => Phase::Running(call),
            StepPhase::Waiting(call) => Phase::Waiting(call),
            StepPhase::Doubt => Phase::InDoubt,
            StepPhase::CrashLoop if state.has(Flag::Doubt) => Phase::Unsettled,
            StepPhase::UsedUp => Phase::UsedUp,
            StepPhase::Failed | StepPhase::CrashLoop => Phase::Failed,
            StepPhase::Applied | StepPhase::Unrecorded => Phase::Applied,
            StepPhase::Skipped | StepPhase::Omitted | StepPhase::Absent => Phase::Skipped,
            StepPhase::FellBack => Phase::FellBack,
            StepPhase::Undone => Phase::Undone,
            StepPhase::Uncompensated => Phase::Uncompensated,
            StepPhase::Kept => Phase::Kept,
            StepPhase::Unsettled => Phase::Unsettled,
            StepPhase::Awaiting => match self.step(step).kind {
                Kind::Sleep => Phase::Sleeping,
                Kind::Lock => Phase::Queued,
                _ => Phase::Listening,
            },
        }
    }

    pub(super) fn running(self) -> impl Iterator<Item = (u16, CallKind)> + use<'a> {
        let running = |(step, state): (u16, &StepState)| Some((step, state.running()?));
        self.steps().zip(self.states).filter_map(running)
    }
}
