//! Sagas in memory, by topic, and what the documentation says of all of them.

mod common;

mod analyzed;
mod back;
mod blocks;
mod cancel;
mod classify;
mod concurrency;
mod covered;
mod defaults;
mod definition;
mod diagram;
mod doubt;
mod error_chains;
mod errors;
mod events;
mod failing;
mod fallback;
mod finally;
mod foreign_errors;
mod forward;
mod governed;
mod groups;
mod guarantee;
mod guide;
mod half_done;
pub mod hygiene;
mod interest;
mod keys;
mod language;
mod lifecycle;
pub mod lints;
mod locks;
mod nested;
mod observers;
mod pages;
mod pivot;
mod ports;
mod positions;
mod promises;
mod readme;
pub mod refused;
mod reruns;
mod retry;
mod savepoint;
mod siblings;
mod signal;
mod sleep;
mod stories;
mod straight;
mod surroundings;
mod told;
mod tracing;
mod walk;

// The saga of the example `trip`, which `diagram` draws, expects these at the root of its crate.
use diagram::site::{clients, domain, error, event, limits};
