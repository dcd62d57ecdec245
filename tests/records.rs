//! Journals that are damaged in every way: reading one gives a saga that goes on, or says that it
//! is unreadable and why. Nothing panics, nothing hangs, and the saga beside it runs.
//!
//! ```text
//!  bytes ──damage──▶ commits of a real journal, spoilt ──look──▶ what people see
//!                                                     └──engine──▶ what becomes of it
//! ```
//!
//! The fuzz target `records` is made of the same files.

mod damage;
mod engine;
mod look;
mod real;
mod sagas;
mod spoilt;
