//! Finds out whether a saga that began under one version of its definition can continue under
//! another.
//!
//! ```text
//! two versions ──order──▶ common steps ──compare──▶ differences, in the order of the old version
//!                                        ├ blocks: what runs together
//!                                        ├ settled: how a step is settled, and what it depends on
//!                                        └ reads: what undoes a step, and its keys
//! ```

mod blocks;
mod compare;
mod kinds;
mod order;
mod places;
mod reached;
mod reads;
mod settled;
#[cfg(test)]
mod tests;
mod types;
mod words;

pub use compare::{difference, differences, output_differs};
pub use kinds::{Difference, Undo};
pub use places::Places;
pub use reached::{Touched, all_from, below, prefix};
