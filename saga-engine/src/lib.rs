//! An engine records each call of a durable saga before the call starts, and continues the saga after
//! a crash, in this process or another one.
//!
//! Users depend on the facade `typed-saga`, whose module `engine` re-exports what they need, and has
//! the documentation. This page also lists what is hidden there: what the methods of a [`Store`] take
//! and return (`typed_saga::engine::for_stores`), and what keeps journals in a log of your own
//! ([`solo`] and [`record`]: `typed_saga::engine::for_logs`). What only the command and the console
//! need is public, too, but not listed.

mod clock;
mod error;
mod host;
mod journal;
mod people;
mod runtime;
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
    EventFilter, EventRow, EventStat, Filter, ReadStore, Row, SagaId, Stat, State, Store,
    StoreError, Time, memory::Memory,
};
pub use versions::Versions;

// For stores.
pub use clock::Clock;
pub use store::{
    Change, Claim, Commit, Created, DefinitionRow, Delivery, Epoch, EventChange, EventClaim,
    EventHold, EventsOf, Freed, Hold, Life, LockChange, LockFilter, LockKey, LockRow, LockState,
    Mark, Message, NewEvent, NewSaga, Opened, Peer, StoreFuture, Stored, TAKEOVERS, Take, Turn,
    Unfit, Worker,
};

// For logs.
pub use journal::record;

// For the command, the console, and tests of journals.
#[doc(hidden)]
pub use host::host;
#[doc(hidden)]
pub use journal::{
    error::{FoldError, Reason},
    fold::Folded,
    plan::{Act, Heard, Outlook, Planned, abandoned, paths, plan, settled, signalled},
    request::{Answer, Request},
    schema,
    spot::{Held, Part, Spot},
    why::{Runner, undelivered_why, why},
};
#[doc(hidden)]
pub use people::{inspect::history, look};
