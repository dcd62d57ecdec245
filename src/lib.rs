//! Sagas checked at compile time: sequences of steps across services, each with the compensation that undoes it.
//!
//! [`saga!`] declares a saga. It becomes a struct of its inputs; [`with`](saga!#running) gives it its services and makes a [`Prepared`](runtime::Prepared) of it,
//! which is awaited:
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
//! - [`Prepared`](runtime::Prepared), [`Handle`], [`Outcome`], [`Error`], [`Parked`]: running a saga and what it gives.
//! - [`Observer`], [`observe_all`](runtime::observe_all), [`Recording`], [`Counts`], [`drain`]: watching runs, and waiting for them.
//! - [`Key`], [`Context`], [`Failure`], [`Summary`]: what code of a step may read beside inputs, services and effects.
//!
//! # Features
//!
//! - `durable`: `durable saga`, whose inputs, effects and output must be serde.
//! - `engine`: `saga::engine`, which runs durable sagas over a store, and a store in memory for tests; brings `durable`.
//! - `sqlite`: `saga::sqlite`, the store in a SQLite file; brings `engine`, and needs Rust 1.89.
//! - `tracing`: the observer `Tracing`, which tells runs as spans and events.

#[doc(hidden)]
pub use saga_core::__private;
#[cfg(feature = "tracing")]
pub use saga_core::Tracing;
pub use saga_core::{
    Cause, Completeness, Context, Counts, Error, Failure, Handle, Key, Observer, Outcome, Parked,
    Pending, Recording, Summary, Verdict, drain, transient,
};

pub mod definition {
    //! What a saga is, as data: [`Definition`] and its parts.

    pub use saga_core::definition::{Call, Compensation, Definition, Field, Group, Kind, Step};
    pub use saga_core::{Backoff, Limit, Retry, Timing};
}

pub mod runtime {
    //! What stands behind the names at the root: parts of what they return, what generated code is made of, and the
    //! boundary to journals.

    pub use saga_core::{
        AlreadyObserved, At, Attempt, Before, CallKind, Cancel, Codec, Counted, Direction, End, Id,
        Journal, Left, LeftStanding, Machine, Move, Panic, Position, Prepared, Recorded, Resumed,
        Running, Stopped, Unsettled, Volatile, What, kernel, observe_all,
    };
    #[cfg(feature = "durable")]
    pub use saga_core::{Durable, Keep, Service, Services};
}

#[cfg(feature = "engine")]
#[doc(inline)]
pub use saga_engine as engine;
#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use saga_sqlite as sqlite;
#[cfg(feature = "testing")]
pub mod testing;

