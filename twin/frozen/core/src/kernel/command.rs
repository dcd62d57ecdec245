//! The commands: what the kernel tells the executor to do next.

use crate::values::call::CallKind;

/// What to do next. Exhaustive, like [`Event`](super::Event).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "`step` is the step's index in the definition, everywhere"
)]
pub enum Command {
    /// Call this code of the step. Apply the event for its start, if there is one, and then the
    /// event for its outcome.
    ///
    /// [`When`](CallKind::When) evaluates `when`, and the time that a waiting step waits. It has no
    /// event for its start. It is answered by `Skipped`, `WhenPanicked`, `Awaiting`, or
    /// `Attempting` (then the action is called).
    Call { step: u16, call: CallKind },
    /// Evaluate the condition of a `when` block. Answer with `Decided`, or with `WhenPanicked` for
    /// the first step of the block.
    DecideBlock {
        /// The index of the condition in the definition.
        block: u16,
    },
    /// Wait until an unconfirmed attempt of the step can no longer arrive, before this call: until
    /// `#[late]` has passed since the end of the last unconfirmed attempt. The call is the step's
    /// own, but the compensation may be that of the step with which the step is undone. Answer with
    /// `LatePassed`. Nothing cuts this wait short.
    AwaitLate { step: u16, call: CallKind },
    /// Wait the backoff of this call after its failure number `failure` (from 0). Answer with
    /// `Waited`. Ask for the command again whenever another event was applied: a cancel ends the
    /// wait by changing the command.
    Backoff {
        step: u16,
        call: CallKind,
        failure: u32,
    },
    /// Wait `seconds` seconds, because the last call was lost with its process. Otherwise like
    /// [`Backoff`](Self::Backoff).
    AfterLoss {
        step: u16,
        call: CallKind,
        seconds: u16,
    },
    /// Wait for a signal for as long as was evaluated when `Awaiting` was applied, or forever. When
    /// the time has passed, answer with `TimedOut`. Otherwise like [`Backoff`](Self::Backoff).
    Listen { step: u16 },
    /// Wait as long as was evaluated when `Awaiting` was applied. Answer with `Woken`. Otherwise
    /// like [`Backoff`](Self::Backoff).
    Sleep { step: u16 },
    /// Wait for the keys of a lock for as long as was evaluated when `Awaiting` was applied, or
    /// forever. Answer with `Woken`, or with `TimedOut`. Otherwise like [`Backoff`](Self::Backoff).
    /// When the command changes, the saga leaves the queues of the keys.
    Acquire { step: u16 },
    /// Move the value of the signal into its slot. Answer with `Received`.
    Receive { step: u16 },
    /// Run the lanes of the block, each according to its [`Lane`], until all have ended.
    Group { first: u16, len: u16 },
    /// Skip the compensation of this step. Answer with `Kept`.
    Keep { step: u16 },
    /// Evaluate the `if` of the savepoint, if it has one. (The kernel knows whether its `on` names the
    /// step that failed.) If it agrees, wait its backoff (`failure` from 0), and answer with `Turned`;
    /// otherwise answer with `TurnDeclined`. A cancel or deadline ends the wait by changing the
    /// command.
    Turn { step: u16, failure: u32 },
    /// A rerun would repeat the effect of a step that remains: do not go forward again from this
    /// savepoint, or do not begin this child saga again. Answer with `TurnDeclined` while the saga
    /// compensates, otherwise with `RerunRefused`.
    Refuse { step: u16 },
    /// Nothing: the saga has ended.
    End(End),
}

impl Command {
    /// The command to call this code of the step.
    #[must_use]
    pub const fn call(step: u16, call: CallKind) -> Self {
        Self::Call { step, call }
    }
}

/// What a step of a `concurrent` block does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// One of `Call`, `AwaitLate`, `Backoff`, `AfterLoss`, `Listen`, `Sleep` and `Receive` and `Refuse`, for
    /// this step.
    Run(Command),
    /// A call of the step runs, or the step waits for siblings.
    Blocked,
    /// The step does nothing more in this block.
    Ended,
}

/// How a saga ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// Every step is applied, skipped or replaced by its fallback.
    Completed,
    /// Nothing remains applied, except for what is listed as left.
    Compensated,
    /// A step could not be undone, finished or settled.
    Parked,
}
