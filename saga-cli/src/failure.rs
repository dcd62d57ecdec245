//! What goes wrong, and what the process says then.

use saga_engine::StoreError;
use serde::Serialize;
use std::fmt;

/// Why a command did not do what it was asked.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", content = "error", rename_all = "snake_case")]
pub(crate) enum Failure {
    /// The journal, or the saga in it, cannot be read.
    Error(String),
    /// Something else must be asked.
    Usage(String),
    /// Nothing was done, since it is not allowed, or somebody said no.
    Refused(String),
    /// There is no such saga or step.
    NotFound(String),
}

impl Failure {
    /// What the process exits with.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Error(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(_) | Self::NotFound(_) => 3,
        }
    }

    /// The same, in one line for a person.
    fn text(&self) -> &str {
        let (Self::Error(text) | Self::Usage(text) | Self::Refused(text) | Self::NotFound(text)) =
            self;
        text
    }

    /// A file that cannot be opened: what is wrong with it says it all.
    pub(crate) fn opening(error: &StoreError) -> Self {
        match error {
            StoreError::Unavailable { reason } | StoreError::Corrupt { reason } => {
                Self::Error(reason.to_string())
            }
            error => Self::Error(error.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::table::plain(self.text()))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Error(error.to_string())
    }
}
