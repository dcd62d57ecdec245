//! What the kernel is told.

use super::change::{CallChange, EffectChange, FailureKind};
use crate::values::call::CallKind;
use std::{error, fmt};

/// What an `Err` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The other side said no: nothing stands, and asking again will not help.
    Refused,
    /// This attempt did nothing (breaker open, 429, no connection).
    Transient,
    /// It may have happened.
    Unknown,
    /// Some of it happened, and this attempt will not finish it: of a step that makes several
    /// calls, a later one was refused. What is done is finished by another attempt
    /// (`#[idempotent]`), or undone by a `#[by_key]` compensation.
    Partial,
}

/// Something that happened, or was decided. Folding the events of a saga over an empty kernel gives
/// the kernel back, so everything that is not a function of earlier events (verdicts, predicates,
/// time) is in them.
///
/// Exhaustive on purpose: whoever forgets a new event does not compile. What else can be asked of
/// one ([`call`](Self::call), [`effect`](Self::effect), …) is answered here, not by matches
/// elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "`step` is the step's index in the definition, everywhere"
)]
pub enum Event {
    /// `when` said no.
    Skipped { step: u16 },
    /// `when` panicked, or what says how long to wait: the step fails unsent.
    WhenPanicked { step: u16 },
    /// The action starts (an attempt, or a repetition under the same key to settle doubt).
    Attempting { step: u16 },
    /// The action returned `Ok`.
    Applied { step: u16 },
    /// The action returned `Ok`, but its effect cannot be recorded.
    Unrecordable { step: u16 },
    /// The action returned `Err`.
    Rejected {
        step: u16,
        verdict: Verdict,
        /// `#[abort]` matches (false without one).
        abort: bool,
        /// The `if` of `#[retry]` agrees (true without one).
        again: bool,
        /// `#[late]` has passed since the attempt that brought the doubt ended (true if there is
        /// none, or no doubt).
        late_passed: bool,
    },
    /// The attempt took longer than its timeout; of a signal: none was sent in time.
    TimedOut { step: u16 },
    /// The action panicked.
    Panicked { step: u16 },
    /// The step is a child saga or a loop that has failed for good and is undoing itself: the saga
    /// rolls back from now on. Another event says how the step ended, once it has undone itself.
    Failing {
        step: u16,
        /// A service refused.
        refused: bool,
    },
    /// The process that ran a call of the step has ended since; for a step that is
    /// [`unrecorded`](super::Kernel::unrecorded): the one that had its effect, which is found out
    /// again like the outcome of a step in doubt. The call uses up nothing and is made again, an
    /// action once its doubt is settled; the tenth loss in a row counts: an action parks, a
    /// fallback declines, `resolve` and a compensation are used up.
    Lost {
        step: u16,
        /// It is on record by an earlier rule: made again at once, an action and a fallback twice
        /// in a row, and of `resolve` and a compensation a failure.
        counted: bool,
    },
    /// `#[late]` has passed since the attempt that brought the doubt ended.
    LatePassed { step: u16 },
    /// `resolve` starts.
    Resolving { step: u16 },
    /// `resolve` answered `Some` (`happened`) or `None`.
    Resolved { step: u16, happened: bool },
    /// `resolve` gave `Err`, timed out or panicked.
    ResolveFailed { step: u16 },
    /// The compensation starts, on the way back or (`#[by_key]`) to settle doubt.
    Compensating { step: u16 },
    /// The compensation is done.
    Compensated { step: u16 },
    /// The compensation gave `Err`, timed out or panicked.
    CompensationFailed { step: u16 },
    /// The fallback starts.
    FallingBack { step: u16 },
    /// The fallback's value takes the place of the effect.
    FellBack { step: u16 },
    /// The fallback gave `Err`, timed out or panicked.
    FallbackDeclined { step: u16 },
    /// A wait of this step is over that [`Command::Backoff`](super::Command::Backoff) or
    /// [`Command::AfterLoss`](super::Command::AfterLoss) began.
    Waited { step: u16 },
    /// The step is kept on the way back, because something that stands stands on it.
    Kept { step: u16 },
    /// The way back turned forward again at this savepoint.
    Turned { step: u16 },
    /// The `if` of this savepoint did not agree.
    TurnDeclined { step: u16 },
    /// A signal is listened for, or a sleep begins.
    Awaiting { step: u16 },
    /// A sleep is over.
    Woken { step: u16 },
    /// Somebody sent a signal, and it counts: [`hearing`](super::Kernel::hearing) says when.
    Signalled { step: u16 },
    /// The step takes the signal that was sent for it.
    Received { step: u16 },
    /// The decision on a `when` block; if it is not `taken`, its steps are skipped.
    Decided {
        /// The index of its condition in the definition.
        block: u16,
        /// Whether the condition said yes.
        taken: bool,
    },
    /// Somebody asked to cancel.
    CancelRequested,
    /// The deadline passed.
    DeadlinePassed,
    /// The saga that this one is a step of goes back: so does this one, even if it has completed,
    /// and it never turns. It follows from what that saga was told, and is no record of its own.
    Recalled,
    /// A parked saga is taken up again. What was applied, but could not be recorded, is found out
    /// again first, like the outcome of a step in doubt.
    Resumed,
    /// The saga has ended, and its events could not be made: it is parked. Once it is resumed, they
    /// are made again.
    EmitFailed,
    /// A person found out, or saw to it, where the step stands;
    /// [`settleable`](super::Kernel::settleable) says when that may be. A parked saga stays so
    /// until it is resumed.
    Settled { step: u16, settlement: Settlement },
}

