//! What the kernel answers: what to do next.

use crate::values::call::CallKind;

/// What to do next. Exhaustive, like [`Event`](super::Event).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "`step` is the step's index in the definition, everywhere"
)]
pub enum Command {
    /// Call this code of the step: first the event that it starts, if there is one, then how it went.
    ///
    /// [`When`](CallKind::When) evaluates `when`, and of what waits for how long; it has no event that
    /// starts it, and is answered by `Skipped`, `WhenPanicked`, `Awaiting`, or `Attempting` (the action
    /// is called next).
    Call { step: u16, call: CallKind },
    /// Evaluate the condition of a `when` block; then `Decided`, or `WhenPanicked` of its first
    /// step.
    DecideBlock {
        /// The index of its condition in the definition.
        block: u16,
    },
    /// Wait until `#[late]` has passed since the attempt that brought the doubt ended; then
    /// `LatePassed`. Nothing cuts this wait short.
    AwaitLate { step: u16 },
    /// Wait the backoff of this call after its failure number `failure` (from 0), then `Waited`.
    /// Whenever another event is applied the command is to be asked for anew: a cancel ends the
    /// wait by giving another command.
    Backoff {
        step: u16,
        call: CallKind,
        failure: u32,
    },
    /// The same after a call that was lost with its process: wait so many seconds, then `Waited`.
    AfterLoss {
        step: u16,
        call: CallKind,
        seconds: u16,
    },
    /// Wait for a signal as long as was evaluated when `Awaiting` was applied, if not for ever; then
    /// `TimedOut`. Otherwise as [`Backoff`](Self::Backoff).
    Listen { step: u16 },
    /// Wait as long as was evaluated when `Awaiting` was applied; then `Woken`. Otherwise as
    /// [`Backoff`](Self::Backoff).
    Sleep { step: u16 },
    /// Wait for the keys of a lock as long as was evaluated when `Awaiting` was applied, if not for
    /// ever; then `Woken`, or `TimedOut`. Otherwise as [`Backoff`](Self::Backoff). Another command
    /// gives the place in their queues up.
    Acquire { step: u16 },
    /// Put the value that was sent into its slot; then `Received`.
    Receive { step: u16 },
    /// Run the block's lanes, each by [`Lane`], until all have ended.
    Group { first: u16, len: u16 },
    /// `Kept`.
    Keep { step: u16 },
    /// Evaluate the savepoint's `if`, if it has one; then wait its backoff (`failure` from 0), if
    /// it agrees; then `Turned` or `TurnDeclined`. A cancel or deadline ends the wait by giving
    /// another command.
    Turn { step: u16, failure: u32 },
    /// It has ended.
    End(End),
}

impl Command {
    /// To call this code of the step.
    #[must_use]
    pub const fn call(step: u16, call: CallKind) -> Self {
        Self::Call { step, call }
    }
}

/// What a sibling of a `concurrent` block does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// One of `Call`, `AwaitLate`, `Backoff`, `AfterLoss`, `Listen`, `Sleep`, `Receive` for this step.
    Run(Command),
    /// A call of it runs, or it waits for siblings.
    Blocked,
    /// It does nothing more in this block.
    Ended,
}

/// How a saga ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// Every step is applied, skipped or fallen back.
    Completed,
    /// Nothing stands but what is listed as left.
    Compensated,
    /// Something could not be undone, finished or settled.
    Parked,
}
