//! What the kernel remembers: a few bytes per step, and what concerns the whole saga.

use super::{
    event::Verdict,
    losses::Losses,
    phase::{Cancellation, Direction},
};
use crate::definition::DefinitionRef;
use crate::values::call::CallKind;

/// What a [`Kernel`](super::Kernel) remembers of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepState {
    /// Attempts started, without those lost to a crash. All counters but `round` start anew with a
    /// turn or a resumption.
    pub(super) attempts: u32,
    pub(super) round: u32,
    pub(super) resolve_failures: u32,
    pub(super) undo_failures: u32,
    /// Calls lost to a crash.
    pub(super) losses: Losses,
    pub(super) at: StepPhase,
    pub(super) cause: Cause,
    pub(super) flags: u16,
    pub(super) panics: u8,
    pub(super) streak: Streak,
}

/// Where a step is, finer than [`Phase`](super::Phase). `states.md` draws it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum StepPhase {
    /// Not started since the last turn or the start.
    Pending,
    /// To be attempted, or attempted again, at once.
    Ready,
    /// A call runs. A compensation settles doubt if there is doubt; else it is part of the rollback.
    Calling(CallKind),
    /// Its last call failed, or was lost with its process: the wait before the next one.
    Waiting(CallKind),
    /// In doubt: which way settles it depends on the direction, so it is chosen when asked for.
    Doubt,
    /// Attempts used up; the fallback is next.
    UsedUp,
    /// Not applied, and not tried again.
    Failed,
    /// Lost to a crash too often in a row.
    CrashLoop,
    /// Never started, since a sibling that it awaits did not commit.
    Barred,
    Applied,
    /// Applied, but its effect cannot be recorded.
    Unrecorded,
    Skipped,
    /// The `when` block that it is in was not taken.
    Omitted,
    /// The saga had passed its place before it was introduced, and goes on without it.
    Absent,
    FellBack,
    Undone,
    Uncompensated,
    Kept,
    Unsettled,
    /// It listens for its signal, sleeps, or waits for its keys.
    Awaiting,
}

/// The last thing heard of a step's action, if it was a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Cause {
    None,
    /// `Err` that `#[abort]` matches.
    Abort,
    /// The same, and the other side said no.
    RefusedAbort,
    /// `Err` of another side that said no.
    Refused,
    /// `Err` that another attempt will not help.
    Final,
    /// `Err` that another attempt may help.
    Retriable,
    TimedOut,
    Panicked,
    Lost,
    /// The same, on record before there were waits: made again at once.
    LostAtOnce,
    Unrecordable,
}

impl Cause {
    pub(super) const fn of(verdict: Verdict, abort: bool, again: bool) -> Self {
        match verdict {
            Verdict::Refused if abort => Self::RefusedAbort,
            _ if abort => Self::Abort,
            Verdict::Refused => Self::Refused,
            Verdict::Transient | Verdict::Unknown | Verdict::Partial if again => Self::Retriable,
            Verdict::Transient | Verdict::Unknown | Verdict::Partial => Self::Final,
        }
    }

    /// Whether the other side said no.
    pub(super) const fn is_refusal(self) -> bool {
        matches!(self, Self::Refused | Self::RefusedAbort)
    }
}

/// How often the calls of one kind failed in a row; a failure of another kind begins a new row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Streak(Option<(CallKind, u8)>);

impl Streak {
    pub(super) const NONE: Self = Self(None);

    pub(super) fn len(self) -> u8 {
        self.0.map_or(0, |(_, len)| len)
    }

    fn of(self, call: CallKind) -> u8 {
        self.0
            .filter(|(of, _)| *of == call)
            .map_or(0, |(_, len)| len)
    }

    fn add(&mut self, call: CallKind) {
        self.0 = Some((call, self.of(call).saturating_add(1)));
    }

    /// A call of this kind succeeded.
    fn end(&mut self, call: CallKind) {
        if self.of(call) > 0 {
            *self = Self::NONE;
        }
    }
}

/// A yes or no about a step.
#[derive(Clone, Copy)]
#[repr(u16)]
pub(super) enum Flag {
    /// It is not known whether the operation of this round happened.
    Doubt = 1,
    /// `#[late]` has passed for this doubt.
    LatePassed = 1 << 1,
    /// The action was started since the last turn.
    Started = 1 << 2,
    /// The next start that does not settle doubt is another operation.
    NewRound = 1 << 3,
    /// Something that stands, or is unsettled, stands on it.
    Held = 1 << 4,
    /// Its savepoint did not want to turn in this pass.
    TurnDeclined = 1 << 5,
    /// It was in doubt, and nobody asked to settle it.
    PerhapsLeft = 1 << 6,
    /// `compensate none`: it was applied before the last turn.
    LeftByTurn = 1 << 7,
    /// While in doubt: some of the operation of this round happened, for certain.
    Partial = 1 << 8,
    /// Of a signal: one counts that the step has not taken yet.
    Signalled = 1 << 9,
}

