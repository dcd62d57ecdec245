//! The events: the input of the kernel.

use super::change::{CallChange, EffectChange, FailureKind};
use crate::values::call::CallKind;
pub use crate::values::verdict::Verdict;
use std::{error, fmt};

/// Declares [`Event`], and what is known of an event without the state that it is applied to. A row
/// has the name and fields, then what the event means for a call of the step's code
/// ([`CallChange`]), then what it does to the effects of the run ([`EffectChange`]).
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
        /// Something that happened, or was decided. Folding the events of a saga over a new kernel
        /// restores its state, so everything that is not a function of earlier events (verdicts,
        /// predicates, time) is in them.
        ///
        /// Exhaustive on purpose: code that does not handle a new event does not compile. Other
        /// questions about an event ([`call`](Self::call), [`effect`](Self::effect), …) are
        /// answered here, not by matches elsewhere.
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
            /// The kind of this event.
            #[must_use]
            pub const fn kind(self) -> EventKind {
                match self {
                    $(Self::$step_event { .. } => EventKind::$step_event,)*
                    $(Self::$event { .. } => EventKind::$event,)*
                }
            }

            /// The step that the event concerns; `None` if it concerns several steps, or the whole
            /// saga.
            #[must_use]
            #[inline]
            pub const fn step(self) -> Option<u16> {
                match self {
                    $(Self::$step_event { step, .. } => Some(step),)*
                    $(Self::$event { .. } => None,)*
                }
            }

            /// What the event means for a call of the step's code.
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

            /// What the event does to the effects of the run.
            #[must_use]
            #[expect(unused_variables, reason = "few rows depend on a field")]
            pub const fn effect(self) -> EffectChange {
                use EffectChange::{Cleared, ClearedFromHere, Filled, None, Skipped};
                match self {
                    $(Self::$step_event { step $($(, $step_field)*)? } => $step_effect,)*
                    $(Self::$event $({ $($field),* })? => $effect,)*
                }
            }

            /// The fields of this event, for writing them.
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
            /// Whether events of this kind concern one step.
            #[must_use]
            pub const fn is_of_step(self) -> bool {
                match self {
                    $(Self::$step_event => true,)*
                    $(Self::$event => false,)*
                }
            }

            /// Builds the event of this kind from these fields. Fields that the event does not have
            /// are ignored.
            ///
            /// # Errors
            /// The name of a field that the event needs and that is missing.
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
        /// The step's `when` is false.
        Skipped: Succeeds(When), Skipped;
        /// `when` panicked, or the expression for the length of a wait: the step fails without a
        /// call.
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
            /// Whether the verdict says `.abort()`.
            abort: bool,
            /// Whether the verdict leaves room for another attempt. (True for a refusal, which says by
            /// itself that it does not; and with `abort`, for a child saga that was aborted, if its
            /// parent's verdict leaves room.)
            again: bool,
            /// Whether `#[late]` has passed since the end of the attempt that caused the doubt
            /// (true without `#[late]`, or without doubt). If not, a refusal came too early to count,
            /// and the next attempt waits until then.
            late_passed: bool
        }: Fails(Action, Error), None;
        /// The attempt took longer than its timeout; or no signal arrived in time; or the keys of a
        /// lock did not become free in time.
        TimedOut: Fails(Action, TimedOut), None;
        /// The action panicked.
        Panicked: Fails(Action, Panicked), None;
        /// The step is a child saga or a loop that has failed for good and is undoing itself: the
        /// saga rolls back from now on. Another event ends the step, once it has undone itself.
        Failing {
            /// Whether a service refused.
            refused: bool
        }: None, None;
        /// The process that made a call of the step has ended during the call. Or, for a step that
        /// is [`unrecorded`](super::Kernel::unrecorded), the process that had its effect: then the
        /// effect is found out again, like the outcome of a step in doubt. The call does not count
        /// as an attempt and is made again (an action once its doubt is settled). Only the tenth
        /// loss in a row counts: an action parks, a fallback declines, `resolve` and a compensation
        /// are used up.
        Lost: Lost, None;
        /// `#[late]` has passed since the end of the last unconfirmed attempt: none can arrive any
        /// more.
        LatePassed: None, None;
        /// `resolve` starts.
        Resolving: Starts(Resolve), None;
        /// `resolve` answered `Some` (`happened`) or `None`.
        Resolved { happened: bool }: Succeeds(Resolve), if happened { Filled } else { None };
        /// `resolve` returned `Err`, timed out or panicked.
        ResolveFailed {
            /// Whether `resolve` is given up: its own `#[classify]` says so of the error.
            refused: bool
        }: Fails(Resolve, Error), None;
        /// The compensation starts, to roll back or (`#[by_key]`) to settle doubt.
        Compensating: Starts(Compensate), None;
        /// The compensation succeeded.
        Compensated: Succeeds(Compensate), Cleared;
        /// The compensation returned `Err`, timed out or panicked.
        CompensationFailed {
            /// Whether the compensation is given up: its own `#[classify]` says so of the error.
            refused: bool
        }: Fails(Compensate, Error), None;
        /// The fallback starts.
        FallingBack: Starts(Fallback), None;
        /// The fallback's value takes the place of the effect.
        FellBack: Succeeds(Fallback), Filled;
        /// The fallback returned `Err`, timed out or panicked.
        FallbackDeclined: Fails(Fallback, Error), None;
        /// The wait of this step that [`Command::Backoff`](super::Command::Backoff) or
        /// [`Command::AfterLoss`](super::Command::AfterLoss) began is over.
        Waited: None, None;
        /// The compensation of this step is skipped, because a step that depends on it remains
        /// applied, or may.
        Kept: None, None;
        /// The saga has rolled back to this savepoint, and goes forward again from it (a *turn*).
        Turned: None, ClearedFromHere;
        /// The saga rolls back further: the `if` of this savepoint is false, or going forward again
        /// would repeat an effect that remains.
        TurnDeclined: None, None;
        /// The step is not begun again, because that would repeat an effect that remains of an
        /// earlier round: its attempts are used up.
        RerunRefused: None, None;
        /// The step starts to wait: for its signal, for its time, or for the keys of its lock.
        Awaiting: None, None;
        /// A sleep is over, or the saga has the keys of a lock.
        Woken: Succeeds(Action), Skipped;
        /// A signal was sent, and is accepted: see [`hearing`](super::Kernel::hearing).
        Signalled: None, None;
        /// The step receives the signal that was sent for it.
        Received: Succeeds(Action), Filled;
        /// An operator found out the real state of the step, or changed it: see
        /// [`settleable`](super::Kernel::settleable). A parked saga stays parked until it is
        /// resumed.
        Settled { settlement: Settlement }: Settled, settlement.effect();
    }
    of several or none: {
        /// The condition of a `when` block was evaluated. If the block is not `taken`, its steps
        /// are skipped; if it is, those of the later arms are.
        Decided {
            /// The index of the condition in the definition.
            block: u16,
            /// Whether the condition is true.
            taken: bool
        }: if taken { None } else { Skipped };
        /// A cancel was requested.
        CancelRequested: None;
        /// The deadline passed.
        DeadlinePassed: None;
        /// The parent of this saga rolls back: so this one does, too, even if it has completed, and
        /// it does not go forward again from a savepoint. Not recorded: it follows from the events
        /// of the parent.
        Recalled: None;
        /// A parked saga is resumed. An effect that was applied but could not be recorded is first
        /// found out again, like the outcome of a step in doubt.
        Resumed: None;
        /// The saga has ended, but its events could not be created: it is parked. When it is
        /// resumed, they are created again.
        EmitFailed: None;
    }
}

