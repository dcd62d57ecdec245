//! Durable sagas of every shape, with every single trouble, and processes that end at every point
//! at which they can: the guarantee holds, nothing has its effect twice, and nothing that is on
//! record is done again.
//!
//! With `SAGA_EXHAUSTIVE=1` every crash and outage is combined with every fault of a service, cancel and
//! deadline, and with every second crash. Otherwise it strikes a run in which nothing else goes wrong
//! and one that is compensated, and a second crash ends the next process at its first write.
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
mod queue;
mod queues;
mod rivals;
mod sagas;
mod tally;
mod trouble;
mod world;
