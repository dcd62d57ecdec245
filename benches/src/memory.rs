//! Sagas in memory: what they are, and what stands beside them.
//!
//! All do the same: a step takes the number of the one before, and gives the next; the last one may be refused, and what was done is undone
//! then, last first. Nothing ever waits, so what is measured is what is between the steps.

pub mod boxed;
pub mod by_hand;
pub mod sagas;
pub mod shop;

#[cfg(feature = "peers")]
pub mod peers;

#[cfg(feature = "full")]
pub mod scenarios;
#[cfg(feature = "full")]
pub mod tables;
