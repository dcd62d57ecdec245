//! Why a journal cannot be folded.

use std::{error, fmt};

use crate::journal::record::{Kind, RecordError};

/// Why a journal cannot be read as that of its saga.
#[derive(Debug)]
pub struct FoldError {
    /// The number of the commit.
    pub commit: u64,
    /// The place of the record in it, from 0; `None` if it concerns all of it.
    pub record: Option<usize>,
    /// Why.
    pub reason: Reason,
}

/// What is wrong with a commit or a record.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reason {
    /// There is none.
    Nothing,
    /// It has another number than its place says.
    Number {
        /// The number that it has.
        seq: u64,
    },
    /// It does not begin with `started`.
    NotStarted,
    /// It cannot be read.
    Record(RecordError),
    /// It does not fit what is on record before it.
    Illegal {
        /// What it says.
        what: Kind,
        /// Of which step.
        step: Option<String>,
    },
}

impl fmt::Display for FoldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "commit {}", self.commit)?;
        if let Some(record) = self.record {
            write!(f, ", record {record}")?;
        }
        f.write_str(": ")?;
        match &self.reason {
            Reason::Nothing => f.write_str("is not there"),
            Reason::Number { seq } => write!(f, "has the number {seq}"),
            Reason::NotStarted => f.write_str("the journal does not begin with `started`"),
            Reason::Record(error) => error.fmt(f),
            Reason::Illegal {
                what,
                step: Some(step),
            } => write!(
                f,
                "`{step}` cannot be `{what}` here: it does not fit what is on record before"
            ),
            Reason::Illegal { what, step: None } => {
                write!(
                    f,
                    "`{what}` cannot be here: it does not fit what is on record before"
                )
            }
        }
    }
}

impl error::Error for FoldError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.reason {
            Reason::Record(error) => Some(error),
            _ => None,
        }
    }
}
