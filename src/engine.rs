//! Runs durable sagas over a store, so that they outlive the process.
//!
//! You register each `durable saga` with its services, in the struct that `saga!` declares for them. A
//! [`Builder`] becomes an [`Engine`], to which you submit sagas. Each has a [`Handle`], which waits for
//! its outcome, in this process or the next:
//!
//! ```
//! use typed_saga::{
//!     engine::{DurableOutcome, Engine, Memory},
//!     saga,
//! };
//! # use serde::{Deserialize, Serialize};
//! # use typed_saga::Key;
//!
//! saga! {
//!     #[classify(typed_saga::transient)]
//!     #[timeout(5s)]
//!     durable saga Ship(order: u32) with (post: Post) -> Result<u32, Refused> {
//!         #[idempotent]
//!         step parcel(post, order, key) -> u32 = Post::send
//!             compensate none
//!
//!         parcel
//!     }
//! }
//! #
//! # #[derive(Clone)]
//! # struct Post;
//! # impl Post {
//! #     async fn send(&self, order: &u32, _: &Key) -> Result<u32, Refused> { Ok(order + 1) }
//! # }
//! # #[derive(Debug, Serialize, Deserialize)]
//! # struct Refused;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), typed_saga::engine::EngineError> {
//!
//! let engine = Engine::builder(Memory::new()) // in a service: `Sqlite` or `Postgres`
//!     .register::<Ship>(ShipServices { post: Post })
//!     .start()
//!     .await?;
//!
//! // Submitting this id again, even after a restart, joins this saga.
//! let handle = engine.submit("order-41", Ship { order: 41 }).await?;
//! match handle.outcome().await? {
//!     DurableOutcome::Completed(parcel) => assert_eq!(parcel, 42),
//!     other => panic!("{other:?}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The guide [goes on from here](crate::guide::going_durable).
//!
//! # The types, by purpose
//!
//! - **To set up an engine:** [`Engine`], [`Builder`], and [`WeakEngine`] for steps that submit sagas
//!   themselves; [`Memory`], a store for tests. Any [`Store`] will do.
//! - **To submit a saga:** [`Submit`]; [`Submission`], without an engine, in your own transaction.
//!   [`SagaId`] names it from then on.
//! - **To wait for its end:** [`Handle`], [`DurableOutcome`], [`DurableParked`], [`NoOutput`].
//! - **To look at sagas:** [`Status`], [`Loaded`], [`Entry`] (of a history), [`Row`] (of a list, which
//!   a [`Filter`] selects by [`State`]), [`Stat`], [`Time`]; [`ReadStore`], without an engine.
//! - **To act on them:** [`Action`], [`Attribution`], [`Settled`], [`Plan`], [`Refused`].
//! - **To deliver events yourself:** [`Outbox`], [`EventRow`], [`EventFilter`], [`EventStat`].
//! - **To change a saga in use:** [`Versions`], [`fits`] with its [`Fits`] and [`SagaType`].
//! - **When something is wrong:** [`EngineError`], [`Unreadable`], [`StoreError`].
//! - **To build on it:** a store of your own is a [`Store`], whose methods take and return what is in
//!   `engine::for_stores`; a log of your own needs no engine, and uses `engine::for_logs`. The
//!   documentation of the crate [`typed_saga_engine`] has the types of both.

// One by one: `doc(hidden)` on a re-export of `typed-saga-engine` would not hide an item here.
pub use typed_saga_engine::{
    Action, Attribution, Builder, DurableOutcome, DurableParked, Engine, EngineError, Entry,
    EventFilter, EventRow, EventStat, Filter, Fits, Handle, Loaded, Memory, NoOutput, Outbox, Plan,
    ReadStore, Refused, Row, SagaId, SagaType, Settled, Stat, State, Status, Store, StoreError,
    Submission, Submit, Time, Unreadable, Versions, WeakEngine, fits,
};

#[doc(hidden)]
pub mod for_stores {
    //! For whoever writes a store: what the methods of a [`Store`](super::Store) take and return.

    pub use typed_saga_engine::{
        Change, Claim, Clock, Commit, Created, DefinitionRow, Delivery, Epoch, EventChange,
        EventClaim, EventHold, EventsOf, Freed, Hold, Life, LockChange, LockFilter, LockKey,
        LockRow, LockState, Mark, Message, NewEvent, NewSaga, Opened, Peer, StoreFuture, Stored,
        TAKEOVERS, Take, Turn, Unfit, Worker,
    };
}

#[doc(hidden)]
pub mod for_logs {
    //! For whoever keeps the journals of sagas in a log, as the package `typed-saga-restate` does,
    //! or reads the [records](record) in a journal.

    pub use typed_saga_engine::{
        record,
        solo::{Begins, Solo, SoloRun, SoloStep, Tape, TooLate, Unfitting, Written},
    };
}

#[doc(hidden)]
pub mod for_operators {
    //! For the command and the console, which show people what a store has, and write down what they
    //! decide.

    pub use typed_saga_engine::{
        Act, Answer, FoldError, Folded, Heard, Held, Outlook, Part, Planned, Reason, Request,
        Runner, Spot, abandoned, history, host, look, paths, plan, schema, settled, signalled,
        undelivered_why, why,
    };
}
