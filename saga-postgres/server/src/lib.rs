//! Servers of Postgres, and poolers before them, for tests and benchmarks: each in a temporary folder, on
//! a socket there, stopped with the process that started it, however that ends. Where the system is not
//! Unix there are none, and what needs one is left out.

#[cfg(not(unix))]
mod absent;
#[cfg(unix)]
mod pooler;
#[cfg(unix)]
mod run;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use absent::{Pooler, Server};
#[cfg(unix)]
pub use {pooler::Pooler, unix::Server};
