//! The store in a Postgres database, by topic.

mod clock;
mod conformance;
mod freed;
mod locks;
mod races;
mod taken_over;
mod trouble;
