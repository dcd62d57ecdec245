//! The records of a saga, read without the saga's types: texts are turned into facts. Nothing runs
//! here.

pub(crate) mod action;
pub(crate) mod error;
pub(crate) mod fold;
pub(crate) mod history;
mod keys;
pub(crate) mod plan;
pub mod record;
pub(crate) mod request;
#[cfg(test)]
pub(crate) mod sample;
pub mod schema;
pub(crate) mod spot;
pub(crate) mod why;