/// What a person says about a step that a saga could not settle or undo by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settlement {
    /// It was in doubt: it happened. Whoever says so gives its effect, too.
    Applied,
    /// It was in doubt: it did not happen, and no longer can.
    NotApplied,
    /// It stood, or was in doubt: now it is undone, and can no longer happen.
    Undone,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Transient, Self::Unknown, Self::Partial];

    /// Whether something of the attempt happened, or may have.
    #[must_use]
    pub const fn brings_doubt(self) -> bool {
        match self {
            Self::Refused | Self::Transient => false,
            Self::Unknown | Self::Partial => true,
        }
    }
}

impl Event {
    /// That this call of the step starts; `None` for `when`, whose start is not on record.
    #[must_use]
    pub const fn start(step: u16, call: CallKind) -> Option<Self> {
        match call {
            CallKind::When => None,
            CallKind::Action => Some(Self::Attempting { step }),
            CallKind::Resolve => Some(Self::Resolving { step }),
            CallKind::Compensate => Some(Self::Compensating { step }),
            CallKind::Fallback => Some(Self::FallingBack { step }),
        }
    }

    /// The step that it concerns; `None` if it concerns several, or the saga as a whole.
    #[must_use]
    pub const fn step(self) -> Option<u16> {
        match self {
            Self::Decided { .. }
            | Self::CancelRequested
            | Self::DeadlinePassed
            | Self::Recalled
            | Self::Resumed
            | Self::EmitFailed => None,
            Self::Skipped { step }
            | Self::WhenPanicked { step }
            | Self::Attempting { step }
            | Self::Applied { step }
            | Self::Unrecordable { step }
            | Self::Rejected { step, .. }
            | Self::TimedOut { step }
            | Self::Panicked { step }
            | Self::Failing { step, .. }
            | Self::Lost { step, .. }
            | Self::LatePassed { step }
            | Self::Resolving { step }
            | Self::Resolved { step, .. }
            | Self::ResolveFailed { step }
            | Self::Compensating { step }
            | Self::Compensated { step }
            | Self::CompensationFailed { step }
            | Self::FallingBack { step }
            | Self::FellBack { step }
            | Self::FallbackDeclined { step }
            | Self::Waited { step }
            | Self::Kept { step }
            | Self::Turned { step }
            | Self::TurnDeclined { step }
            | Self::Awaiting { step }
            | Self::Woken { step }
            | Self::Signalled { step }
            | Self::Received { step }
            | Self::Settled { step, .. } => Some(step),
        }
    }

    /// What it says of a call of the step's code.
    #[must_use]
    pub const fn call(self) -> CallChange {
        use CallKind::{Action, Compensate, Fallback, Resolve, When};
        use FailureKind::{Error, Panicked, TimedOut, Unrecordable};
        match self {
            Self::Attempting { .. } => CallChange::Starts(Action),
            Self::Resolving { .. } => CallChange::Starts(Resolve),
            Self::Compensating { .. } => CallChange::Starts(Compensate),
            Self::FallingBack { .. } => CallChange::Starts(Fallback),
            Self::Skipped { .. } => CallChange::Succeeds(When),
            Self::Applied { .. } | Self::Woken { .. } | Self::Received { .. } => {
                CallChange::Succeeds(Action)
            }
            Self::Resolved { .. } => CallChange::Succeeds(Resolve),
            Self::Compensated { .. } => CallChange::Succeeds(Compensate),
            Self::FellBack { .. } => CallChange::Succeeds(Fallback),
            Self::WhenPanicked { .. } => CallChange::Fails(When, Panicked),
            Self::Unrecordable { .. } => CallChange::Fails(Action, Unrecordable),
            Self::Rejected { .. } => CallChange::Fails(Action, Error),
            Self::TimedOut { .. } => CallChange::Fails(Action, TimedOut),
            Self::Panicked { .. } => CallChange::Fails(Action, Panicked),
            Self::ResolveFailed { .. } => CallChange::Fails(Resolve, Error),
            Self::CompensationFailed { .. } => CallChange::Fails(Compensate, Error),
            Self::FallbackDeclined { .. } => CallChange::Fails(Fallback, Error),
            Self::Lost { .. } => CallChange::Lost,
            Self::Failing { .. }
            | Self::LatePassed { .. }
            | Self::Waited { .. }
            | Self::Kept { .. }
            | Self::Turned { .. }
            | Self::TurnDeclined { .. }
            | Self::Awaiting { .. }
            | Self::Signalled { .. }
            | Self::Decided { .. }
            | Self::CancelRequested
            | Self::DeadlinePassed
            | Self::Recalled
            | Self::Resumed
            | Self::EmitFailed => CallChange::None,
            Self::Settled { .. } => CallChange::Settled,
        }
    }

