//! The memory of the kernel: a few bytes per step, and the state of the whole saga.

use super::{
    event::Verdict,
    follows::Follows,
    losses::Losses,
    phase::{Cancellation, Direction},
    remnant::Part,
    streak::Streak,
};
use crate::definition::DefinitionRef;
use crate::values::call::CallKind;

/// The state of one step in a [`Kernel`](super::Kernel).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct StepState {
    /// The attempts started, without those lost in a crash. All counters but `round` are reset when
    /// the saga goes forward again from a savepoint, or is resumed.
    pub(super) attempts: u32,
    pub(super) resolve_failures: u32,
    pub(super) undo_failures: u32,
    /// Kept away from `attempts`. An observed run reads both right after counting an attempt; if they
    /// were adjacent, one load would read both, and stall on the store (3 % of a recorded run).
    pub(super) round: u32,
    /// The calls lost in a crash.
    pub(super) losses: Losses,
    pub(super) at: StepPhase,
    pub(super) cause: LastFailure,
    /// What the last attempt says of what follows; in doubt, an earlier one may have said `.abort()`.
    pub(super) follows: Follows,
    pub(super) flags: u16,
    pub(super) panics: u8,
    pub(super) streak: Streak,
    /// A child saga or a loop: what remains of its steps.
    pub(super) part: Part,
}

/// The phase of a step, finer than [`Phase`](super::Phase). `states.md` draws the phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum StepPhase {
    /// Not started since the start or the last turn.
    Pending,
    /// To be attempted now, for the first time or again.
    Ready,
    /// A call runs. A compensation settles doubt if there is doubt; otherwise it is part of the
    /// rollback.
    Calling(CallKind),
    /// The last call failed, or was lost with its process: the step waits before the next one.
    Waiting(CallKind),
    /// In doubt. The way to settle it depends on the direction, so it is chosen when the command is
    /// computed.
    Doubt,
    /// Attempts used up; the fallback is next.
    UsedUp,
    /// Not applied, and not tried again.
    Failed,
    /// Its calls were lost in a crash too often in a row.
    CrashLoop,
    /// Never started, because a sibling that it awaits did not commit.
    Barred,
    Applied,
    /// Applied, but its effect cannot be recorded.
    Unrecorded,
    Skipped,
    /// Its `when` block was not taken.
    Omitted,
    /// Introduced by a later version: the saga had already passed its place, and continues without
    /// it.
    Absent,
    FellBack,
    Undone,
    Uncompensated,
    Kept,
    Unsettled,
    /// It waits for its signal, its time or its keys.
    Awaiting,
}

/// How the last attempt of a step failed, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LastFailure {
    None,
    /// `Err` that is a refusal.
    Refused,
    /// Any other `Err`.
    Error,
    TimedOut,
    Panicked,
    Lost,
    Unrecordable,
}

impl LastFailure {
    pub(super) fn of(verdict: Verdict) -> Self {
        if verdict == Verdict::Refused {
            Self::Refused
        } else {
            Self::Error
        }
    }
}

/// A boolean of a step.
#[derive(Clone, Copy)]
#[repr(u16)]
pub(super) enum Flag {
    /// It is not known whether the operation of this round happened.
    Doubt = 1,
    /// `#[late]` has passed for this doubt.
    LatePassed = 1 << 1,
    /// The action was started since the start or the last turn.
    Started = 1 << 2,
    /// The next start that does not settle doubt is a new operation.
    NewRound = 1 << 3,
    /// A step that depends on it remains applied, or is unsettled.
    Held = 1 << 4,
    /// The `if` of its savepoint was false during this rollback.
    TurnDeclined = 1 << 5,
    /// The step may be left behind: it was in doubt, and its declaration does not ask to settle the doubt;
    /// or an earlier round of it was.
    PerhapsLeft = 1 << 6,
    /// An earlier round of it was applied, and is left behind.
    LeftByTurn = 1 << 7,
    /// The step is in doubt, and part of the operation of this round has certainly happened.
    Partial = 1 << 8,
    /// A signal was accepted that the step has not received yet.
    Signalled = 1 << 9,
    /// An attempt was lost that may still arrive, and the compensation waits for it. (Even if a
    /// later attempt has succeeded.)
    Arriving = 1 << 11,
    /// The last attempt was refused too early for the refusal to count: the next one waits until
    /// `#[late]` has passed.
    Early = 1 << 12,
    /// The action is attempted once more to settle doubt, though its count is used up: it was not by
    /// the count of the version before.
    ActOnceMore = 1 << 13,
    /// `resolve` is called once more, likewise.
    ResolveOnceMore = 1 << 14,
    /// The compensation is called once more, likewise.
    CompensateOnceMore = 1 << 15,
}

