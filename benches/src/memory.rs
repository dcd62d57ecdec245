//! Sagas in memory, and what they are compared with.
//!
//! All rows do the same: a step takes the number of the previous step and returns the next; the
//! last step may be refused, and the steps before it are then undone, last first. Nothing ever
//! waits, so the figures are the cost between the steps.

pub mod boxed;
pub mod by_hand;
pub mod sagas;
pub mod shop;

#[cfg(feature = "peers")]
pub mod peers;

#[cfg(feature = "full")]
pub mod observed;
#[cfg(feature = "full")]
pub mod scenarios;
#[cfg(feature = "full")]
pub mod tables;
