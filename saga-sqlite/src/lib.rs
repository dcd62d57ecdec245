//! The embedded store of `typed-saga`: durable sagas in a SQLite file, without a server.
//!
//! ```
//! use typed_saga_engine::{Filter, ReadStore, Store, Worker};
//! use typed_saga_sqlite::Sqlite;
//! use std::time::Duration;
//!
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("sagas.db");
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let store = Sqlite::open(&path)?;
//! let worker = Worker {
//!     name: "an engine".into(),
//!     lease: Duration::ZERO, // a file has none
//!     runs: Vec::new(),
//!     after: None,
//! };
//! store.open(worker).await?; // an engine does this
//! assert!(store.list(Filter::default()).await?.is_empty());
//! # Ok::<(), typed_saga_engine::StoreError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a crash may take
//!
//! The file is written with a [write-ahead log](https://sqlite.org/wal.html). When the **process**
//! ends, in whatever way, no write is lost that a [`Store`](typed_saga_engine::Store)'s future has
//! confirmed, and none is written in part. When the **machine** loses power or its operating system
//! crashes:
//!
//! - With [`Synchronous::Full`], the default, nothing is lost, either: each commit waits until the
//!   disk says that it has it ([`synchronous =
//!   FULL`](https://sqlite.org/pragma.html#pragma_synchronous)). Many sagas share one wait. A disk
//!   or a virtual machine that says so too early breaks this promise, and so does a file system
//!   over a network.
//! - With [`Synchronous::Normal`] the last commits may be missing, those since the log was last
//!   moved into the file (up to 4 MiB of log); what is left is whole, and is what was there at some
//!   earlier moment. For a saga that means: **a call that was made may not be recorded**. After the
//!   restart it is made again, under the same key. A saga that had begun may be gone, with its id,
//!   and so may a result that a caller has already received. That is acceptable if every step is
//!   `#[idempotent]`, for long enough, and callers submit their sagas again; for sagas that can be
//!   computed again; and in tests. It is not acceptable if a step relies on `resolve`: a step whose
//!   *attempting* is lost is not in doubt, and simply runs again.
//!
//! SQLite is compiled in because versions before 3.51.3 have the [WAL-reset
//! bug](https://sqlite.org/wal.html#walresetbug): a file that two connections write and checkpoint
//! at the same moment can be damaged, and here both an engine and the command write. For the same
//! reason, do not write to the file with an older SQLite.
//!
//! # One owner
//!
//! An engine owns its file. Opening it a second time meanwhile fails with
//! [`Owned`](typed_saga_engine::StoreError::Owned), which names the owner's process. Ownership is a
//! lock of the operating system on a second file, `<path>-owner`, so it ends with the process.
//! [`Options::take_over`] opens the file all the same and fences the owner, whose engine then
//! stops. Until the owner's process ends, a lock on `<path>-heir` keeps everybody else from the file. [`Attached`] reads the file and leaves messages without owning it.
//!
//! The log is beside the name under which the file is open. So the file is refused under a second
//! name, such as a hard link, while the first one has a log, and if it is mounted as a single file.
//! [`Attached`] takes no second name at all. A log whose file is gone is refused, and stays.
//! When a name comes to mean another file, or none, while the file is open, or a backup is copied over
//! it, every write fails with [`Lost`](typed_saga_engine::StoreError::Lost), which says what to do,
//! and the engine stops. That is looked for after each commit, before it is confirmed: the write
//! that finds it may have been written all the same. What is not noticed is a copy by `cp` of the
//! open file itself that is copied back over it.
//!
//! # Backups, and looking inside
//!
//! A closed file is complete by itself; `<path>-owner` and `<path>-stamp` hold no data. While the
//! file is open, `<path>-wal` and `<path>-shm` belong to it: copy it with `VACUUM INTO`, or with
//! `.backup` of the `sqlite3` shell, not with `cp`. A backup that is restored beside the log of the
//! file before it is refused, until you remove that log; so is a copy of the closed file once an engine
//! has opened the file since. If other processes read the file all the time, it has no `<path>-stamp`,
//! and any log is taken.
//!
//! Everything in the file is text or numbers: `.schema` shows the tables, with comments. There are
//! views for an operator's questions:
//!
//! | view | a row is |
//! |---|---|
//! | `sagas` | a saga: state, times, number of commits, input |
//! | `history` | a record of a saga: what happened, of which step, with which value or error |
//! | `unreadable` | a saga that the engine which had it last cannot read, and why |
//! | `quarantined` | a saga with which ten processes in a row have died |
//! | `parked` | a saga that needs an operator |
//! | `waiting` | a saga that waits for a time, with its last error |
//! | `inflight` | a call that was begun and has not ended |
//! | `failures` | a failure of a step, by its text, and how often it happened |
//! | `asked` | a message that is not answered yet |
//! | `undelivered` | an event that is not delivered, with its key and what it says |
//!
//! # The outbox, for relays
//!
//! The events of a saga are rows of the table `outbox`, written by the commit that ends it. Where the
//! saga has no `publish`, a relay in any language may deliver them: of each saga only the first that
//! is not delivered has a `due`.
//!
//! ```sql
//! SELECT position, saga, id, number, key, payload FROM undelivered
//! WHERE due <= strftime('%Y-%m-%dT%H:%M:%fZ') ORDER BY position LIMIT 100;
//! -- and once a consumer has one:
//! UPDATE outbox SET delivered = unixepoch('subsec') * 1000 WHERE position = ?;
//! ```
//!
//! A trigger then makes the saga's next event due. A relay that ends between the two statements
//! delivers that event again, under the same `key`. In the process of an engine, use
//! `engine.outbox()`.

mod attached;
mod beside;
mod claim;
mod create;
mod due;
mod error;
mod file;
mod gate;
mod identity;
mod itself;
mod known;
mod life;
mod locks;
mod log;
mod names;
mod number;
mod options;
mod outbox;
mod owner;
mod private;
mod purge;
mod purging;
mod queue;
mod row;
mod schema;
mod second;
mod sqlite;
mod stamp;
mod text;
mod thread;
mod transaction;
mod used;
mod write;
mod writer;

pub use attached::Attached;
pub use options::{Options, Synchronous};
pub use sqlite::Sqlite;
