//! Durable sagas of every shape, with every single trouble, and processes that end at every point
//! at which they can: the guarantee holds, nothing has its effect twice, and nothing that is on
//! record is done again.
//!
//! ```text
//!  Shape × Trouble × [Fate of each process] ──run──▶ World (ledgers, calls) + journal ──audit──▶ what must not be
//! ```

mod audit;
mod crashes;
mod ledger;
mod outages;
mod parts;
mod process;
mod sagas;
mod tally;
mod trouble;
mod world;
