//! Definitions of a journal: those that are read, what tells two versions apart, and how a saga
//! goes on under another one.

mod definitions;
mod difference;
#[cfg(test)]
mod tests;
mod types;
mod version;
mod words;

pub use definitions::Definitions;
pub use difference::{Difference, Touched, Undo, difference};
pub use version::continued;
