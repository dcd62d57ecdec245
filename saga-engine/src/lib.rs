//! An engine records each call of a durable saga before the call starts, and continues the saga after
//! a crash, in this process or another one.
//!
//! # The types, by purpose
//!
//! - **To set up an engine:** [`Engine`], [`Builder`], and [`WeakEngine`] for steps that submit sagas
//!   themselves; [`Memory`], a store for tests. Any [`Store`] will do.
//! - **To submit a saga:** [`Submit`]; [`Submission`], without an engine, in your own transaction.
//!   [`SagaId`] names it from then on.
//! - **To wait for its end:** [`Handle`], [`DurableOutcome`], [`DurableParked`], [`NoOutput`].
//! - **To look at sagas:** [`Status`], [`Loaded`], [`Entry`] (of a history), [`Row`] (of a list, which
//!   a [`Filter`] selects by [`State`]), [`Stat`], [`Time`].
//! - **To act on them:** [`Action`], [`Attribution`], [`Settled`], [`Plan`], [`Refused`].
//! - **To deliver events yourself:** [`Outbox`], [`EventRow`], [`EventFilter`], [`EventStat`].
//! - **To change a saga in use:** [`Versions`], [`fits`] with its [`Fits`] and [`SagaType`].
//! - **When something is wrong:** [`EngineError`], [`Unreadable`], [`StoreError`].
//!
//! What only stores, the command and the console need is public, too, but not listed here.

mod clock;
mod error;
mod host;
mod journal;
mod people;
mod runtime;
#[doc(hidden)] // for `saga-restate`, and other logs
pub mod solo;
mod store;
mod time;
mod versions;

pub use error::{EngineError, Unreadable};
pub use journal::{
    action::{Action, Attribution, Settled},
    history::Entry,
    plan::{Plan, Refused},
};
pub use people::{
    handle::{DurableOutcome, DurableParked, Handle, NoOutput},
    inspect::{Loaded, Status},
    outbox::Outbox,
    submit::Submit,
};
pub use runtime::{
    engine::{Builder, Engine, WeakEngine},
    fits::{Fits, SagaType, fits},
    submission::Submission,
};
pub use store::{
    EventFilter, EventRow, EventStat, Filter, Row, SagaId, Stat, State, Store, StoreError, Time,
    memory::Memory,
};
pub use versions::Versions;

// For stores.
#[doc(hidden)]
pub use host::host;
#[doc(hidden)]
pub use saga_core::run::canonical;
#[doc(hidden)]
pub use store::{
    Change, Claim, Commit, Created, DefinitionRow, Delivery, Epoch, EventChange, EventClaim,
    EventHold, EventsOf, Freed, LockChange, LockFilter, LockKey, LockRow, LockState, Mark, Message,
    NewEvent, NewSaga, Opened, Peer, ReadStore, StoreFuture, Stored, TAKEOVERS, Take, Unfit,
    Worker,
};

// For the command, the console, and tests of journals.
#[doc(hidden)]
pub use clock::Clock;
#[doc(hidden)]
pub use journal::{
    error::{FoldError, Reason},
    fold::{FailedCall, Folded, StepHistory, Wait},
    plan::{Act, Heard, Outlook, Planned, abandoned, paths, plan, settled, signalled},
    record,
    request::{Answer, Request},
    schema,
    spot::{Held, Part, Spot},
    why::{Runner, undelivered, undelivered_why, why},
};
#[doc(hidden)]
pub use people::{inspect::history, look};
