//! The output of a command: for people, and for programs.

use crate::failure::Failure;
use serde::Serialize;
use typed_saga_engine::look::Look;

/// The output of a command.
#[derive(Debug)]
pub(crate) struct Report {
    /// For people, with colours.
    pub(crate) text: String,
    /// The report for programs: one JSON document.
    pub(crate) json: String,
    /// The exit code of the process.
    pub(crate) code: u8,
}

impl Report {
    /// A report of success.
    ///
    /// # Errors
    /// If `view` cannot be written as JSON.
    pub(crate) fn of(view: &impl Serialize, text: String) -> Result<Self, Failure> {
        let json = serde_json::to_string_pretty(view);
        let json = json.map_err(|error| Failure::Error(error.to_string()))?;
        let code = 0;
        Ok(Self { text, json, code })
    }

    /// The report, with the exit status of an error if the saga cannot be read.
    pub(crate) fn of_one(self, look: &Look) -> Self {
        let unreadable = || Failure::Error(String::new()).code();
        let code = if look.unreadable().is_some() {
            unreadable()
        } else {
            self.code
        };
        Self { code, ..self }
    }
}
