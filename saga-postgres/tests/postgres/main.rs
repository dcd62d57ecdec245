//! The store in a Postgres database, by topic.

mod conformance;
mod races;
mod trouble;
