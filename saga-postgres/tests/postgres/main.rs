//! The store in a Postgres database, by topic.

mod clock;
mod conformance;
mod damaged;
mod freed;
mod locks;
mod pooled;
mod purge;
mod races;
mod standby;
mod start;
mod taken_over;
mod trouble;
mod under_way;
