//! Sagas for async Rust, checked by the compiler: every step declares how it is undone, and what
//! happens when the answer to its request is lost.
//!
//! You book a room, charge a card, and the connection drops before the bank answers. Was the customer
//! charged? If you retry, you may charge twice; if you cancel the room, the customer may have paid for
//! nothing. With [`saga!`], leaving that question open is a compile error:
//!
//! ```
//! # use saga::{Key, Verdict, saga};
//! saga! {
//!     /// Books a room, charges for the trip, then books a seat.
//!     #[classify(Error::verdict)] // which errors mean "it may have happened"
//!     saga BookTrip(city: String)
//!     with (hotels: Hotels, bank: Bank, airline: Airline)
//!     -> Result<Trip, Error>
//!     {
//!         #[idempotent]
//!         step room(hotels, city, key) -> Room = Hotels::book
//!             compensate(hotels, room) = Hotels::cancel;
//!
//!         #[idempotent] // the bank charges once per key
//!         step payment(bank, room, key) -> Payment = Bank::charge
//!             compensate(bank, payment, undo_key) = Bank::refund;
//!
//!         #[idempotent]
//!         step seat(airline, city, key) -> Seat = Airline::book
//!             compensate(airline, seat) = Airline::cancel;
//!
//!         Trip { room, payment, seat }
//!     }
//! }
//! #
//! # #[derive(Debug)]
//! # struct Error;
//! # impl Error {
//! #     fn verdict(&self) -> Verdict { Verdict::Unknown }
//! # }
//! # struct Hotels;
//! # struct Bank;
//! # struct Room;
//! # struct Payment;
//! # struct Seat;
//! # struct Airline;
//! # struct Trip { room: Room, payment: Payment, seat: Seat }
//! # impl Hotels {
//! #     async fn book(&self, _: &str, _: &Key) -> Result<Room, Error> { Ok(Room) }
//! #     async fn cancel(&self, _: &Room) -> Result<(), Error> { Ok(()) }
//! # }
//! # impl Bank {
//! #     async fn charge(&self, _: &Room, _: &Key) -> Result<Payment, Error> { Ok(Payment) }
//! #     async fn refund(&self, _: &Payment, _: &Key) -> Result<(), Error> { Ok(()) }
//! # }
//! # impl Airline {
//! #     async fn book(&self, _: &str, _: &Key) -> Result<Seat, Error> { Ok(Seat) }
//! #     async fn cancel(&self, _: &Seat) -> Result<(), Error> { Ok(()) }
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), saga::Error<Error>> {
//! # let (city, hotels, bank, airline) = ("Lisbon".to_owned(), Hotels, Bank, Airline);
//!
//! let trip = BookTrip { city }.with(hotels, bank, airline);
//! let outcome = trip.id("order-42").outcome().await;
//! # let trip = outcome.into_result()?;
//! # drop((trip.room, trip.payment, trip.seat));
//! # Ok(())
//! # }
//! ```
//!
//! `BookTrip` is a struct of the saga's inputs; [`with`](saga!#running) passes the services, and
//! `.outcome().await` runs the saga. When the bank's answer is lost, the saga charges again, under the
//! same key. When the flight is sold out, the saga refunds the payment, then cancels the room. Remove
//! the second `#[idempotent]`, and the program no longer builds:
//!
//! ```text
//! error: if the answer to `payment` is lost, the saga cannot tell whether it happened
//!
//!        note: `#[classify]` may return `Unknown`
//!        help: declare how to find out:
//!          `#[idempotent]`: the service acts once on requests with the same `key`,
//!            and returns the original result again
//!          `resolve(bank, key) { … }`: asks the service and returns an
//!            `Option<Payment>`; `None` promises that the step did not happen and
//!            no longer can
//!          `#[by_key] compensate(bank, key) { … }`: cancels by `key`, whether or
//!            not the step happened, and stops a request that is still on its way
//!   --> tests/ui/fail/readme.rs:15:14
//!    |
//! 15 |         step payment(bank, room, key) -> Payment = Bank::charge
//!    |              ^^^^^^^
//! ```
//!
//! A run ends `Completed` or `Compensated`. A run that can be neither finished nor undone is
//! `Parked`: suspended until an operator decides. Write `durable saga`, and the run also survives
//! the death of its process, in a SQLite file or a Postgres database.
//!
//! # Where to go next
//!
//! - [`guide::tutorial`]: from one step to a durable saga.
//! - [`saga!`]: the reference of the language, with every attribute and clause.
//! - [`guide`]: how-to pages, and the seven promises that you make.
//! - [`guide::semantics`], [`guide::durable`]: every rule of a run, as tables.
//! - [`runtime::Prepared`], [`Handle`], [`Outcome`], [`Error`], [`Parked`]: how you run a saga and what
//!   it returns.
//! - [`Verdict`], [`classify`]: what an error means for the saga.
//! - [`Observer`], [`Recording`], [`runtime::Counts`], [`drain`]: how you watch runs, and wait for them
//!   before the process ends.
//! - `testing` (a feature): runs your saga through every failure path.
//!
//! # Features
//!
//! - `durable`: `durable saga`, whose inputs, effects, errors and output must implement
//!   serde's traits.
//! - `engine`: `saga::engine`, which runs durable sagas over a store, and a store in memory for
//!   tests; brings `durable`.
//! - `sqlite`: `saga::sqlite`, the store in a SQLite file; brings `engine`, and needs Rust 1.89.
//! - `postgres`: `saga::postgres`, the store in a Postgres database that many workers share; brings
//!   `engine`, and needs Rust 1.89.
//! - `tracing`: the observer `Tracing`, which reports runs as spans and events.
//! - `testing`: `saga::testing`, which explores the failure paths of a saga; for
//!   `[dev-dependencies]`.

#[doc(hidden)]
pub use classify::transient;
#[cfg(feature = "tracing")]
pub use saga_core::Tracing;
#[doc(hidden)]
pub use saga_core::{__private, Counts};
pub use saga_core::{
    Cause, Completeness, Context, Done, Error, Failure, Handle, Key, Lock, Observer, Outcome,
    Parked, Pending, Recording, Summary, Verdict, drain,
};

pub mod classify;

pub mod definition {
    //! A saga as data: [`Definition`] and its parts.

    #[cfg(feature = "durable")]
    pub use saga_core::definition::SchemaError;
    pub use saga_core::definition::{
        Arm, Backoff, Call, Compensation, Computed, Condition, Definition, DefinitionRef, Field,
        Group, Kind, Limit, List, Rare, Ref, Rerun, Retry, Savepoint, Step, Text, Timing, Written,
    };
}

pub mod runtime {
    //! The types that the names at the root use: parts of what they return, parts of generated
    //! code, and the boundary to journals.

    pub use saga_core::requires;
    pub use saga_core::{
        AlreadyObserved, Before, Branch, CallKind, CallSite, Cancel, Codec, Counted, Counts,
        Direction, End, Id, Interest, Journal, Keyed, Left, LeftStep, LockTable, Machine, Move,
        NoSignal, Panic, ParentFailure, Position, Prepared, Recorded, Resumed, RunEvent, Running,
        Sender, Signalled, Signals, Stopped, Unsettled, Until, Volatile, Words, kernel,
        observe_all,
    };
    #[cfg(feature = "durable")]
    pub use saga_core::{Durable, Persist, Service, Services};
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

#[doc(hidden)]
pub mod __macros {
    pub use saga_macros::saga;
}

/// Declares sagas, and checks them: this page is the reference of the language.
///
#[doc = include_str!("links.md")]
#[cfg_attr(not(doctest), doc = include_str!("../docs/reference.md"))]
// The tokens are passed on as they are, so that each keeps its place; `$crate` says where the library
// is, whatever it is called.
#[macro_export]
macro_rules! saga {
    ($($tokens:tt)*) => { $crate::__macros::saga! { $crate $($tokens)* } };
}

// The programs of the pages are tested by `tests/pages.rs`: a page has a part of one.
#[cfg(all(doc, not(doctest)))]
pub mod guide;
