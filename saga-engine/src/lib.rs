//! The durable engine: sagas that outlast the process.

mod act;
mod action;
mod canonical;
mod clock;
pub mod conformance;
mod driver;
mod engine;
mod error;
mod fold;
mod handle;
mod held;
mod inbox;
mod inspect;
mod journal;
mod memory;
mod plan;
pub mod record;
mod run;
#[cfg(test)]
mod sample;
pub mod schema;
mod store;
mod submit;
mod task;
mod tell;
mod time;
mod why;
mod worker;

pub use action::{Action, Settled, Who};
pub use canonical::canonical;
pub use engine::{Builder, Engine};
pub use error::{EngineError, Unreadable};
pub use fold::{Dated, Failed, FoldError, Folded, Noted, Reason, Wait};
pub use handle::{Handle, NoOutput, Outcome};
pub use inbox::{Answer, Request};
pub use inspect::{Entry, Loaded, Status, history};
pub use memory::{Faulty, Memory};
pub use plan::{Act, Outlook, Plan, Planned, Refused, plan};
pub use store::{
    Change, Commit, Created, DefinitionRow, Epoch, Filter, Hold, Message, NewSaga, Row, SagaId,
    Stat, State, Store, StoreError, StoreFuture, Stored, Time,
};
pub use submit::Submit;
pub use why::why;
