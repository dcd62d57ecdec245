//! Sagas for async Rust, checked by the compiler: every call to a service declares how it is undone
//! and, where its answer can be lost, how to find out what happened.
//!
//! You book a room, charge a card, and the connection drops before the bank answers. Charge again,
//! and the customer may pay twice; cancel the room, and the customer may have paid for nothing. A
//! saga finds out what happened, and when a call fails, it undoes the earlier ones, last first.
//!
//! **Where to go next:** the [tutorial](guide::tutorial) leads from one step to a durable saga;
//! [`saga!`] is the reference of the language; the [`guide`] has how-to pages, and the [seven
//! promises](guide::promises) that you make; [`guide::semantics`] and [`guide::durable`] have the
//! rules of a run.
//!
//! ```
//! # use typed_saga::{Key, Verdict, saga};
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
//! # async fn main() -> Result<(), typed_saga::Error<Error>> {
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
//! Each `step` calls an async function with the names in parentheses, and `compensate` undoes it.
//! `BookTrip` is a struct of the saga's inputs; [`with`](saga!#running) passes the services, and
//! `.outcome().await` runs the saga. If the bank's answer is lost, the saga repeats the request
//! under its key. If the flight is sold out, the saga refunds the payment, then cancels the room.
//!
//! A run ends `Completed` or `Compensated`. A run that can be neither finished nor undone is
//! `Parked`: suspended until an operator decides. If the process dies, a plain `saga` is gone, and
//! nothing is undone. A `durable saga` on an engine is recorded in a SQLite file or a Postgres
//! database, and continues after a restart.
//!
//! Remove the second `#[idempotent]`, and the program no longer builds:
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
//! # The types, by purpose
//!
//! - **To write steps:** [`Key`], [`Context`], [`Failure`] and [`Summary`] are what a body may read;
//!   [`Verdict`] and [`classify`] say what an error means, and [`transient`] that a failed call did
//!   nothing; [`Lock`] names what a saga locks.
//! - **To run a saga:** [`runtime::Prepared`], and [`Started`] once it runs as a task.
//! - **To read how it ended:** [`Outcome`], [`Error`] with its [`Cause`] and [`Completeness`], and
//!   [`Parked`], which can be resumed.
//! - **To watch runs:** [`Observer`], [`Recording`], `Tracing` (a feature), [`runtime::Counts`]; and
//!   [`drain`], which waits for running sagas before the process ends.
//! - **To walk through a saga by hand:** [`Done`], [`Pending`], and the types of [`runtime`].
//! - **To keep sagas in a store:** `engine` (a feature), with an example; `sqlite` and `postgres` are
//!   stores.
//! - **To test a saga:** `testing` (a feature) runs it through every failure path.
//!
//! # Features
//!
//! - `durable`: `durable saga`, whose inputs, effects, errors and output must implement
//!   serde's traits.
//! - `engine`: `typed_saga::engine`, which runs durable sagas over a store, and a store in memory
//!   for tests; brings `durable`.
//! - `sqlite`: `typed_saga::sqlite`, the store in a SQLite file; brings `engine`, and needs Rust
//!   1.89.
//! - `postgres`: `typed_saga::postgres`, the store in a Postgres database that many workers share;
//!   brings `engine`, and needs Rust 1.89.
//! - `tracing`: the observer `Tracing`, which reports runs as spans and events.
//! - `testing`: `typed_saga::testing`, which explores the failure paths of a saga; for
//!   `[dev-dependencies]`.

pub use classify::transient;
#[doc(hidden)]
pub use typed_saga_core::__private;
#[cfg(feature = "tracing")]
pub use typed_saga_core::Tracing;
pub use typed_saga_core::{
    Cause, Completeness, Context, Done, Error, Failure, Key, Lock, Observer, Outcome, Parked,
    Pending, Recording, Started, Summary, Verdict, drain,
};

pub mod classify;

