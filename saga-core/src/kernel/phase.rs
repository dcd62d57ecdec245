//! Where a saga and its steps are, as the kernel tells it.

use crate::values::call::CallKind;

/// Where a saga is heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Towards its end.
    Forward,
    /// A failure, abort, accepted cancel or deadline is on record: towards its start.
    Compensating,
}

/// What became of a cancel or of the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cancellation {
    /// There is none.
    None,
    /// It is answered when the outcome of the pivot is known. It stays so in a saga that parks with
    /// its pivot unsettled.
    Pending,
    /// The saga goes back.
    Accepted,
    /// The pivot has passed, or the saga has ended.
    TooLate,
}

/// Where a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It is still to be started, or to be started again.
    Pending,
    /// A call of it is on record as started, without an end.
    Running(CallKind),
    /// It waits for the next try.
    Waiting(CallKind),
    /// It is not known whether it happened, and it is being settled (or was left, by `compensate
    /// none`).
    InDoubt,
    /// It did not happen, and its attempts are used up; the fallback is next.
    UsedUp,
    /// It did not happen, and is not tried again.
    Failed,
    /// It happened.
    Applied,
    /// Its `when` said no.
    Skipped,
    /// Its fallback took its place.
    FellBack,
    /// Its compensation is done.
    Undone,
    /// Its compensation failed for good: its effect remains.
    Uncompensated,
    /// Its compensation was skipped, because the effect of a step that depends on it remains, or may.
    Kept,
    /// It is not known whether it happened, and nothing is left that would tell.
    Unsettled,
    /// It waits for its signal.
    Listening,
    /// It waits for a time.
    Sleeping,
    /// It waits for the keys of a lock.
    Queued,
}

/// How sure it is that something was left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Left {
    /// It stands.
    Certain,
    /// It may stand.
    Perhaps,
}
