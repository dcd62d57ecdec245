//! Everything that generated code may name. Nothing here is covered by semantic versioning: `saga!`
//! and this crate are released together.

#[cfg(feature = "durable")]
pub use crate::generated::signal_serde::{read_signal, write_signal};
#[cfg(feature = "durable")]
pub use crate::values::object::Object;
pub use crate::{
    basics::{
        source::Source,
        until::{NEVER, Until, slept},
    },
    calls::{
        attempt::{stored, timed, untimed, valued, whole},
        events::{Emits, Emitted, EventFrom, Events, NoEvents, Publisher, Silent},
        lane::{Lane, Lanes, apart, here, lane},
        locks::{Locks, ascending, is_named, lock, named, unlocked},
        loops::{Each, ListOf, LoadedItems, RecordedItems, Whole, collected, load_items},
        mail::{Mail, NoSignal, Signals},
        perform::{Call, Scope, Straight, reported},
        received::received,
        report::Report,
    },
    definition::{
        Arm, Backoff, Call as CallDefinition, Child, Compensation, Computed, Condition, Definition,
        DefinitionRef, Emit as EmitDefinition, Field, Group, Hold as HoldDefinition, Items, Kind,
        Limit, Lock as LockDefinition, Rare, Ref, Retry, Savepoint, Step, Timing, With, shape,
    },
    executor::driven::Drives as Journal,
    generated::{
        below::{Below, ByDeref, ByError, NoSource},
        called::{Awaited, Converts, Returned},
        describe::{ByDebug, ByDisplay, Describe, NotAtAll},
        durable::{
            Durable, ErrorOfADurableSaga, InputsOf, Service, ServiceOfADurableSaga, Services,
            ServicesOf, defined, load, load_each, load_each_or_skip, load_or_skip, load_unknown,
            read, read_error_of, read_or_skip, write_if_some,
        },
        judged::{Judged, NeverInDoubt},
        machine::{Completed, EventOf, Machine, Saga, agrees},
        one_of::OneOf,
        same::{ByText, ByValue, Same},
        shared::{Beside, Is, OutputOfASaga, PartOfASaga, Shared},
        shown::{ByItsDebug, ByPresence, Shown, Unshown},
        slot::{Slot, effect, fill, filled, keep, or_arm, or_skipped, or_taken, there_is},
        standard::{
            Arc, Box, Duration, Never, OnceLock, Option, Pin, Result, String, Vec, append, arc,
            as_mut, boxed, cloned, default, duration, first_of, last_first, list_of, nothing,
            pinned, same, zipped,
        },
        walk::{
            Branch, Done, Move, Pending, Proof, Sibling, absent, begin, debug_state, error_of,
            failed, give, happens, made, open, rename, step, there,
        },
    },
    history::child::RunChild,
    kernel::Verdict,
    lifecycle::{
        Nested, NestedItems, Nesting, Prepared, Walked, by_hand, child_happens, instead, nest,
        nest_back,
        nestable::{
            Cloned, Common, Gives, Handed, Nest, RunsAgain, Tail, Takes, Unlocked, Unpivoted,
            Unsignalled, WithoutFinally,
        },
        undo_by_hand,
    },
    report::{context::Context, error::Failure, summary::Summary},
    values::{
        call::{CallKind, CallSite},
        codec::{Answer, Codec, Encoded, Form, Persist, Unrecorded},
        id::Key,
        key_digest::{KeyDigest, KeyValue},
        node::Node,
    },
};
#[cfg(feature = "durable")]
pub use serde::{Deserialize, Deserializer, Serialize, Serializer};
pub use std::{
    any::Any,
    borrow::Cow::Borrowed,
    clone::Clone,
    default::Default,
    file,
    future::{Future, ready},
    line,
    marker::{Send, Sync},
    mem::drop,
    ops::Fn,
    pin::pin,
    primitive::{bool, str, u16, u64},
    unreachable,
};

/// Expands to its items, which only a durable saga has.
#[cfg(feature = "durable")]
#[macro_export]
#[doc(hidden)]
macro_rules! __durable {
    ($($items:tt)*) => { $($items)* };
}

/// Expands to a compile error that names the missing feature.
#[cfg(not(feature = "durable"))]
#[macro_export]
#[doc(hidden)]
macro_rules! __durable {
    ($($items:tt)*) => {
        ::core::compile_error!(
            "a `durable saga` needs the feature `durable` of the crate `typed-saga`"
        );
    };
}

pub use crate::{__durable as durable, __typestate as typestate};
