//! The store in a `SQLite` file, by topic.

mod common;

mod attached;
mod conformance;
mod damaged;
mod deaths;
mod files;
mod in_place;
mod lost;
mod names;
mod processes;
mod purge;
mod restored;
mod small_disk;
mod stamped;
mod trouble;
mod views;
