//! Definitions as JSON, and what tells two versions of one apart.

mod difference;
mod json;
mod read;
#[cfg(test)]
mod tests;
mod version;

use saga_core::Definition;
use thiserror::Error;

pub use difference::{Difference, Undo, difference};
pub use version::{continued, fingerprint};

/// A definition as JSON. Durations are written in milliseconds, as they are now.
#[must_use]
pub fn write(definition: &Definition) -> String {
    serde_json::to_string(&json::Saga::of(definition)).unwrap_or_default()
}

/// The definition of some JSON. The same text gives the same definition, which is kept until the process ends.
///
/// The kernel decides by it as by the original. Its durations are zero: nothing can be run by it, so nothing waits.
///
/// # Errors
/// [`SchemaError`] if it is none.
pub fn read(text: &str) -> Result<&'static Definition, SchemaError> {
    read::cached(text)
}

/// Why a text is no definition.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// It is not the JSON of a definition that this version knows.
    #[error("not a definition that this version can read: {0}")]
    Json(serde_json::Error),
    /// It contradicts itself.
    #[error("not a definition: {what}")]
    Inconsistent {
        /// What is wrong with it.
        what: String,
    },
}
