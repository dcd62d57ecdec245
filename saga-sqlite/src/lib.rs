//! The embedded store of `saga`.
mod attached;
mod error;
mod file;
mod options;
mod owner;
mod row;
mod schema;
mod sqlite;
mod write;
mod writer;

pub use attached::Attached;
pub use options::{Options, Synchronous};
pub use sqlite::Sqlite;
