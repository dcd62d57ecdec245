//! Summaries of what an event means for the calls and effects of its step.

use crate::values::call::CallKind;

/// What an [`Event`](super::Event) means for a call of its step's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallChange {
    /// The event is not about a call.
    None,
    /// The call starts.
    Starts(CallKind),
    /// The call succeeds.
    Succeeds(CallKind),
    /// The call fails, in this way as far as the event shows.
    Fails(CallKind, FailureKind),
    /// The process ended during the call that [`Kernel::running`](super::Kernel::running) lists
    /// before the event. If it lists none, the effect of the action is lost.
    Lost,
    /// An operator records what no call could find out or do.
    Settled,
}

/// How a call failed, as far as an [`Event`](super::Event) shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The action returned an error; or a call of other code returned an error, timed out or
    /// panicked.
    Error,
    /// The call took longer than its timeout.
    TimedOut,
    /// The call panicked.
    Panicked,
    /// The value that the call returned cannot be recorded.
    Unrecordable,
    /// The process ended during the call.
    Lost,
}

/// What an [`Event`](super::Event) does to the effects of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectChange {
    /// Effects do not change.
    None,
    /// The step has an effect: the value recorded with this event, or with the signal that the step
    /// receives.
    Filled,
    /// The step, or each step of the block, is done without an effect.
    Skipped,
    /// The step's effect is gone.
    Cleared,
    /// The effects of this step and of all later steps are gone.
    ClearedFromHere,
}
