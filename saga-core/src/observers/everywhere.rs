//! The observer of all runs.

use super::event::Observer;
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// Registers an observer of every run that starts from now on.
///
/// # Errors
/// If there is one already; it stays.
pub fn observe_all(observer: impl Observer) -> Result<(), AlreadyObserved> {
    EVERYWHERE
        .set(Arc::new(observer))
        .map_err(|_| AlreadyObserved)
}

pub(super) static EVERYWHERE: OnceLock<Arc<dyn Observer>> = OnceLock::new();

/// Whether there is an observer of all runs.
#[must_use]
pub fn is_observed() -> bool {
    EVERYWHERE.get().is_some()
}

/// There is an observer of all runs already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyObserved;

impl fmt::Display for AlreadyObserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is an observer of all runs already")
    }
}

impl std::error::Error for AlreadyObserved {}
