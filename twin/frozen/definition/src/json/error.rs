//! Errors of reading a definition.

use std::{error, fmt};

/// The reason why a text is not a definition.
#[derive(Debug)]
#[non_exhaustive]
pub enum SchemaError {
    /// The text is not the JSON of a definition that this version knows.
    Json(serde_json::Error),
    /// The definition contradicts itself.
    Inconsistent {
        /// The contradiction.
        what: String,
    },
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => {
                write!(f, "not a definition that this version can read: {error}")
            }
            Self::Inconsistent { what } => write!(f, "not a definition: {what}"),
        }
    }
}

/// Without a source: the cause is part of the message.
impl error::Error for SchemaError {}

impl From<serde_json::Error> for SchemaError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}
