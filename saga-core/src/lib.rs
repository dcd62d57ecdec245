//! The runtime of `typed-saga`: the declaration of a saga as data, the kernel that decides, the
//! executor that performs, and the boundary to journals.
//!
//! Users depend on the facade `typed-saga`, which re-exports what they need and has the
//! documentation. The parts are public for those who build on them.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

// DESIGN.md has their order: a folder imports only from itself and from those before it there.
mod basics;
mod calls;
mod executor;
mod generated;
mod history;
pub mod kernel;
mod lifecycle;
mod observers;
mod report;
mod values;

pub use basics::drain::drain;
pub use generated::durable::{Durable, InputsOf, Service, Services, ServicesOf};
pub use lifecycle::{Cancel, Prepared, Resumed, Running, Started};
pub use report::completeness::Completeness;
pub use report::context::Context;
pub use report::error::{Error, Failure};
pub use typed_saga_definition as definition;
pub use typed_saga_definition::{Backoff, Definition, Limit, Retry, Timing};
pub use values::call::{CallKind, CallSite};
pub use values::cause::Cause;
#[cfg(feature = "durable")]
pub use values::codec::Persist;
pub use values::codec::{Answer, Codec, Encode, Encoded, Form, Unrecorded};
/// What an engine needs to run durable sagas.
pub mod run {
    pub use crate::basics::control::Control;
    pub use crate::basics::digest::sha256;
    pub use crate::basics::discard::discard;
    pub use crate::basics::list::{field_of, parts};
    pub use crate::basics::random::random;
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub use crate::basics::random::seed;
    pub use crate::basics::shortened::shortened;
    pub use crate::calls::attempt::{Caught, Limited};
    pub use crate::calls::events::{Events, NoEvents, Publisher, Undelivered};
    pub use crate::calls::journal::limited;
    pub use crate::calls::loops::LoopReport;
    pub use crate::calls::watch::RunOptions;
    pub use crate::executor::driven::{Driven, Drives};
    pub use crate::executor::looped::driven::DrivenItems;
    pub use crate::executor::object::Boxed;
    #[cfg(feature = "durable")]
    pub use crate::generated::durable::other_inputs;
    pub use crate::generated::limits::{has_limits, need_timers};
    pub use crate::history::{
        FailedCall, LoopHistory, NestedHistory, RunHistory, Said, StepHistory, Wait,
    };
    pub use crate::lifecycle::{Ended, Finished, HandOver, Misfit, Recovery};
    pub use crate::observers::{is_observed, report_stuck, report_undelivered};
    #[cfg(feature = "durable")]
    pub use crate::values::canonical::canonical;
    pub use crate::values::id::event_key;
    pub use crate::values::locate::{Located, locate};
    pub use crate::values::node::Node;
}
/// The traits and types that compile errors name: requirements on a type where a saga uses it, and
/// types of generated code. Every type that fits implements these traits already, so you implement
/// none of them.
pub mod requires {
    pub use crate::calls::events::{Emits, Emitted, EventFrom, Silent};
    pub use crate::calls::locks::Locks;
    pub use crate::calls::loops::ListOf;
    pub use crate::generated::called::{Awaited, Converts, Returned};
    pub use crate::generated::durable::{ErrorOfADurableSaga, ServiceOfADurableSaga};
    pub use crate::generated::judged::{Judged, NeverInDoubt};
    pub use crate::generated::machine::Completed;
    pub use crate::generated::shared::{Is, OutputOfASaga, PartOfASaga, Shared};
    pub use crate::generated::walk::{Proof, Sibling};
    pub use crate::lifecycle::Nested;
    pub use crate::lifecycle::nestable::{
        Cloned, Common, Gives, Handed, Nest, RunsAgain, Tail, Takes, Unlocked, Unpivoted,
        Unsignalled,
    };
    pub use crate::values::key_digest::KeyValue;
}
pub use basics::panic::Panic;
pub use basics::until::Until;
pub use calls::attached::{Attached, Inputs, Words};
pub use calls::journal::{Journal, Volatile};
pub use calls::mail::{NoSignal, Sender, Signalled, Signals};
pub use calls::tray::Tray;
pub use calls::{
    lock_table::{Keys, LockPlace, LockTable},
    locks::Lock,
};
pub use generated::judged::{AlwaysTransient, transient};
pub use generated::machine::{Machine, Saga};
pub use generated::walk::{Branch, Done, Move, Pending, Stopped};
pub use kernel::{Direction, End, Left, Verdict};
pub use lifecycle::outcome::{Outcome, Parked, Position};
#[cfg(feature = "tracing")]
pub use observers::Tracing;
pub use observers::{
    AlreadyObserved, Before, Counted, Counts, Interest, Observer, Recorded, Recording, RunEvent,
    observe_all,
};
pub use report::place::{Place, path};
pub use report::standing::{LeftStep, Unsettled};
pub use report::summary::Summary;
pub use values::id::{Id, Key};
pub use values::key_error::KeyError;
pub use values::life::Life;
pub use values::operation::Operation;
pub use values::parent_failure::ParentFailure;
