//! What a saga is, as data.

pub mod language;