/// Declares sagas.
///
/// ```
/// # #[derive(Clone, Debug)] pub struct Trip { pub wants_car: bool }
/// # #[derive(Clone, Debug)] pub struct Rates;
/// # #[derive(Clone, Debug)] pub struct Hold;
/// # #[derive(Clone, Debug)] pub struct Booking;
/// # #[derive(Clone, Debug)] pub struct Charge;
/// # #[derive(Debug)] pub struct Receipt { pub charge: Charge, pub hotel: Booking, pub car: Option<Booking>, pub mail: u32 }
/// # #[derive(Debug)] pub struct BookingError;
/// # impl BookingError { fn verdict(&self) -> saga::Verdict { saga::Verdict::Unknown } }
/// # pub struct Billing; pub struct Hotels; pub struct Cars; pub struct Mailer;
/// # impl Billing {
/// #     async fn rates(&self, _: &Trip) -> Result<Rates, BookingError> { Err(BookingError) }
/// #     async fn last_known(&self, _: &saga::Failure<BookingError>) -> Result<Rates, BookingError> { Ok(Rates) }
/// #     async fn hold(&self, _: &Trip, _: &Rates, _: &saga::Key) -> Result<Hold, BookingError> { Ok(Hold) }
/// #     async fn release(&self, _: &Hold) -> Result<(), BookingError> { Ok(()) }
/// #     async fn capture(&self, _: &Hold, _: &saga::Key) -> Result<Charge, BookingError> { Ok(Charge) }
/// # }
/// # impl Hotels {
/// #     async fn book(&self, _: &Trip, _: &saga::Key) -> Result<Booking, BookingError> { Ok(Booking) }
/// #     async fn cancel(&self, _: &saga::Key) -> Result<(), BookingError> { Ok(()) }
/// # }
/// # impl Cars {
/// #     async fn book(&self, _: &Trip, _: &saga::Key) -> Result<Booking, BookingError> { Ok(Booking) }
/// #     async fn find(&self, _: &saga::Key) -> Result<Option<Booking>, BookingError> { Ok(Some(Booking)) }
/// #     async fn cancel(&self, _: &Booking) -> Result<(), BookingError> { Ok(()) }
/// # }
/// # impl Mailer { async fn send(&self, _: &Trip, _: &Charge, _: &saga::Key) -> Result<u32, BookingError> { Ok(7) } }
/// use saga::saga;
///
/// saga! {
///     /// Books a trip: holds the money, books everything, then takes the money.
///     #[derive(Clone, Debug)]
///     #[classify(BookingError::verdict)]                  // what an `Err` means
///     #[timeout(10s)]                                     // of each step, unless it has its own
///     pub saga BookTrip(trip: Trip)
///     with (billing: Billing, hotels: Hotels, cars: Cars, mailer: Mailer)
///     -> Result<Receipt, BookingError>
///     {
///         #[timeout(2s)]
///         read rates(billing, trip) -> Rates = Billing::rates
///             fallback(billing, failure) = Billing::last_known;
///
///         #[retry(3, 100ms..2s)] #[idempotent]
///         step hold(billing, trip, rates, key) -> Hold = Billing::hold
///             compensate(billing, hold) = Billing::release;
///
///         concurrent {
///             #[savepoint(5, 10ms..30s)]
///             step hotel(hotels, trip, key) -> Booking = Hotels::book
///                 #[by_key]
///                 compensate(hotels, key) = Hotels::cancel;
///
///             #[when(trip => trip.wants_car)]
///             step car(cars, trip, key) -> Booking = Cars::book
///                 resolve(cars, key) = Cars::find
///                 compensate(cars, car) = Cars::cancel;
///         }
///
///         #[idempotent]
///         pivot charge(billing, hold, key) -> Charge = Billing::capture;
///
///         #[retry(forever, 1s..1h)] #[idempotent]
///         step mail(mailer, trip, charge, key) -> u32 = Mailer::send;
///
///         finally(outcome, ctx) { println!("{}: {outcome}", ctx.id()) }
///
///         Receipt { charge, hotel, car, mail }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let trip = Trip { wants_car: true };
/// let receipt = BookTrip { trip }.with(Billing, Hotels, Cars, Mailer).id("trip-42").await.unwrap();
/// assert!(receipt.car.is_some());
/// # }
/// ```
///
/// # Grammar
///
/// One call may hold several sagas.
///
/// ```text
/// saga     = attributes [vis] ["durable"] "saga" Name [generics] "(" inputs ")" ["with" "(" services ")"]
///            "->" "Result" "<" (Output | "_") "," Error ">" [where] "{" node* [finally] [tail] "}"
/// inputs   = services = (attributes name ":" Type),*
/// node     = step | "concurrent" "{" step* "}"
/// step     = attributes ("read" | "step" | "pivot") name "(" reads ")" ["->" Effect] code clause*
/// clause   = attributes ("compensate" | "resolve" | "fallback") "(" reads ")" code | "compensate" "none"
/// finally  = "finally" "(" reads ")" code
/// reads    = name,*
/// code     = "{" … "}" | "=" path
/// ```
///
/// `;` may stand behind each code, and must where a path is the last of a step. No word of this is reserved: a step may be called `concurrent`.
///
/// # Reads
///
/// The names in parentheses are all that a piece of code sees. Each is an input, a service, the effect of an earlier step, or one of
/// - `key`: [`&Key`](Key), the operation's idempotency key: the same in every attempt, in `resolve` and in `compensate`;
/// - `ctx`: [`&Context`](Context): the saga's id, the step, the attempt, further keys; also in `finally`;
/// - `failure`: [`&Failure<Error>`](Failure), in `fallback`, and in a `compensate` that is not `#[by_key]`: what turned the saga back;
/// - `outcome`: [`&Summary`](Summary), in `finally` alone.
///
/// All are references. An effect can be read where it exists for certain: by later steps, by its own `compensate`, and by the tail. A
/// compensation cannot read what comes later: it is undone by then.
///
/// # Code
///
/// A block is the body of an `async` function that gives `Result<Effect, Error>`, and may use `?`. Without `->` the effect is `()`.
///
/// `= path` calls the path with the reads, in their order, and awaits it; its error is converted with `From`. So functions of your domain need
/// to know nothing of sagas. Where the arguments are not those references, write a block: for a `Copy` value that is taken by value, or for a
/// method of an `Arc<dyn Trait>` (`= Trait::method` is refused there, since the `Arc` itself does not implement the trait):
///
/// ```
/// # use std::{future::Future, pin::Pin, sync::Arc};
/// trait Stock: Send + Sync {
///     fn take<'a>(&'a self, count: u32) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send + 'a>>;
/// }
///
/// saga::saga! {
///     saga Take(count: u32) with (stock: Arc<dyn Stock>) -> Result<u32, String> {
///         step taken(stock, count) -> u32 { stock.take(*count).await } compensate none
///         taken
///     }
/// }
/// ```
///
/// The **tail** makes the output of inputs and effects, which it owns (inputs that `finally` reads are references, since that runs beside it).
/// Without one, the output is `()`, or, for `-> Result<_, Error>`, a struct of all effects, `BookTripEffects`.
///
/// # Kinds of step
///
/// | kind | it promises | it has |
/// |---|---|---|
/// | `read` | to change nothing outside | no `compensate`, no `resolve` |
/// | `step` before the pivot, or without one | that it can be undone | `compensate`, or `compensate none` if it may be left standing |
/// | `pivot`, at most one, not in `concurrent` | to be the point of no return | no `compensate`, no `fallback`; `resolve` or `#[idempotent]` |
/// | `step` after the pivot | to succeed in the end | no `compensate`, no `#[savepoint]`; `resolve` or `#[idempotent]` |
///
/// Steps of a `concurrent` block run side by side, on the saga's own task. One that reads a sibling declared before it starts when that has
/// committed. Its `when`, `resolve`, `compensate` and `fallback` may read only those siblings that its action reads, directly or through others.
///
/// # Clauses
///
/// | clause | gives | when it runs |
/// |---|---|---|
/// | `compensate` | `Result<(), Error>` | to undo the step, if it was applied; under `#[by_key]` also if nobody knows |
/// | `resolve` | `Result<Option<Effect>, Error>` | when it is not known whether the step happened: the effect, or `None` if it did not and no longer can |
/// | `fallback` | `Result<Effect, Error>` | when the attempts of the step are used up; of a `read` it may ask services, of a `step` it reads none |
/// | `finally` | `()` | once the saga has ended, however; it reads inputs, services, `outcome` and `ctx`, and changes nothing |
///
/// # Attributes
///
/// Durations are `10us`, `100ms`, `1.5s`, `5m`, `1h` or an expression of type [`Duration`](std::time::Duration); `100ms..2s` is a backoff from
/// its base to its cap (by default `50ms..2s`), doubled each time and drawn at random up to that (`jitter = false` for exactly that). A predicate
/// is a path or a closure `Fn(&Error) -> bool`.
///
/// | on a step | |
/// |---|---|
/// | `#[timeout(d)]` | gives an attempt up after `d`. On `compensate` and `resolve`, too. |
/// | `#[retry(n \| forever, base..cap, jitter = bool, if = predicate)]` | `n` attempts in all; again after an `Err` that is not [`Refused`](Verdict::Refused) and that `if` agrees with, or a timeout. On `compensate` and `resolve`, too. |
/// | `#[idempotent]` | another attempt under the same `key` has the effect once and gives it back |
/// | `#[late(d)]` | a lost request may still arrive for `d`: `resolve` waits for that long. For sagas as a whole, too. |
/// | `#[savepoint(n, base..cap, jitter = bool, if = predicate)]` | the way back, once it has undone this step, turns forward again here, up to `n` times |
/// | `#[abort(predicate)]` | an `Err` that ends all hope: no fallback, no savepoint, back to the start |
/// | `#[when(reads => condition)]` | skips the step if the condition is false. Its effect is an `Option` to all who read it, but for its own `compensate`. |
/// | `#[after(a, b)]` | stands on these earlier steps, or siblings, without reading them |
/// | `#[name = "…"]` | its name in keys and records, whatever it is called; keeps both through a renaming |
///
/// On `compensate`: `#[by_key]`: it reads `key` and not its own effect, is right whether or not the action happened, and stops one that is late.
///
/// On a saga: `#[classify(path)]`, a `fn(&Error) -> `[`Verdict`]; defaults for `#[timeout]`, `#[retry]` and `#[late]` of its steps; `#[name = "…"]`;
/// `#[saga(crate = path)]` where the library goes by another name. All others, derives and docs for example, go to the struct of the inputs.
///
/// Docs and `#[cfg]` work on everything: sagas, inputs, services, steps, blocks, clauses; lints on all but blocks. Two steps of one name may
/// stand under opposite `#[cfg]`s.
///
/// # Unknown outcomes
///
/// An attempt that timed out or panicked, or whose `Err` is [`Unknown`](Verdict::Unknown), may have happened. A `step` where that is possible (it
/// has a timeout, its saga has `#[classify]`, or is `durable`), one with `#[retry]`, the pivot and each step after it must say how it is settled:
/// by `resolve`, `#[idempotent]`, or, before the pivot, a `#[by_key] compensate`. [`guide::semantics`] has the order in which they are tried.
///
/// # Durable sagas
///
/// `durable saga` declares a saga that can outlast its process: inputs, effects and output are kept as JSON, to be read by another process, by
/// people and by tools. It needs the feature `durable`, and in return for that promise the compiler asks for more:
///
/// - **What is kept is serde.** Inputs, effects and the output are `Serialize + DeserializeOwned`; services and the error need not be. An input is
///   kept by its name, an effect by its step's (that of `#[name]`, if there is one). So is the struct of all effects, `-> Result<_, Error>`, where
///   skipped steps are left out.
/// - **Failures mean something.** `#[classify]` is written out ([`transient`] for "an `Err` leaves nothing"), each step has a timeout, of its own or
///   the saga's, and `#[late]` stands beside a `resolve` without `#[idempotent]`.
/// - **Services are `Clone`**, since many runs have them at once, each a clone: put into an `Arc` what is not. The macro declares a struct for them,
///   `ReserveServices { theatre }` for the saga below; of a saga without services it is just `ReserveServices`.
/// - **It is read without its services.** The types of inputs, effects, output and error depend on no generic parameter that only services name.
///
/// Awaited by itself it runs in memory, as any other.
///
/// ```
/// use saga::Key;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Seat(u32);
///
/// #[derive(Clone)]
/// struct Theatre;
///
/// impl Theatre {
///     async fn reserve(&self, row: &u32, _: &Key) -> Result<Seat, String> {
///         Ok(Seat(row * 100))
///     }
///     async fn find(&self, _: &Key) -> Result<Option<Seat>, String> {
///         Ok(None)
///     }
///     async fn release(&self, _: &Seat) -> Result<(), String> {
///         Ok(())
///     }
/// }
///
/// saga::saga! {
///     #[classify(saga::transient)]
///     #[timeout(5s)]
///     durable saga Reserve(row: u32) with (theatre: Theatre) -> Result<Seat, String> {
///         #[late(30s)]
///         step seat(theatre, row, key) -> Seat = Theatre::reserve
///             resolve(theatre, key) = Theatre::find
///             compensate(theatre, seat) = Theatre::release;
///
///         seat
///     }
/// }
///
/// let services = ReserveServices { theatre: Theatre };
/// let for_another_run = services.clone();
/// # drop((services.theatre, for_another_run));
/// ```
///
/// # Running
///
/// For `saga BookTrip(trip: Trip) with (…)` there are, all with its visibility:
///
/// - `BookTrip { trip }`, and `.with(services…)`, or `.run()` if it has no services, which gives a [`Prepared`](runtime::Prepared): `.id(…)`, `.deadline(…)`,
///   `.observe(…)`, then `.await`, `.outcome().await` or `.start()`;
/// - `BookTrip::DEFINITION`, a [`Definition`](definition::Definition): names, kinds, reads and policies as data;
/// - `BookTripServices { … }`, the services as a struct: for the walk, and `Clone` if the saga is durable;
/// - `BookTripEffects` and `BookTripSnapshot`: all effects, and all effects as far as they are there, which is what a [`Parked`] shows;
/// - a type for each position, for the walk.
///
/// # Walking by hand
///
/// `.walk()` starts a walk from position to position: every step is a method that exists only where it can be taken. A step *adds* a field, an undo
/// *takes it away*; nothing else happens: no retry, no timeout, no verdict. It suits tests of single steps.
///
/// ```
/// # struct Shelf;
/// # impl Shelf {
/// #     async fn take(&self, _: &u32) -> Result<u32, String> { Ok(1) }
/// #     async fn put_back(&self, _: &u32) -> Result<(), String> { Ok(()) }
/// #     async fn wrap(&self, _: &u32) -> Result<(), String> { Err("no paper".to_owned()) }
/// # }
/// saga::saga! {
///     saga Pack(order: u32) with (shelf: Shelf) -> Result<u32, String> {
///         step item(shelf, order) -> u32 = Shelf::take
///             compensate(shelf, item) = Shelf::put_back;
///         step wrapped(shelf, item) = Shelf::wrap
///             compensate none
///         item
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let services = PackServices { shelf: Shelf };
/// let before: PackBeforeWrapped = Pack { order: 7 }.walk().item(&services).await.unwrap();
/// assert_eq!(before.item, 1);
///
/// let stopped = before.wrapped(&services).await.unwrap_err();
/// assert_eq!(stopped.error, "no paper");
/// let start: PackBeforeItem = stopped.state.undo_item(&services).await.unwrap();
/// assert_eq!(start.order, 7);
/// # }
/// ```
///
/// The methods are `step(self, &services)`, `undo_step(self, &services)` (which takes the failure, too, if the compensation reads it),
/// `fall_back_step`, and `output` at the end. A `concurrent` block is one type with a parameter for each sibling, [`Pending`] or its effect; `join`
/// leaves it once all have happened, `reopen` goes back into it. What is taken or undone is a [`Move`](runtime::Move); an `Err` gives the state back in a [`Stopped`](runtime::Stopped).
///
/// # Generics
///
/// A service may be a type parameter, so that a test can pass a fake. Its trait returns futures that are `Send`, which a plain `async fn` in a
/// trait does not promise; implementations may still be `async fn`s:
///
/// ```
/// use std::future::Future;
///
/// trait Bank {
///     fn charge(&self, sum: &u32) -> impl Future<Output = Result<u32, String>> + Send;
/// }
///
/// struct Fake;
///
/// impl Bank for Fake {
///     async fn charge(&self, sum: &u32) -> Result<u32, String> {
///         Ok(*sum)
///     }
/// }
///
/// saga::saga! {
///     saga Pay<B: Bank>(sum: u32) with (bank: B) -> Result<u32, String> {
///         step paid(bank, sum) -> u32 = B::charge
///             compensate none
///         paid
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(Pay { sum: 30 }.with(Fake).await.unwrap(), 30);
/// # }
/// ```
///
/// Every type and const parameter occurs in an input or a service. Lifetimes are refused: a saga may outlive its caller. Inputs, services,
/// effects and the error are `Send + Sync + 'static`; the error need not be a [`std::error::Error`].
///
/// # Errors and warnings
///
/// All mistakes of a saga are reported at once, each at the word that is wrong. What rustc itself knows, it says: the type of an effect that
/// does not match, a body that is not `Send`, a move that a position of the walk does not have.
///
/// An effect, an input or a service that nobody reads gives rustc's own warning, `unused variable`; a name that starts with `_` or
/// `#[allow(unused)]` silences it. An effect that only its own `compensate` reads counts as read.
pub use saga_macros::saga;

#[cfg(doc)]
#[doc = include_str!("../docs/guide.md")]
pub mod guide;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
