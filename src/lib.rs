//! Sagas checked at compile time.

#[doc(hidden)]
pub use saga_core::__private;
pub use saga_core::{
    At, Attempt, Backoff, CallKind, Cancel, Cause, Codec, Completeness, Context, Definition, End, Error, Failure, Handle, Id, Journal, Key, Left,
    LeftStanding, Limit, Machine, Outcome, Panic, Parked, Pending, Prepared, Resumed, Retry, Running, Stopped, Summary, Timing, Unsettled, Verdict,
    Volatile, definition, kernel, transient,
};
#[cfg(feature = "durable")]
pub use saga_core::Keep;
pub use saga_macros::saga;
