//! The words of the language: its attributes and clauses, where each may be written, its arguments
//! and its meaning.
//!
//! This is the only list of them: the parser, its messages, `cargo saga fmt` and the reference
//! pages read it. The parser matches on [`Attribute`] and [`Clause`] without a catch-all, so a word
//! that is added here does not compile until it has a place of its own in the model of a saga.

mod attribute;
mod clause;
mod place;
mod table;

pub use attribute::{Arguments, Attribute, Entry, Refusal};
pub use clause::{Clause, ClauseEntry};
pub use place::Place;

/// Attributes that are reserved for a later version.
pub const LATER: [&str; 2] = ["transactional", "since"];

/// Attributes of Rust that set the level of lints.
pub const LINTS: [&str; 5] = ["allow", "expect", "warn", "deny", "forbid"];
