//! The durable engine: runs sagas that survive the process.

mod clock;
mod error;
mod journal;
mod people;
mod runtime;
pub mod solo;
mod store;
mod time;
mod versions;

pub use clock::Clock;
pub use error::{EngineError, Unreadable};
pub use journal::{
    action::{Action, Attribution, Settled},
    error::{FoldError, Reason},
    fold::{FailedCall, Folded, StepHistory, Wait},
    history::Entry,
    plan::{
        Act, Heard, Outlook, Plan, Planned, Refused, abandoned, paths, plan, settled, signalled,
    },
    record,
    request::{Answer, Request},
    schema,
    spot::{Held, Part, Spot},
    why::{Runner, undelivered, undelivered_why, why},
};
pub use people::{
    handle::{DurableOutcome, DurableParked, Handle, NoOutput},
    inspect::{Loaded, Status, history},
    look,
    outbox::Outbox,
    submit::Submit,
};
pub use runtime::{
    engine::{Builder, Engine, WeakEngine},
    fits::{Fits, SagaType, fits},
    submission::Submission,
};
pub use saga_core::run::canonical;
pub use store::{
    Change, Claim, Commit, Created, DefinitionRow, Delivery, Epoch, EventChange, EventClaim,
    EventFilter, EventHold, EventRow, EventStat, EventsOf, Filter, Freed, LockChange, LockFilter,
    LockKey, LockRow, LockState, Mark, Message, NewEvent, NewSaga, Opened, Peer, ReadStore, Row,
    SagaId, Stat, State, Store, StoreError, StoreFuture, Stored, TAKEOVERS, Take, Time, Unfit,
    Worker, memory::Memory,
};
#[cfg(feature = "testing")]
pub use store::{conformance, memory::Faulty};
pub use versions::Versions;
