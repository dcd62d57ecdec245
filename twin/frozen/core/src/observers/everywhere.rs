//! The observer of all runs.

use super::event::{Interest, Observer};
use crate::basics::discard::quietly;
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// Registers an observer of every run that starts from now on.
///
/// # Errors
/// If there is one already; the earlier one stays.
pub fn observe_all(observer: impl Observer) -> Result<(), AlreadyObserved> {
    EVERYWHERE
        .set(Arc::new(observer))
        .map_err(|_| AlreadyObserved)
}

pub(super) static EVERYWHERE: OnceLock<Arc<dyn Observer>> = OnceLock::new();

/// Whether one of these observers, or that of all runs, observes a run that starts now.
#[must_use]
pub fn is_observed(own: &[Arc<dyn Observer>]) -> bool {
    is_observed_everywhere() || own.iter().any(|it| is_interested(&**it))
}

/// Whether the observer of all runs observes a run that starts now.
pub(crate) fn is_observed_everywhere() -> bool {
    EVERYWHERE.get().is_some() && everywhere_interested()
}

/// Kept out of the fast path of programs that have no such observer.
#[cold]
fn everywhere_interested() -> bool {
    EVERYWHERE.get().is_some_and(|it| is_interested(&**it))
}

/// Whether the observer observes a run that starts now.
pub(crate) fn is_interested(observer: &(impl Observer + ?Sized)) -> bool {
    interest(observer) != Interest::Nothing
}

/// What the observer needs of a run that starts now; nothing if it panics when it is asked.
pub(super) fn interest(observer: &(impl Observer + ?Sized)) -> Interest {
    quietly(|| observer.interest()).unwrap_or(Interest::Nothing)
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
