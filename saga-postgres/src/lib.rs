//! The Postgres store of `saga`: durable sagas in a database that many workers share.

mod append;
mod batch;
mod claim;
mod create;
mod error;
mod inbox;
mod line;
mod options;
mod outbox;
mod postgres;
mod purge;
mod row;
mod schema;
mod session;
mod sql;
mod tls;

pub use options::Options;
pub use postgres::Postgres;
