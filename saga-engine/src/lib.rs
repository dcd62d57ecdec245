//! The durable engine: sagas that outlast the process.

mod store;

pub use store::{
    Change, Commit, Created, DefinitionRow, Epoch, Filter, Hold, Message, NewSaga, Row, SagaId,
    Stat, State, Store, StoreError, StoreFuture, Stored, Time,
};