impl StepState {
    /// A step that nothing has happened to.
    pub const NEW: Self = Self {
        attempts: 0,
        round: 0,
        resolve_failures: 0,
        undo_failures: 0,
        losses: Losses::NONE,
        at: StepPhase::Pending,
        cause: Cause::None,
        flags: 0,
        panics: 0,
        streak: Streak::NONE,
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

    /// It is known whether the operation of this round happened.
    pub(super) const fn clear_doubt(&mut self) {
        self.clear(Flag::Doubt);
        self.clear(Flag::Partial);
    }

    /// Its compensation starts.
    #[inline]
    pub(super) const fn undoing(&mut self) {
        self.set(Flag::NewRound);
        self.at = StepPhase::Calling(CallKind::Compensate);
    }

    /// Whether later steps may go on from it.
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

    /// Whether the way back may leave it as it is, if its declaration says so.
    #[inline]
    pub(super) const fn may_be_left(&self) -> bool {
        let left = Flag::Doubt as u16 | Flag::PerhapsLeft as u16 | Flag::LeftByTurn as u16;
        self.flags & left != 0 || self.is_applied()
    }

    /// Whether the way back cannot get rid of it.
    pub(super) const fn resists(&self) -> bool {
        matches!(
            self.at,
            StepPhase::Uncompensated | StepPhase::Kept | StepPhase::Unsettled
        )
    }

    /// Whether it is applied, but only the process that applied it has its effect. (A compensation
    /// that runs is not asked for.)
    pub(super) const fn is_off_record(&self) -> bool {
        let applied = self.is_applied()
            || matches!(
                self.at,
                StepPhase::Waiting(CallKind::Compensate)
                    | StepPhase::Uncompensated
                    | StepPhase::Kept
            );
        applied && matches!(self.cause, Cause::Unrecordable)
    }

    pub(super) const fn has_failed(&self) -> bool {
        !matches!(self.cause, Cause::None)
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.streak.len() >= 10
    }

    /// The call that runs.
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
            (_, Cause::LostAtOnce) | (0, Cause::Lost) if action => false,
            (losses, _) => losses != 1,
        }
    }

    pub(super) fn failed(&mut self, call: CallKind) {
        self.streak.add(call);
    }

    pub(super) fn succeeded(&mut self, call: CallKind) {
        self.streak.end(call);
    }

    /// Nothing of it fails any more.
    pub(super) const fn well(&mut self) {
        self.streak = Streak::NONE;
    }

    /// All that is tried of it may be tried as often as declared once more.
    pub(super) const fn renew_budgets(&mut self) {
        self.attempts = 0;
        self.resolve_failures = 0;
        self.undo_failures = 0;
        self.losses = Losses::NONE;
        self.panics = 0;
        self.streak = Streak::NONE;
    }
}

/// How it came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// It has neither turned nor been resumed: every step after the one at hand is as it was at the
    /// start.
    Fresh,
    /// It has turned, or been resumed.
    Repeated,
    /// It has parked, and somebody settled a step: whatever follows from that waits until the saga
    /// is resumed.
    Halted,
    /// It has ended, but its events could not be made: it is parked until it is resumed.
    Unsaid,
}

impl Course {
    /// Whether it is parked, whatever its steps say.
    pub(super) const fn is_halted(self) -> bool {
        matches!(self, Self::Halted | Self::Unsaid)
    }
}

/// What concerns the whole saga.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is set by itself")]
pub(super) struct SagaState {
    pub(super) definition: DefinitionRef,
    /// The step at hand, or the first one of the group at hand: all before it have committed on the
    /// way forward.
    pub(super) cursor: u16,
    /// On the way back: from this step on all have been passed. (So that each step is looked at
    /// once, not once for every step below it.)
    pub(super) below: u16,
    pub(super) course: Course,
    pub(super) durable: bool,
    pub(super) direction: Direction,
    pub(super) cancellation: Cancellation,
    pub(super) deadline: Cancellation,
    pub(super) aborted: bool,
    /// The saga that it is a step of goes back.
    pub(super) recalled: bool,
    pub(super) turns: u32,
    /// The index of the last `when` block, counted from 1, that was taken and begins before the
    /// step at hand, or with it; 0 without one. Those before it were decided on, too.
    pub(super) entered: u16,
    pub(super) first_failed: Option<u16>,
    /// Whether that was because the other side said no.
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
            recalled: false,
            turns: 0,
            entered: 0,
            first_failed: None,
            refused: false,
        }
    }

    /// Moves on past steps that the saga goes on without.
    #[inline]
    pub(super) fn pass_absent(&mut self, states: &[StepState]) {
        let is_absent = |state: &StepState| state.at == StepPhase::Absent;
        while states.get(usize::from(self.cursor)).is_some_and(is_absent) {
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
