//! What a command has to say: for a person, and for a program.

use crate::failure::Failure;
use serde::Serialize;

/// What a command has to say.
#[derive(Debug)]
pub(crate) struct Report {
    /// For a person, with colours.
    pub(crate) text: String,
    /// The same for a program: one JSON document.
    pub(crate) json: String,
    /// What the process exits with.
    pub(crate) code: u8,
}

impl Report {
    /// All went well.
    ///
    /// # Errors
    /// If `view` cannot be written as JSON.
    pub(crate) fn of(view: &impl Serialize, text: String) -> Result<Self, Failure> {
        let json = serde_json::to_string_pretty(view);
        let json = json.map_err(|error| Failure::Error(error.to_string()))?;
        let code = 0;
        Ok(Self { text, json, code })
    }
}