/// What an operator records about a step that a saga could not settle or undo by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settlement {
    /// The step was in doubt, and has happened. Its effect is recorded with the settlement.
    Applied,
    /// The step was in doubt; it has not happened, and no longer can.
    NotApplied,
    /// The step remained applied, or was in doubt; now it is undone, and can no longer happen.
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

/// The fields of every kind of [`Event`].
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
    pub happened: Option<bool>,
    pub taken: Option<bool>,
    pub settlement: Option<Settlement>,
}

impl Fields {
    /// No fields.
    pub const NONE: Self = Self {
        step: None,
        block: None,
        verdict: None,
        abort: None,
        again: None,
        late_passed: None,
        refused: None,
        happened: None,
        taken: None,
        settlement: None,
    };
}

impl Event {
    /// The event that starts this call of the step; `None` for `when`, whose start is not recorded.
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

    /// How the call that this event ends has failed; `None` if the event does not end a call by a
    /// failure.
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

    /// The verdict on the error of an action, if the event ends an attempt by one.
    #[must_use]
    pub(crate) const fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Rejected { verdict, .. } => Some(verdict),
            _ => None,
        }
    }

    /// Whether the event ends an attempt whose operation may have happened, or may still arrive.
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

/// An event that does not fit the state that it was applied to. The state has not changed.
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
