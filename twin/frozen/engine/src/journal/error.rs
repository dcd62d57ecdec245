//! The errors of a journal that cannot be read.

use super::record::{RecordError, RecordKind};
use std::fmt;
use thiserror::Error;

/// The reason why a journal cannot be read as that of its saga.
#[derive(Debug, Error)]
#[error("commit {commit}{}: {reason}", InCommit(*record))]
pub struct FoldError {
    /// The number of the commit.
    pub commit: u64,
    /// The position of the record in the commit, counted from 0; `None` if the commit as a whole is
    /// wrong.
    pub record: Option<usize>,
    /// The reason.
    pub reason: Reason,
}

/// The reason why a commit or a record cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Reason {
    /// There is no commit.
    #[error("is not there")]
    Nothing,
    /// The number of the commit does not match its position.
    #[error("has the number {seq}")]
    Number {
        /// The number of the commit.
        seq: u64,
    },
    /// The journal does not begin with `started`.
    #[error("the journal does not begin with `started`")]
    NotStarted,
    /// The record cannot be read.
    #[error(transparent)]
    Record(RecordError),
    /// Another definition applies from here on, and the records are read without it.
    #[error("another definition applies from here on, which was not given")]
    Undefined,
    /// The record does not fit the records before it.
    #[error("{}: it does not fit the records before it", Misplaced(*what, step.as_deref()))]
    Illegal {
        /// The kind of the record.
        what: RecordKind,
        /// The step of the record, if it names one.
        step: Option<String>,
    },
}

/// The position of a record in its commit, if there is one to name.
struct InCommit(Option<usize>);

impl fmt::Display for InCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .map_or(Ok(()), |record| write!(f, ", record {record}"))
    }
}

/// A record that cannot occur at its position in the journal.
struct Misplaced<'a>(RecordKind, Option<&'a str>);

impl fmt::Display for Misplaced<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(what, Some(step)) => write!(f, "`{step}` cannot be `{what}` here"),
            Self(what, None) => write!(f, "`{what}` cannot be here"),
        }
    }
}