pub mod definition {
    //! A saga as data: [`Definition`], which `BookTrip::DEFINITION` is. It draws itself
    //! ([`to_svg`](Definition::to_svg), [`to_mermaid`](Definition::to_mermaid)). For programs that read
    //! declarations, the types of its fields are in `definition::parts`; the documentation of the crate
    //! [`typed_saga_definition`](typed_saga_core::definition) has them.

    pub use typed_saga_core::definition::Definition;
    #[cfg(feature = "durable")]
    pub use typed_saga_core::definition::SchemaError;

    #[doc(hidden)]
    pub mod parts {
        //! For programs that read declarations: what a [`Definition`](super::Definition) consists of.

        pub use typed_saga_core::definition::{
            Arm, Backoff, Call, Child, Compensation, Computed, Condition, DefinitionRef, Emit,
            Field, Group, Hold, Items, Kind, Limit, List, Lock, Rare, Ref, Retry, Savepoint, Step,
            Text, Timing, Written,
        };
    }
}

pub mod runtime {
    //! Types that few programs name: parts of what the types at the root take and return.
    //!
    //! - **Ways to run:** [`Prepared`] and [`Running`]; [`Resumed`], of a parked saga; [`Saga`] and
    //!   [`Machine`], which name a saga as a type.
    //! - **While it runs:** [`Cancel`], [`Sender`], [`Signalled`], [`LockTable`], [`Until`].
    //! - **Keys, outside of a saga:** [`Id`], [`Operation`], [`KeyError`].
    //! - **Parts of an outcome:** [`End`], [`Position`], [`Direction`], [`Unsettled`], [`LeftStep`],
    //!   [`Left`], [`CallKind`], [`Panic`], [`ParentFailure`].
    //! - **Observers:** [`RunEvent`], [`Interest`], [`Before`], [`Counts`], [`Counted`],
    //!   [`observe_all`]; [`Recorded`], of a [`Recording`](crate::Recording).
    //! - **Walking by hand:** [`Move`], [`Stopped`], [`Branch`].
    //! - **Durable sagas** (a feature): `Durable`, `InputsOf`, `Services`, `ServicesOf`.

    pub use typed_saga_core::{
        AlreadyObserved, Before, Branch, CallKind, Cancel, Counted, Counts, Direction, End, Id,
        Interest, KeyError, Left, LeftStep, LockTable, Machine, Move, Operation, Panic,
        ParentFailure, Position, Prepared, Recorded, Resumed, RunEvent, Running, Saga, Sender,
        Signalled, Stopped, Unsettled, Until, observe_all,
    };
    #[cfg(feature = "durable")]
    pub use typed_saga_core::{Durable, InputsOf, Service, Services, ServicesOf};

    #[doc(hidden)]
    pub mod for_tools {
        //! For programs that do what the library does with a run: clients of another server, tests
        //! of the kernel and of what it stores.

        pub use typed_saga_core::{Codec, Signals, kernel};
    }

    pub mod requires {
        //! What compile errors name: requirements on a type where a saga uses it. Every type that
        //! fits implements these traits already, so you implement none of them.

        #[cfg(feature = "durable")]
        #[doc(hidden)]
        pub use typed_saga_core::Persist;
        #[doc(hidden)]
        pub use typed_saga_core::requires::{
            Awaited, Common, Converts, Emitted, ErrorOfADurableSaga, Gives, Handed, Is, Judged,
            KeyValue, ListOf, Locks, Nest, Nested, NeverInDoubt, OutputOfASaga, PartOfASaga, Proof,
            Returned, RunsAgain, ServiceOfADurableSaga, Shared, Sibling, Silent, Tail, Takes,
            Unlocked, Unpivoted, Unsignalled,
        };
        // These are hidden where they are declared: an error names their path, which must be this one.
        pub use typed_saga_core::requires::{Cloned, Completed, Emits, EventFrom};
    }
}

#[cfg(feature = "engine")]
pub mod engine;
#[cfg(feature = "postgres")]
#[doc(inline)]
pub use typed_saga_postgres as postgres;
#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use typed_saga_sqlite as sqlite;
#[cfg(feature = "testing")]
pub mod testing;

#[doc(hidden)]
pub mod __macros {
    pub use typed_saga_macros::saga;
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
