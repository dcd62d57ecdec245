//! Why a command fails, and the exit code for it.

use crate::table::plain;
use serde::Serialize;
use thiserror::Error;
use typed_saga_engine::StoreError;

/// Why a command did not do what it was asked. Its text is shown in one line, without control
/// characters.
#[derive(Debug, Error, Serialize)]
#[serde(tag = "kind", content = "error", rename_all = "snake_case")]
pub(crate) enum Failure {
    /// The journal, or the saga in it, cannot be read.
    #[error("{}", plain(.0))]
    Error(String),
    /// The command line asks for something that makes no sense.
    #[error("{}", plain(.0))]
    Usage(String),
    /// Nothing was done: it is not allowed, or the operator declined.
    #[error("{}", plain(.0))]
    Refused(String),
    /// There is no such saga or step.
    #[error("{}", plain(.0))]
    NotFound(String),
}

impl Failure {
    /// The process's exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Error(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(_) | Self::NotFound(_) => 3,
        }
    }

    /// A file that cannot be opened: the reason names the file, so nothing is put before it.
    pub(crate) fn opening(error: &StoreError) -> Self {
        match error {
            StoreError::Unavailable { reason } | StoreError::Corrupt { reason } => {
                Self::Error(reason.to_string())
            }
            error => Self::Error(error.to_string()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Error(error.to_string())
    }
}
