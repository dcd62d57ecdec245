//! What an event says of the calls and effects of its step, in general terms.

use crate::values::call::CallKind;

/// What an [`Event`](super::Event) says of a call of its step's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallChange {
    /// Nothing.
    None,
    /// The call starts.
    Starts(CallKind),
    /// It gave what was asked for.
    Succeeds(CallKind),
    /// It did not, in this way as far as the event says.
    Fails(CallKind, FailureKind),
    /// The process ended while the call ran that [`Kernel::running`](super::Kernel::running) names
    /// before the event; if none did, what the action gave is lost.
    Lost,
    /// A person says what no call could find out or do.
    Settled,
}

/// How a call failed, as far as an [`Event`](super::Event) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It gave an error; or, of what is not an action, timed out or panicked.
    Error,
    /// It took longer than its timeout.
    TimedOut,
    /// It panicked.
    Panicked,
    /// What it gave cannot be recorded.
    Unrecordable,
    /// The process ended while it ran.
    Lost,
}

/// What an [`Event`](super::Event) does to the effects at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectChange {
    /// Nothing.
    None,
    /// The step has an effect: the value that is recorded with the event, or was with the signal
    /// that it takes.
    Filled,
    /// The step, or each step of the block, is done without an effect.
    Skipped,
    /// The step's effect is gone.
    Cleared,
    /// The effects of the step and of all behind it are gone.
    ClearedFromHere,
}
