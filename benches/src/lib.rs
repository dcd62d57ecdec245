//! What `typed-saga` costs, compared with code written by hand and with other libraries.
//!
//! `cargo run --release -p saga-bench` measures; the modules here are what it measures and how.
//! Everything that is compared is measured in the same run, in turns, so the ratios hold even
//! though the figures change from machine to machine.

pub mod memory;
pub mod stats;

#[cfg(feature = "full")]
pub mod compile;
#[cfg(feature = "full")]
pub mod console;
#[cfg(feature = "full")]
pub mod durable;
#[cfg(feature = "full")]
pub mod loops;
#[cfg(feature = "full")]
pub mod machine;
#[cfg(feature = "full")]
pub mod page;
#[cfg(feature = "full")]
pub mod plot;
#[cfg(feature = "full")]
pub mod postgres;
#[cfg(feature = "full")]
pub mod report;
#[cfg(feature = "full")]
pub mod rounds;
