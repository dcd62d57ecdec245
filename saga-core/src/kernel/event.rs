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

/// Declares [`Event`] and what can be said of an event without the state that it is applied to. A
/// row: name and fields, then what the event says of a call of the step's code ([`CallChange`]),
/// then what it does to the effects at hand ([`EffectChange`]).
macro_rules! events {
    (
        of a step: {$(
            $(#[doc = $step_doc:literal])*
            $step_event:ident $({ $(
                $(#[doc = $step_field_doc:literal])* $step_field:ident: $step_type:ty
            ),* })?: $step_call:expr, $step_effect:expr;
        )*}
        of several or none: {$(
            $(#[doc = $doc:literal])*
            $event:ident $({ $($(#[doc = $field_doc:literal])* $field:ident: $type:ty),* })?: $effect:expr;
        )*}
    ) => {
        /// Something that happened, or was decided. Folding the events of a saga over an empty
        /// kernel gives the kernel back, so everything that is not a function of earlier events
        /// (verdicts, predicates, time) is in them.
        ///
        /// Exhaustive on purpose: whoever forgets a new event does not compile. What else can be
        /// asked of one ([`call`](Self::call), [`effect`](Self::effect), …) is answered here, not
        /// by matches elsewhere.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "`verdict` is documented with its type")]
        pub enum Event {
            $($(#[doc = $step_doc])* $step_event {
                /// The step's index in the definition.
                step: u16,
                $($($(#[doc = $step_field_doc])* $step_field: $step_type),*)?
            },)*
            $($(#[doc = $doc])* $event $({ $($(#[doc = $field_doc])* $field: $type),* })?,)*
        }

        /// An [`Event`] without its fields.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind {
            $($(#[doc = $step_doc])* $step_event,)*
            $($(#[doc = $doc])* $event,)*
        }

        impl Event {
            /// Which event it is.
            #[must_use]
            pub const fn kind(self) -> EventKind {
                match self {
                    $(Self::$step_event { .. } => EventKind::$step_event,)*
                    $(Self::$event { .. } => EventKind::$event,)*
                }
            }

            /// The step that it concerns; `None` if it concerns several, or the saga as a whole.
            #[must_use]
            pub const fn step(self) -> Option<u16> {
                match self {
                    $(Self::$step_event { step, .. } => Some(step),)*
                    $(Self::$event { .. } => None,)*
                }
            }

            /// What it says of a call of the step's code.
            #[must_use]
            pub const fn call(self) -> CallChange {
                use CallChange::{Fails, Lost, None, Settled, Starts, Succeeds};
                use CallKind::{Action, Compensate, Fallback, Resolve, When};
                use FailureKind::{Error, Panicked, TimedOut, Unrecordable};
                match self {
                    $(Self::$step_event { .. } => $step_call,)*
                    $(Self::$event { .. } => None,)*
                }
            }

            /// What it does to the effects at hand.
            #[must_use]
            #[expect(unused_variables, reason = "few rows depend on a field")]
            pub const fn effect(self) -> EffectChange {
                use EffectChange::{Cleared, ClearedFromHere, Filled, None, Skipped};
                match self {
                    $(Self::$step_event { step $($(, $step_field)*)? } => $step_effect,)*
                    $(Self::$event $({ $($field),* })? => $effect,)*
                }
            }

            /// Its fields, to write them.
            #[must_use]
            pub const fn fields(self) -> Fields {
                let mut fields = Fields::NONE;
                match self {
                    $(Self::$step_event { step $($(, $step_field)*)? } => {
                        fields.step = Some(step);
                        $($(fields.$step_field = Some($step_field);)*)?
                    })*
                    $(Self::$event $({ $($field),* })? => { $($(fields.$field = Some($field);)*)? })*
                }
                fields
            }
        }

        impl EventKind {
            /// Whether its events concern one step.
            #[must_use]
            pub const fn is_of_step(self) -> bool {
                match self {
                    $(Self::$step_event => true,)*
                    $(Self::$event => false,)*
                }
            }

            /// The event of this kind with these fields. The others say nothing.
            ///
            /// # Errors
            /// The name of a field that such an event needs and that is not given.
            pub fn event(self, given: &Fields) -> Result<Event, &'static str> {
                Ok(match self {
                    $(Self::$step_event => Event::$step_event {
                        step: given.step.ok_or("step")?,
                        $($($step_field: given.$step_field.ok_or(stringify!($step_field))?),*)?
                    },)*
                    $(Self::$event => Event::$event $({
                        $($field: given.$field.ok_or(stringify!($field))?),*
                    })?,)*
                })
            }
        }
    };
}

events! {
    of a step: {
        /// `when` said no.
        Skipped: Succeeds(When), Skipped;
        /// `when` panicked, or what says how long to wait: the step fails unsent.
        WhenPanicked: Fails(When, Panicked), None;
        /// The action starts (an attempt, or a repetition under the same key to settle doubt).
        Attempting: Starts(Action), None;
        /// The action returned `Ok`.
        Applied: Succeeds(Action), Filled;
        /// The action returned `Ok`, but its effect cannot be recorded.
        Unrecordable: Fails(Action, Unrecordable), None;
        /// The action returned `Err`.
        Rejected {
            verdict: Verdict,
            /// `#[abort]` matches (false without one).
            abort: bool,
            /// The `if` of `#[retry]` agrees (true without one).
            again: bool,
            /// `#[late]` has passed since the attempt that brought the doubt ended (true if there is
            /// none, or no doubt).
            late_passed: bool
        }: Fails(Action, Error), None;
        /// The attempt took longer than its timeout; of a signal: none was sent in time; of a lock: its
        /// keys did not become free in time.
        TimedOut: Fails(Action, TimedOut), None;
        /// The action panicked.
        Panicked: Fails(Action, Panicked), None;
        /// The step is a child saga or a loop that has failed for good and is undoing itself: the saga
        /// rolls back from now on. Another event says how the step ended, once it has undone itself.
        Failing {
            /// A service refused.
            refused: bool
        }: None, None;
        /// The process that ran a call of the step has ended since; for a step that is
        /// [`unrecorded`](super::Kernel::unrecorded): the one that had its effect, which is found out
        /// again like the outcome of a step in doubt. The call uses up nothing and is made again, an
        /// action once its doubt is settled; the tenth loss in a row counts: an action parks, a
        /// fallback declines, `resolve` and a compensation are used up.
        Lost {
            /// It is on record by an earlier rule: made again at once, an action and a fallback twice
            /// in a row, and of `resolve` and a compensation a failure.
            counted: bool
        }: Lost, None;
        /// `#[late]` has passed since the attempt that brought the doubt ended.
        LatePassed: None, None;
        /// `resolve` starts.
        Resolving: Starts(Resolve), None;
        /// `resolve` answered `Some` (`happened`) or `None`.
        Resolved { happened: bool }: Succeeds(Resolve), if happened { Filled } else { None };
        /// `resolve` gave `Err`, timed out or panicked.
        ResolveFailed: Fails(Resolve, Error), None;
        /// The compensation starts, on the way back or (`#[by_key]`) to settle doubt.
        Compensating: Starts(Compensate), None;
        /// The compensation is done.
        Compensated: Succeeds(Compensate), Cleared;
        /// The compensation gave `Err`, timed out or panicked.
        CompensationFailed: Fails(Compensate, Error), None;
        /// The fallback starts.
        FallingBack: Starts(Fallback), None;
        /// The fallback's value takes the place of the effect.
        FellBack: Succeeds(Fallback), Filled;
        /// The fallback gave `Err`, timed out or panicked.
        FallbackDeclined: Fails(Fallback, Error), None;
        /// A wait of this step is over that [`Command::Backoff`](super::Command::Backoff) or
        /// [`Command::AfterLoss`](super::Command::AfterLoss) began.
        Waited: None, None;
        /// The step is kept on the way back, because something that stands stands on it.
        Kept: None, None;
        /// The way back turned forward again at this savepoint.
        Turned: None, ClearedFromHere;
        /// The `if` of this savepoint did not agree.
        TurnDeclined: None, None;
        /// A signal is listened for, a sleep begins, or the keys of a lock are requested.
        Awaiting: None, None;
        /// A sleep is over, or the saga has the keys of a lock.
        Woken: Succeeds(Action), Skipped;
        /// Somebody sent a signal, and it counts: [`hearing`](super::Kernel::hearing) says when.
        Signalled: None, None;
        /// The step takes the signal that was sent for it.
        Received: Succeeds(Action), Filled;
        /// A person found out, or saw to it, where the step stands;
        /// [`settleable`](super::Kernel::settleable) says when that may be. A parked saga stays so
        /// until it is resumed.
        Settled { settlement: Settlement }: Settled, settlement.effect();
    }
    of several or none: {
        /// The decision on a `when` block; if it is not `taken`, its steps are skipped.
        Decided {
            /// The index of its condition in the definition.
            block: u16,
            /// Whether the condition said yes.
            taken: bool
        }: if taken { None } else { Skipped };
        /// Somebody asked to cancel.
        CancelRequested: None;
        /// The deadline passed.
        DeadlinePassed: None;
        /// The saga that this one is a step of goes back: so does this one, even if it has completed,
        /// and it never turns. It follows from what that saga was told, and is no record of its own.
        Recalled: None;
        /// A parked saga is taken up again. What was applied, but could not be recorded, is found out
        /// again first, like the outcome of a step in doubt.
        Resumed: None;
        /// The saga has ended, and its events could not be made: it is parked. Once it is resumed, they
        /// are made again.
        EmitFailed: None;
    }
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

impl Settlement {
    const fn effect(self) -> EffectChange {
        match self {
            Self::Applied => EffectChange::Filled,
            Self::NotApplied => EffectChange::None,
            Self::Undone => EffectChange::Cleared,
        }
    }
}

/// The fields of an [`Event`], whichever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are those of the events")]
pub struct Fields {
    pub step: Option<u16>,
    pub block: Option<u16>,
    pub verdict: Option<Verdict>,
    pub abort: Option<bool>,
    pub again: Option<bool>,
    pub late_passed: Option<bool>,
    pub refused: Option<bool>,
    pub counted: Option<bool>,
    pub happened: Option<bool>,
    pub taken: Option<bool>,
    pub settlement: Option<Settlement>,
}

impl Fields {
    /// None of them.
    pub const NONE: Self = Self {
        step: None,
        block: None,
        verdict: None,
        abort: None,
        again: None,
        late_passed: None,
        refused: None,
        counted: None,
        happened: None,
        taken: None,
        settlement: None,
    };
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

    /// Whether it is the end of an attempt whose operation may have happened, and may still arrive.
    #[must_use]
    pub const fn brings_doubt(self) -> bool {
        use FailureKind::{Panicked, TimedOut};
        match (self, self.call()) {
            (Self::Rejected { verdict, .. }, _) => verdict.brings_doubt(),
            (_, CallChange::Fails(CallKind::Action, TimedOut | Panicked) | CallChange::Lost) => {
                true
            }
            _ => false,
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
