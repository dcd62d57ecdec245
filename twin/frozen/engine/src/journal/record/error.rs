//! The errors of a text that cannot be read as records.

use super::RecordKind;
use thiserror::Error;

/// The reason why a record cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is not the JSON of records that this version knows.
    // serde's list of known kinds is left out: it does not help the reader.
    #[error("not records that this version can read: {}", without_known(.0))]
    Json(serde_json::Error),
    /// The definition has no step of that name.
    #[error("`{what}` names `{step}`, which is no step of the saga")]
    UnknownStep {
        /// The kind of the record.
        what: RecordKind,
        /// The name.
        step: String,
    },
    /// It lacks a field that a record of its kind must have.
    #[error("`{what}` does not say its `{field}`")]
    Missing {
        /// The record's kind.
        what: RecordKind,
        /// The field.
        field: &'static str,
    },
}

fn without_known(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    if let Some(end) = text.find(", expected one of") {
        text.truncate(end);
    }
    text
}

impl From<serde_json::Error> for RecordError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}
