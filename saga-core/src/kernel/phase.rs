//! The state of a saga and of its steps, as the kernel reports it.

use crate::values::call::CallKind;

/// The direction of a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Towards the end of the declaration.
    Forward,
    /// Towards the start: a failure, an abort, an accepted cancel or a deadline is recorded.
    Compensating,
}

/// The answer to a cancel, or the effect of the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cancellation {
    /// There was none.
    None,
    /// It is answered when the outcome of the pivot is known. A saga that parks before that is not
    /// cancelled: the caller hears so, and the request ends with the first event after that. A
    /// deadline remains pending.
    Pending,
    /// The saga rolls back.
    Accepted,
    /// The pivot has happened, or the saga has ended.
    TooLate,
}

/// The state of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The step is still to be started, or to be started again.
    Pending,
    /// A call of the step is recorded as started, but not as ended.
    Running(CallKind),
    /// The step waits before the next try of this call.
    Waiting(CallKind),
    /// It is not known whether the step happened. Its doubt is being settled (or was left, by
    /// `compensate none`).
    InDoubt,
    /// The step did not happen, and its attempts are used up; the fallback is next.
    UsedUp,
    /// The step did not happen, and is not tried again.
    Failed,
    /// The step happened.
    Applied,
    /// The step's `when` is false.
    Skipped,
    /// The fallback took the place of the step.
    FellBack,
    /// The step's compensation succeeded.
    Undone,
    /// The step's compensation failed for good: its effect remains.
    Uncompensated,
    /// The step's compensation was skipped, because the effect of a step that depends on it
    /// remains, or may.
    Kept,
    /// It is not known whether the step happened, and no way to find out is left.
    Unsettled,
    /// The step waits for its signal.
    Listening,
    /// The step waits for a time.
    Sleeping,
    /// The step waits for the keys of a lock.
    Queued,
}

/// How certain it is that an effect was left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Left {
    /// The effect remains.
    Certain,
    /// The effect may remain.
    Perhaps,
}
