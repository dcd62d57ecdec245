//! Walking a saga by hand, one step at a time.

use crate::{context::Context, id::Id};
use std::{fmt, sync::OnceLock};

/// A sibling of a `concurrent` block that has not happened, as a type parameter of the block's typestate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pending;

/// A step of a walk that gave an error: the state before it, given back, and the error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stopped<S, E> {
    /// Where the walk was, and is.
    pub state: S,
    /// What the step said.
    pub error: E,
}

impl<S, E: fmt::Display> fmt::Display for Stopped<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

/// Without the state, whose fields need not be `Debug`.
impl<S, E: fmt::Debug> fmt::Debug for Stopped<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopped")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<S, E: std::error::Error + 'static> std::error::Error for Stopped<S, E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// The context of a step of a walk: the saga's id is `walk`.
#[must_use]
pub fn walk_context(saga: &'static str, step: &'static str) -> Context<'static> {
    static WALK: OnceLock<Id> = OnceLock::new();
    Context::new(saga, WALK.get_or_init(|| Id::from("walk")), step)
}

/// The `Debug` of a typestate: its name, since its fields need not be `Debug`.
///
/// # Errors
/// If the formatter gives one.
pub fn debug_state(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct(name).finish_non_exhaustive()
}
