//! The records of a saga, read without the saga's types: texts in, facts out. Nothing here runs.

pub(crate) mod action;
pub(crate) mod canonical;
pub(crate) mod error;
pub(crate) mod fold;
pub(crate) mod history;
pub(crate) mod plan;
pub mod record;
pub(crate) mod request;
#[cfg(test)]
pub(crate) mod sample;
pub mod schema;
pub(crate) mod spot;
pub(crate) mod why;
