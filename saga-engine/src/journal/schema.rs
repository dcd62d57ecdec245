//! Definitions of a journal: those that are read, what tells two versions apart, and how a saga
//! goes on under another one.

mod definitions;
#[cfg(test)]
mod tests;
mod version;

pub use definitions::Definitions;
pub use saga_core::definition::{Difference, Touched, Undo, difference, differences};
pub use version::continued;
