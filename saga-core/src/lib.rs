//! The runtime of `saga`: what a saga is as data, the kernel that decides, the executor that runs, the boundary to journals.
//!
//! Users name the facade `saga`, which re-exports what they need and has the documentation; the parts are public for those who build on them.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

mod attempt;
mod codec;
mod context;
pub mod definition;
mod describe;
mod diagram;
mod digest;
mod durable;
mod error;
mod executor;
mod id;
mod journal;
pub mod kernel;
mod machine;
#[cfg(feature = "durable")]
mod object;
mod observe;
mod observers;
mod outcome;
mod plain;
mod policy;
mod shared;
mod slot;
mod walk;

#[cfg(feature = "durable")]
pub use codec::Keep;
pub use codec::{Answer, Codec, Encode};
pub use context::Context;
pub use definition::Definition;
pub use durable::{Durable, Service, Services};
pub use error::{Cause, Completeness, Error, Failure, LeftStanding, Panic, Unsettled};
pub use executor::{Cancel, Handle, Prepared, Running, drain};
/// What an engine runs durable sagas with.
pub mod run {
    pub use crate::attempt::Caught;
    pub use crate::executor::{Conduct, Control, Ended, Finished, Recovery};
    pub use crate::id::random;
    pub use crate::observe::is_observed;
}
pub use id::{Id, Key};
pub use journal::{At, Attempt, CallKind, Journal, Volatile};
pub use kernel::{Direction, End, Left, Verdict};
pub use machine::Machine;
pub use observe::{AlreadyObserved, Before, Observer, What, observe_all};
#[cfg(feature = "tracing")]
pub use observers::Tracing;
pub use observers::{Counted, Counts, Recorded, Recording};
pub use outcome::{Outcome, Parked, Position, Resumed, Summary};
pub use policy::{Backoff, Limit, Retry, Timing};
pub use walk::{Move, Pending, Stopped};

/// Every `Err` is [`Verdict::Transient`]: for `#[classify(saga::transient)]`, which says that one has thought about it.
#[must_use]
pub fn transient<E>(_: &E) -> Verdict {
    Verdict::Transient
}
