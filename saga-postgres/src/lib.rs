//! The Postgres store of `typed-saga`: durable sagas in a database that many workers share.
//!
//! ```no_run
//! use typed_saga_engine::Engine;
//! use typed_saga_postgres::Postgres;
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Postgres::connect("postgres://orders@db.example.org/shop?sslmode=require", "orders").await?;
//! let engine = Engine::builder(store).name("orders-1").start().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Each process that runs sagas starts an engine on the same database: a **worker**. One worker
//! claims a saga. When that worker dies, its lease ends, and another worker continues its sagas.
//!
//! # What it needs from the database
//!
//! Postgres 13 or later, a database with the encoding UTF8, and a role that may read and write the
//! tables of the schema `saga`: a worker whose role lacks a right is refused when it starts. Making
//! that schema needs the privilege to do so, or an empty schema that the role owns:
//! [`Options::migrate`]. A worker has at most seven connections, and keeps them:
//! a pooler in between must be in session mode, and one in transaction or statement mode is refused.
//! All workers use one role, because each must be able to end the connections of a dead worker.
//!
//! Every write is one statement by itself, so none of them keeps a lock while a client stalls.
//!
//! # What a crash may take
//!
//! When a process ends, in whatever way, no write is lost that a
//! [`Store`](typed_saga_engine::Store)'s future has confirmed. When the database's machine goes
//! down, it depends on the database: with
//! [`synchronous_commit`](https://www.postgresql.org/docs/current/runtime-config-wal.html) `on`
//! (the default) and `fsync` nothing is lost on that machine; a standby that takes over has every
//! commit only if it is synchronous. An asynchronous standby may lack the last commits: calls whose
//! records are missing are made again, under the same keys.
//!
//! # Looking inside
//!
//! Everything is text or numbers. There are views for an operator's questions:
//!
//! | view | a row is |
//! |---|---|
//! | `saga.sagas` | a saga: state, times, who has it, number of commits, input |
//! | `saga.history` | a record of a saga: what happened, of which step, with which value or error |
//! | `saga.workers` | a worker: its lease, and how many sagas it has |
//! | `saga.unreadable` | a saga that the worker which had it last cannot read, and why |
//! | `saga.quarantined` | a saga with which ten workers in a row have died |
//! | `saga.parked` | a saga that needs an operator |
//! | `saga.waiting` | a saga that waits for a time |
//! | `saga.asked` | a message that is not answered yet |
//! | `saga.undelivered` | an event that is not delivered, with its key and what it says |
//!
//! # The outbox, for relays
//!
//! Events of sagas without `publish` may be delivered by a relay in any language: of each saga only the
//! first that is not delivered has a `due`.
//!
//! ```sql
//! SELECT position, saga, id, number, key, payload FROM saga.undelivered
//! WHERE due <= now() ORDER BY position LIMIT 100;
//! -- and once a consumer has one:
//! UPDATE saga.outbox SET delivered = extract(epoch FROM now()) * 1000 WHERE position = $1;
//! ```
//!
//! A trigger then makes the saga's next event due. In the process of an engine, use
//! `engine.outbox()`, which lets many relays share the work.

mod append;
mod batch;
mod claim;
mod create;
mod error;
mod inbox;
mod line;
mod locks;
mod options;
mod order;
mod outbox;
mod peers;
mod pooler;
mod postgres;
mod purge;
mod rights;
mod row;
mod schema;
mod session;
mod sql;
mod tls;
mod weight;

pub use options::Options;
pub use order::Order;
pub use postgres::Postgres;
