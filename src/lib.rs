//! Sagas checked at compile time: sequences of steps across services, each with the compensation
//! that undoes it.
//!
//! [`saga!`] declares a saga. It becomes a struct of its inputs; [`with`](saga!#running) gives it
//! its services and makes a [`Prepared`](runtime::Prepared) of it, which is awaited:
//!
//! ```
//! use saga::saga;
//!
//! saga! {
//!     saga Greet(name: String) -> Result<String, &'static str> {
//!         read greeting(name) -> String { Ok(format!("Hello, {name}!")) }
//!
//!         greeting
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let greeting = Greet { name: "Ada".to_owned() }.run().await;
//! assert_eq!(greeting.unwrap(), "Hello, Ada!");
//! # }
//! ```
//!
//! Where to read on:
//!
//! - [`saga!`]: the language, completely.
//! - [`guide`]: a tutorial, what you promise, operations, questions.
//! - [`guide::semantics`]: what happens when, as tables.
//! - [`guide::durable`]: what outlasts the process, as tables.
//! - [`guide::fleet`]: many processes on one Postgres.
//! - [`guide::console`]: sagas in a browser.
//! - [`Prepared`](runtime::Prepared), [`Handle`], [`Outcome`], [`Error`], [`Parked`]: running a
//!   saga and what it gives.
//! - [`Observer`], [`observe_all`](runtime::observe_all), [`Recording`], [`runtime::Counts`],
//!   [`drain`]: watching runs, and waiting for them.
//! - [`Verdict`], [`classify`]: what an error means for the saga.
//! - [`Key`], [`Context`], [`Failure`], [`Summary`]: what code of a step may read beside inputs,
//!   services and effects.
//!
//! # Features
//!
//! - `durable`: `durable saga`, whose inputs, effects and output must be serde.
//! - `engine`: `saga::engine`, which runs durable sagas over a store, and a store in memory for
//!   tests; brings `durable`.
//! - `sqlite`: `saga::sqlite`, the store in a SQLite file; brings `engine`, and needs Rust 1.89.
//! - `postgres`: `saga::postgres`, the store in a Postgres database that many workers share; brings
//!   `engine`, and needs Rust 1.89.
//! - `tracing`: the observer `Tracing`, which tells runs as spans and events.
//! - `testing`: `saga::testing`, which explores the failure paths of a saga; for
//!   `[dev-dependencies]`.

#[doc(hidden)]
pub use classify::transient;
#[cfg(feature = "tracing")]
pub use saga_core::Tracing;
#[doc(hidden)]
pub use saga_core::{__private, Counts};
pub use saga_core::{
    Cause, Completeness, Context, Done, Error, Failure, Handle, Key, Observer, Outcome, Parked,
    Pending, Recording, Summary, Verdict, drain,
};

pub mod classify;

pub mod definition {
    //! What a saga is, as data: [`Definition`] and its parts.

    #[cfg(feature = "durable")]
    pub use saga_core::definition::SchemaError;
    pub use saga_core::definition::{
        Backoff, Call, Compensation, Condition, Definition, DefinitionRef, Field, Group, Kind,
        Limit, List, Retry, Step, Text, Timing,
    };
}

pub mod runtime {
    //! What stands behind the names at the root: parts of what they return, what generated code is
    //! made of, and the boundary to journals.

    pub use saga_core::{
        AlreadyObserved, Attempt, Before, Branch, CallKind, CallSite, Cancel, Codec, Counted,
        Counts, Direction, End, Id, Journal, Left, LeftStanding, Machine, Move, NoSignal, Panic,
        Position, Prepared, Recorded, Resumed, RunEvent, Running, Sender, Signalled, Signals,
        Stopped, Unsettled, Until, Volatile, kernel, observe_all,
    };
    #[cfg(feature = "durable")]
    pub use saga_core::{Durable, Keep, Service, Services};
}

#[cfg(feature = "engine")]
#[doc(inline)]
pub use saga_engine as engine;
#[cfg(feature = "postgres")]
#[doc(inline)]
pub use saga_postgres as postgres;
#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use saga_sqlite as sqlite;
#[cfg(feature = "testing")]
pub mod testing;

#[doc = include_str!("language/saga.md")]
#[doc = include_str!("../docs/reference/clauses.md")]
#[doc = include_str!("language/attributes.md")]
#[doc = include_str!("../docs/reference/attributes.md")]
#[doc = include_str!("language/defaults.md")]
#[doc = include_str!("../docs/reference/defaults.md")]
#[doc = include_str!("language/defaults_notes.md")]
#[doc = include_str!("language/durable.md")]
#[doc = include_str!("language/running.md")]
pub use saga_macros::saga;

#[cfg(doc)]
#[doc = include_str!("../docs/guide.md")]
pub mod guide;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
