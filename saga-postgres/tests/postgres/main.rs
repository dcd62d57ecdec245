//! The store in a Postgres database, by topic.

mod clock;
mod conformance;
mod locks;
mod races;
mod trouble;
