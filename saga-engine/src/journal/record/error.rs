//! Why a text is not what a saga's journal can say.

use std::{error, fmt};

use super::Kind;

/// Why a record cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecordError {
    /// It is not the JSON of records that this version knows.
    Json(serde_json::Error),
    /// The definition has no step of that name.
    UnknownStep {
        /// What is said of it.
        what: Kind,
        /// The name.
        step: String,
    },
    /// It does not say what such a record must say.
    Missing {
        /// Of which kind it is.
        what: Kind,
        /// What it does not say.
        field: &'static str,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The known ones are no help to who reads this.
            Self::Json(error) => {
                let text = error.to_string();
                let text = text.split(", expected one of").next().unwrap_or_default();
                write!(f, "not records that this version can read: {text}")
            }
            Self::UnknownStep { what, step } => {
                write!(f, "`{what}` names `{step}`, which is no step of the saga")
            }
            Self::Missing { what, field } => write!(f, "`{what}` does not say its `{field}`"),
        }
    }
}

impl error::Error for RecordError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            Self::UnknownStep { .. } | Self::Missing { .. } => None,
        }
    }
}

impl From<serde_json::Error> for RecordError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}
