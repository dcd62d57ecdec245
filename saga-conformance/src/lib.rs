//! The rules of a [`Store`](typed_saga_engine::Store) as tests, for authors of stores, and a store
//! that fails on purpose. For `[dev-dependencies]`.
//!
//! [`run`] is for every store. [`run_shared`] is for a store that many workers share:
//!
//! ```
//! use typed_saga_engine::Memory;
//! use std::time::Duration;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! typed_saga_conformance::run(async || Memory::shared()).await;
//! typed_saga_conformance::run_shared(async || Memory::shared(), Duration::from_millis(50)).await;
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`Faulty`] wraps any store: it crashes, is unavailable, or writes late where you say so.

mod checks;
mod faulty;

pub use checks::{run, run_shared};
pub use faulty::Faulty;