impl StepState {
    /// A step to which nothing has happened.
    pub(super) const NEW: Self = Self {
        attempts: 0,
        round: 0,
        resolve_failures: 0,
        undo_failures: 0,
        losses: Losses::NONE,
        at: StepPhase::Pending,
        cause: LastFailure::None,
        follows: Follows::Declared,
        flags: 0,
        panics: 0,
        streak: Streak::NONE,
        part: Part::NONE,
    };

    pub(super) const fn has(&self, flag: Flag) -> bool {
        self.flags & flag as u16 != 0
    }

    pub(super) const fn set(&mut self, flag: Flag) {
        self.flags |= flag as u16;
    }

    pub(super) const fn clear(&mut self, flag: Flag) {
        self.flags &= !(flag as u16);
    }

    /// Records that it is now known whether the operation of this round happened.
    pub(super) const fn clear_doubt(&mut self) {
        self.clear(Flag::Doubt);
        self.clear(Flag::Partial);
        self.clear(Flag::Early);
    }

    /// Starts the step's compensation.
    #[inline]
    pub(super) const fn undoing(&mut self) {
        self.set(Flag::NewRound);
        self.at = StepPhase::Calling(CallKind::Compensate);
    }

    /// Whether the saga may go past the step.
    pub(super) const fn is_committed(&self) -> bool {
        matches!(
            self.at,
            StepPhase::Applied
                | StepPhase::Skipped
                | StepPhase::Omitted
                | StepPhase::Absent
                | StepPhase::FellBack
        )
    }

    pub(super) const fn is_applied(&self) -> bool {
        matches!(self.at, StepPhase::Applied | StepPhase::Unrecorded)
    }

    /// Whether nothing is known of the step but how far it has come.
    #[inline]
    pub(super) const fn is_fresh(&self) -> bool {
        self.flags & !(Flag::Started as u16) == 0
    }

    /// Whether the rollback may leave the step's effect in place, if its declaration allows that.
    #[inline]
    pub(super) const fn may_be_left(&self) -> bool {
        let left = Flag::Doubt as u16 | Flag::PerhapsLeft as u16 | Flag::LeftByTurn as u16;
        self.flags & left != 0 || self.is_applied()
    }

    /// Whether the rollback cannot undo the step.
    pub(super) const fn resists(&self) -> bool {
        matches!(
            self.at,
            StepPhase::Uncompensated | StepPhase::Kept | StepPhase::Unsettled
        )
    }

    /// Whether the step is applied, but only the process that applied it has its effect. (False
    /// while its compensation runs.)
    pub(super) const fn is_off_record(&self) -> bool {
        let applied = self.is_applied()
            || matches!(
                self.at,
                StepPhase::Waiting(CallKind::Compensate)
                    | StepPhase::Uncompensated
                    | StepPhase::Kept
            );
        applied && matches!(self.cause, LastFailure::Unrecordable)
    }

    pub(super) const fn has_failed(&self) -> bool {
        !matches!(self.cause, LastFailure::None)
    }

    /// An attempt has failed.
    pub(super) fn fails(&mut self, cause: LastFailure, follows: Follows) {
        self.cause = cause;
        if !self.has(Flag::Doubt) || self.follows != Follows::Abort {
            self.follows = follows;
        }
    }

    /// Forgets the failures of its attempts.
    pub(super) const fn forgive(&mut self) {
        self.cause = LastFailure::None;
        self.follows = Follows::Declared;
    }

    /// Whether an attempt aborts the saga, unless it turns out to have had an effect.
    pub(super) const fn aborts(&self) -> bool {
        self.follows.aborts()
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.streak.len() >= 10
    }

    /// The call of the step that runs.
    pub(super) const fn running(&self) -> Option<CallKind> {
        match self.at {
            StepPhase::Calling(call) => Some(call),
            _ => None,
        }
    }

