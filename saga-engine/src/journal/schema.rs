//! The definitions for a journal: those that are read, the differences between two versions, and
//! how a saga continues under another version.

mod definitions;
#[cfg(test)]
mod tests;
mod version;

pub use definitions::Definitions;
pub use typed_saga_core::definition::{Difference, Touched, Undo, difference, differences};
pub use version::continued;
