//! The runtime of `saga`: what a saga is as data, the kernel that decides, the executor that runs,
//! the boundary to journals.
//!
//! Users name the facade `saga`, which re-exports what they need and has the documentation; the
//! parts are public for those who build on them.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

mod attempt;
mod call;
mod called;
mod cause;
mod child;
mod codec;
mod context;
mod control;
mod describe;
mod digest;
mod discard;
mod drain;
mod durable;
mod error;
mod events;
mod executor;
mod failures;
mod history;
mod id;
mod journal;
pub mod kernel;
mod lane;
mod link;
mod list;
mod locate;
mod loops;
mod machine;
mod mail;
mod nest;
mod node;
#[cfg(feature = "durable")]
mod object;
mod observers;
mod one_of;
mod outcome;
mod panic;
mod perform;
mod place;
mod progress;
mod random;
mod report;
mod shared;
#[cfg(feature = "durable")]
mod signal_serde;
mod slot;
mod standing;
mod summary;
mod until;
mod walk;
mod watch;
mod way;

pub use call::{Attempt, CallKind, CallSite};
pub use cause::Cause;
#[cfg(feature = "durable")]
pub use codec::Persist;
pub use codec::{Answer, Codec, Encode};
pub use context::Context;
pub use drain::drain;
pub use durable::{Durable, Service, Services};
pub use error::{Completeness, Error, Failure};
pub use executor::{Cancel, Handle, Prepared, Resumed, Running};
pub use saga_definition as definition;
pub use saga_definition::{Backoff, Definition, Limit, Retry, Timing};
/// What an engine runs durable sagas with.
pub mod run {
    pub use crate::attempt::{Caught, Limited};
    pub use crate::control::Control;
    pub use crate::discard::discard;
    pub use crate::events::{Emits, Events, NoEvents, Publisher};
    pub use crate::executor::{Ended, Finished, HandOver, Misfit, Recovery};
    pub use crate::history::{
        FailedCall, LoopHistory, NestedHistory, RunHistory, StepHistory, Wait,
    };
    pub use crate::id::event_key;
    pub use crate::list::list_of;
    pub use crate::locate::{Located, locate};
    pub use crate::node::Node;
    pub use crate::observers::{is_observed, report_stuck, report_undelivered};
    pub use crate::random::random;
    pub use crate::watch::RunOptions;
}
pub use id::{Id, Key};
pub use journal::{Journal, Volatile};
pub use kernel::{Direction, End, Left, Verdict};
pub use machine::Machine;
pub use mail::{NoSignal, Sender, Signalled, Signals};
#[cfg(feature = "tracing")]
pub use observers::Tracing;
pub use observers::{
    AlreadyObserved, Before, Counted, Counts, Observer, Recorded, Recording, RunEvent, observe_all,
};
pub use outcome::{Outcome, Parked, Position};
pub use panic::Panic;
pub use place::{Place, path};
pub use standing::{LeftStanding, Unsettled};
pub use summary::Summary;
pub use until::Until;
pub use walk::{Branch, Done, Move, Pending, Stopped};

/// Every `Err` is [`Verdict::Transient`]: for `#[classify(saga::transient)]`, which says that one
/// has thought about it.
#[must_use]
pub fn transient<E>(_: &E) -> Verdict {
    Verdict::Transient
}
