//! Finds out whether a saga that began under one version of its definition can continue under
//! another.
//!
//! ```text
//! two versions ──order──▶ common steps ──compare──▶ differences, in the order of the old version
//!                                        ├ blocks: what runs together
//!                                        ├ perhaps: what some records may not fit
//!                                        └ reads: what undoes a step, and its keys
//! ```

mod blocks;
mod compare;
mod kinds;
mod order;
mod perhaps;
mod reached;
mod reads;
#[cfg(test)]
mod tests;
mod types;
mod words;

pub use compare::{difference, differences, suspects};
pub use kinds::{Difference, Undo};
pub use reached::{Touched, all_from, below, prefix};
