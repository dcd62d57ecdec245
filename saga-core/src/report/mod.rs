//! What is known about a run: where it is, what failed, what is still applied.

pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod failures;
pub(crate) mod place;
pub(crate) mod progress;
pub(crate) mod standing;
pub(crate) mod summary;
pub(crate) mod way;
