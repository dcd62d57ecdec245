//! Why a text is no definition.

use std::{error, fmt};

/// Why a text is no definition.
#[derive(Debug)]
#[non_exhaustive]
pub enum SchemaError {
    /// It is not the JSON of a definition that this version knows.
    Json(serde_json::Error),
    /// It contradicts itself.
    Inconsistent {
        /// How.
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
