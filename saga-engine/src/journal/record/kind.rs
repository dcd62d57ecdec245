//! The kinds of records.

use std::fmt;

use serde::{Deserialize, Serialize};
use typed_saga_core::kernel::EventKind;

macro_rules! kinds {
    (
        events: {$($(#[doc = $event_doc:literal])* $event:ident = $event_name:literal,)*}
        others: {$($(#[doc = $doc:literal])* $kind:ident = $name:literal,)*}
    ) => {
        /// The kind of a record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum RecordKind {
            $($(#[doc = $event_doc])* #[serde(rename = $event_name)] $event,)*
            $($(#[doc = $doc])* #[serde(rename = $name)] $kind,)*
        }

        impl RecordKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$event,)* $(Self::$kind),*];

            /// The word in the journal.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$event => $event_name,)*
                    $(Self::$kind => $name,)*
                }
            }

            /// The event of the kernel that such a record is; `None` if it is not an event.
            #[must_use]
            pub const fn event(self) -> Option<EventKind> {
                match self {
                    $(Self::$event => Some(EventKind::$event),)*
                    $(Self::$kind => None,)*
                }
            }
        }

        impl From<EventKind> for RecordKind {
            fn from(event: EventKind) -> Self {
                match event {
                    $(EventKind::$event => Self::$event,)*
                }
            }
        }
    };
}

kinds! {
    events: {
        /// The step's `when` was false.
        Skipped = "skipped",
        /// The step's `when` panicked.
        WhenPanicked = "when_panicked",
        /// The decision on the `when` block that begins with the step.
        Decided = "decided",
        /// An attempt of the step's action starts.
        Attempting = "attempting",
        /// The action returned `Ok`; the value is its effect.
        Applied = "applied",
        /// The action returned `Ok`, but its effect cannot be recorded.
        Unrecordable = "unrecordable",
        /// The action returned `Err`.
        Rejected = "rejected",
        /// The attempt took too long.
        TimedOut = "timed_out",
        /// The action panicked.
        Panicked = "panicked",
        /// The child saga or the loop has failed for good, and undoes itself.
        Failing = "failing",
        /// The process ended while a call of the step ran.
        Lost = "lost",
        /// `#[late]` has passed: the request can no longer arrive.
        LatePassed = "late_passed",
        /// The step's `resolve` starts.
        Resolving = "resolving",
        /// `resolve` answered; if the step happened, the value is its effect.
        Resolved = "resolved",
        /// `resolve` returned `Err`, timed out or panicked.
        ResolveFailed = "resolve_failed",
        /// The step's compensation starts.
        Compensating = "compensating",
        /// The compensation succeeded.
        Compensated = "compensated",
        /// The compensation failed.
        CompensationFailed = "compensation_failed",
        /// The step's fallback starts.
        FallingBack = "falling_back",
        /// The fallback's value replaces the effect.
        FellBack = "fell_back",
        /// The fallback returned no value.
        FallbackDeclined = "fallback_declined",
        /// A wait of the step is over.
        Waited = "waited",
        /// The step is not compensated, because a step that remains applied depends on it.
        Kept = "kept",
        /// The saga starts again from the savepoint at this step.
        Turned = "turned",
        /// The saga does not start again from the savepoint at this step: its `if` was false, or
        /// that would repeat an effect that remains.
        TurnDeclined = "turn_declined",
        /// The child saga of this step does not begin again: that would repeat an effect that
        /// remains.
        RerunRefused = "rerun_refused",
        /// A sleep begins, or the saga begins to wait for a signal.
        Awaiting = "awaiting",
        /// A sleep is over.
        Woken = "woken",
        /// A signal was accepted; the value is what was sent.
        Signalled = "signalled",
        /// The step takes the value that was sent.
        Received = "received",
        /// An operator or a caller asked to cancel.
        CancelRequested = "cancel_requested",
        /// The deadline passed.
        DeadlinePassed = "deadline_passed",
        /// A parked saga is resumed.
        Resumed = "resumed",
        /// The saga has ended, and its events could not be made: it is parked.
        EmitFailed = "emit_failed",
        /// The parent of this saga rolls back. This follows from other records, and is not written.
        Recalled = "recalled",
        /// An operator declared the step's state; if it is applied, the value is its effect.
        Settled = "settled",
    }
    others: {
        /// The saga begins.
        Started = "started",
        /// A wait of the step begins.
        Waiting = "waiting",
        /// From here on another version of the definition applies.
        Redefined = "redefined",
        /// The saga has ended; the value is its output.
        Ended = "ended",
        /// An operator gave up the saga for good.
        Abandoned = "abandoned",
        /// `finally` has run.
        Finished = "finished",
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