    /// How the call failed that it is the end of; `None` if it says nothing of the kind.
    #[must_use]
    pub const fn failure(self) -> Option<FailureKind> {
        match self.call() {
            CallChange::Fails(_, how) => Some(how),
            CallChange::Lost => Some(FailureKind::Lost),
            CallChange::None
            | CallChange::Starts(_)
            | CallChange::Succeeds(_)
            | CallChange::Settled => None,
        }
    }

    /// What it does to the effects at hand.
    #[must_use]
    pub const fn effect(self) -> EffectChange {
        match self {
            Self::Skipped { .. } | Self::Woken { .. } | Self::Decided { taken: false, .. } => {
                EffectChange::Skipped
            }
            Self::Applied { .. }
            | Self::Resolved { happened: true, .. }
            | Self::FellBack { .. }
            | Self::Received { .. }
            | Self::Settled {
                settlement: Settlement::Applied,
                ..
            } => EffectChange::Filled,
            Self::Compensated { .. }
            | Self::Settled {
                settlement: Settlement::Undone,
                ..
            } => EffectChange::Cleared,
            Self::Turned { .. } => EffectChange::ClearedFromHere,
            Self::WhenPanicked { .. }
            | Self::Attempting { .. }
            | Self::Unrecordable { .. }
            | Self::Rejected { .. }
            | Self::TimedOut { .. }
            | Self::Panicked { .. }
            | Self::Failing { .. }
            | Self::Lost { .. }
            | Self::LatePassed { .. }
            | Self::Resolving { .. }
            | Self::Resolved {
                happened: false, ..
            }
            | Self::ResolveFailed { .. }
            | Self::Compensating { .. }
            | Self::CompensationFailed { .. }
            | Self::FallingBack { .. }
            | Self::FallbackDeclined { .. }
            | Self::Waited { .. }
            | Self::Kept { .. }
            | Self::TurnDeclined { .. }
            | Self::Awaiting { .. }
            | Self::Signalled { .. }
            | Self::Decided { taken: true, .. }
            | Self::CancelRequested
            | Self::DeadlinePassed
            | Self::Recalled
            | Self::Resumed
            | Self::EmitFailed
            | Self::Settled {
                settlement: Settlement::NotApplied,
                ..
            } => EffectChange::None,
        }
    }

    /// Whether it is the end of an attempt whose operation may have happened, and may still arrive.
    #[must_use]
    pub const fn brings_doubt(self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::Panicked { .. } | Self::Lost { .. } => true,
            Self::Rejected { verdict, .. } => verdict.brings_doubt(),
            Self::Skipped { .. }
            | Self::WhenPanicked { .. }
            | Self::Attempting { .. }
            | Self::Applied { .. }
            | Self::Unrecordable { .. }
            | Self::Failing { .. }
            | Self::LatePassed { .. }
            | Self::Resolving { .. }
            | Self::Resolved { .. }
            | Self::ResolveFailed { .. }
            | Self::Compensating { .. }
            | Self::Compensated { .. }
            | Self::CompensationFailed { .. }
            | Self::FallingBack { .. }
            | Self::FellBack { .. }
            | Self::FallbackDeclined { .. }
            | Self::Waited { .. }
            | Self::Kept { .. }
            | Self::Turned { .. }
            | Self::TurnDeclined { .. }
            | Self::Awaiting { .. }
            | Self::Woken { .. }
            | Self::Signalled { .. }
            | Self::Received { .. }
            | Self::Decided { .. }
            | Self::CancelRequested
            | Self::DeadlinePassed
            | Self::Recalled
            | Self::Resumed
            | Self::EmitFailed
            | Self::Settled { .. } => false,
        }
    }
}

/// An event that does not fit the state that it was applied to. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illegal {
    /// The event.
    pub event: Event,
}

impl fmt::Display for Illegal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} does not fit the state of the saga", self.event)
    }
}

impl error::Error for Illegal {}