    /// Whether this call waits before it is made again, after it failed or was lost.
    pub(super) fn waits(&self, call: CallKind) -> bool {
        let action = call == CallKind::Action;
        match (self.losses.of(call), self.cause) {
            (0, LastFailure::Lost) if action => false,
            (losses, _) => losses != 1,
        }
    }

    pub(super) fn failed(&mut self, call: CallKind) {
        self.streak.add(call);
        if let Some(once_more) = Flag::once_more(call) {
            self.clear(once_more);
        }
    }

    pub(super) fn succeeded(&mut self, call: CallKind) {
        self.streak.end(call);
    }

    /// Ends the row of failures.
    pub(super) const fn well(&mut self) {
        self.streak = Streak::NONE;
    }

    /// Resets all counters of tries, so that each call may be tried as often as declared once more.
    pub(super) const fn renew_budgets(&mut self) {
        self.clear(Flag::Early);
        self.attempts = 0;
        self.resolve_failures = 0;
        self.undo_failures = 0;
        self.losses = Losses::NONE;
        self.panics = 0;
        self.streak = Streak::NONE;
        self.clear(Flag::ActOnceMore);
        self.clear(Flag::ResolveOnceMore);
        self.clear(Flag::CompensateOnceMore);
    }
}

/// How the saga came to its current state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// The saga has neither gone back to a savepoint nor been resumed: every step after the current
    /// one is as it was at the start.
    Fresh,
    /// The saga has gone forward again from a savepoint, or been resumed.
    Repeated,
    /// The saga has parked, and an operator settled a step: the consequences wait until the saga is
    /// resumed.
    Halted,
    /// The saga has ended, but its events could not be created: it is parked until it is resumed.
    Unsaid,
}

impl Course {
    /// Whether the saga is parked, whatever the state of its steps.
    pub(super) const fn is_halted(self) -> bool {
        matches!(self, Self::Halted | Self::Unsaid)
    }
}

/// The state of the whole saga.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is set by itself")]
pub(super) struct SagaState {
    pub(super) definition: DefinitionRef,
    /// The current step, or the first step of the current block: all steps before it have committed
    /// on the way forward.
    pub(super) cursor: u16,
    /// While compensating: every step at or after this index is done, so the backwards scan starts
    /// here. Keeps a rollback linear.
    pub(super) below: u16,
    pub(super) course: Course,
    pub(super) durable: bool,
    pub(super) direction: Direction,
    pub(super) cancellation: Cancellation,
    pub(super) deadline: Cancellation,
    pub(super) aborted: bool,
    /// Whether an attempt was lost for which a compensation waits, since the start.
    pub(super) arriving: bool,
    /// The saga's parent rolls back.
    pub(super) recalled: bool,
    pub(super) turns: u32,
    /// The index, counted from 1, of the last `when` block that was taken and begins at or before
    /// the current step; 0 without one. The conditions of the blocks before it were evaluated, too.
    pub(super) entered: u16,
    pub(super) first_failed: Option<u16>,
    /// Whether that step was refused by a service.
    pub(super) refused: bool,
}

impl SagaState {
    #[inline]
    pub(super) const fn new(definition: DefinitionRef, durable: bool) -> Self {
        Self {
            definition,
            cursor: 0,
            below: u16::MAX,
            course: Course::Fresh,
            durable,
            direction: Direction::Forward,
            cancellation: Cancellation::None,
            deadline: Cancellation::None,
            aborted: false,
            arriving: false,
            recalled: false,
            turns: 0,
            entered: 0,
            first_failed: None,
            refused: false,
        }
    }

    /// Moves past steps that the saga continues without, and those of arms that are not taken.
    #[inline]
    pub(super) fn pass_closed(&mut self, states: &[StepState]) {
        let is_closed =
            |state: &StepState| matches!(state.at, StepPhase::Absent | StepPhase::Omitted);
        while states.get(usize::from(self.cursor)).is_some_and(is_closed) {
            self.cursor += 1;
        }
    }

    /// Whether a request waits until the outcome of the pivot is known.
    #[inline]
    pub(super) fn awaits_answer(&self) -> bool {
        let pending = Cancellation::Pending;
        self.cancellation == pending || self.deadline == pending
    }
}
