//! The errors of an engine.

use crate::{
    journal::error::FoldError,
    journal::plan::Refused,
    journal::record::{RecordError, RecordKind},
    journal::schema::Difference,
    store::{Commit, SagaId, StoreError},
};
use std::{error, fmt, sync::Arc};
use thiserror::Error;
use typed_saga_core::definition::SchemaError;

/// The reason why an engine could not do what it was asked to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EngineError {
    /// The engine has been shut down, or has stopped by itself, and runs no saga any more. The next
    /// engine continues what is recorded.
    Stopped {
        /// Why it has stopped by itself, if it has.
        reason: Option<StoreError>,
    },
    /// The store cannot do it, now or at all. It is not known whether the request was written;
    /// repeating the request is harmless.
    Store(StoreError),
    /// No saga of this name is registered with this engine, or one of a different type is.
    NotRegistered {
        /// The name.
        saga: &'static str,
    },
    /// Two sagas with the same name are registered.
    RegisteredTwice {
        /// The name.
        saga: &'static str,
    },
    /// A registered saga takes a lock, but the store does not support locks.
    KeepsNoLocks {
        /// The name of the saga.
        saga: Arc<str>,
    },
    /// A saga with this name and this id exists, with other inputs.
    OtherInput {
        /// The saga.
        saga: SagaId,
        /// The names of the inputs that differ; none if they cannot be told apart.
        inputs: Vec<String>,
    },
    /// The inputs cannot be recorded.
    Input {
        /// The reason.
        why: String,
    },
    /// There is no such saga.
    NotFound {
        /// The saga.
        saga: SagaId,
    },
    /// This engine cannot read the saga; it is left as it is.
    Unreadable {
        /// The saga.
        saga: SagaId,
        /// The reason.
        why: Arc<Unreadable>,
    },
    /// This cannot be done with the saga as it is.
    Refused {
        /// The saga.
        saga: SagaId,
        /// The reason.
        why: Refused,
    },
    /// The worker that runs the saga has refused this.
    RefusedElsewhere {
        /// The saga.
        saga: SagaId,
        /// That worker's answer.
        answer: String,
    },
    /// The id is empty, longer than 1,024 bytes, or contains a NUL.
    Id {
        /// The saga.
        saga: SagaId,
    },
    /// The value is not a valid effect of this step.
    NoEffect {
        /// The step.
        step: String,
        /// The reason.
        why: String,
    },
    /// Another worker has answered the request, but the answer is gone: it was purged with the saga.
    /// A repetition of the request may be about another saga of this id.
    AnswerGone {
        /// The saga.
        saga: SagaId,
    },
    /// The saga has no such step.
    NoStep {
        /// The saga.
        saga: SagaId,
        /// The name that was given.
        step: String,
    },
}

impl EngineError {
    pub(crate) fn unreadable(saga: &SagaId, why: Unreadable) -> Self {
        Self::Unreadable {
            saga: saga.clone(),
            why: Arc::new(why),
        }
    }

    pub(crate) fn refused(saga: &SagaId, why: Refused) -> Self {
        let saga = saga.clone();
        match why {
            Refused::NoStep { step } => Self::NoStep {
                saga,
                step: step.into_owned(),
            },
            why => Self::Refused { saga, why },
        }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped { reason: None } => f.write_str("the engine has been shut down"),
            Self::Stopped {
                reason: Some(reason),
            } => write!(f, "the engine has stopped: {reason}"),
            Self::Store(error) => error.fmt(f),
            Self::NotRegistered { saga } => {
                write!(
                    f,
                    "no saga `{saga}` of this type is registered with the engine"
                )
            }
            Self::RegisteredTwice { saga } => {
                write!(f, "two sagas are registered as `{saga}`")
            }
            Self::KeepsNoLocks { saga } => {
                write!(
                    f,
                    "`{saga}` takes a lock, and the store of the engine keeps none"
                )
            }
            Self::OtherInput { saga, inputs } => {
                write!(f, "{saga} was submitted before, with other inputs")?;
                for (index, name) in inputs.iter().enumerate() {
                    let sign = if index == 0 { ":" } else { "," };
                    write!(f, "{sign} `{name}`")?;
                }
                Ok(())
            }
            Self::Input { why } => write!(f, "the inputs cannot be recorded: {why}"),
            Self::NotFound { saga } => write!(f, "there is no {saga}"),
            Self::Unreadable { saga, why } => write!(f, "{saga} is unreadable: {why}"),
            Self::Refused { saga, why } => write!(f, "{saga}: {why}"),
            Self::RefusedElsewhere { saga, answer } => {
                write!(f, "{saga}: the worker that runs it answered: {answer}")
            }
            Self::Id { saga } => {
                let id: String = saga.id.escape_debug().take(40).collect();
                write!(
                    f,
                    "`{id}` is not an id: it is empty, longer than 1,024 bytes, or has a NUL in it"
                )
            }
            Self::NoEffect { step, why } => write!(f, "this is not an effect of `{step}`: {why}"),
            Self::AnswerGone { saga } => write!(
                f,
                "{saga}: another worker has answered the request, and the answer was purged with the saga"
            ),
            Self::NoStep { saga, step } => write!(f, "{saga} has no step `{step}`"),
        }
    }
}

// Implemented by hand: thiserror takes a field as the source, and then the message must not include
// the text of that field. Here the message has the reason, and `source` continues with the reason's
// own source.
impl error::Error for EngineError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Store(error)
            | Self::Stopped {
                reason: Some(error),
            } => error.source(),
            Self::Unreadable { why, .. } => why.source(),
            Self::Stopped { reason: None }
            | Self::NotRegistered { .. }
            | Self::RegisteredTwice { .. }
            | Self::KeepsNoLocks { .. }
            | Self::OtherInput { .. }
            | Self::Input { .. }
            | Self::NotFound { .. }
            | Self::Refused { .. }
            | Self::RefusedElsewhere { .. }
            | Self::Id { .. }
            | Self::NoEffect { .. }
            | Self::AnswerGone { .. }
            | Self::NoStep { .. } => None,
        }
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The reason why this engine cannot read a saga. The saga is left as it is: another version may
/// still run it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is quarantined: several workers in a row have died with it, without a commit in between.
    /// No worker claims it until an operator resumes it.
    #[error("{times} workers have died with it, one after the other")]
    Quarantined {
        /// The number of workers.
        times: u32,
    },
    /// No saga of this name is registered.
    #[error("no saga of this name is registered")]
    Unknown,
    /// Its definition has changed in a part that the saga has already reached.
    #[error("its definition has changed: {0}")]
    Changed(Difference),
    /// The definition with which it was run is not in the store.
    #[error("the definition that it was run with ({fingerprint:016x}) is not in the store")]
    NoDefinition {
        /// Its fingerprint.
        fingerprint: u64,
    },
    /// The definition with which it was run cannot be read.
    #[error("the definition that it was run with: {0}")]
    Definition(SchemaError),
    /// Its inputs cannot be read.
    #[error("its inputs: {why}")]
    Input {
        /// The reason.
        why: String,
    },
    /// A recorded effect cannot be read.
    #[error("the effect of `{step}`: {why}")]
    Effect {
        /// The step.
        step: &'static str,
        /// The reason.
        why: String,
    },
    /// An event that is not delivered cannot be read.
    #[error("event {number}, which is not delivered: {why}")]
    Event {
        /// Its position among the events of the saga, from 0.
        number: u64,
        /// The reason.
        why: String,
    },
    /// A record cannot be read.
    #[error("commit {commit}: {error}")]
    Record {
        /// The number of the commit that contains the record.
        commit: u64,
        /// The reason.
        error: RecordError,
    },
    /// It lacks a record that it must have.
    #[error("no `{what}` is recorded")]
    Missing {
        /// The kind of the record.
        what: RecordKind,
    },
    /// Its records contradict each other.
    #[error(transparent)]
    Fold(FoldError),
    /// According to its records it has ended; according to its row it has not.
    #[error("its journal says that it has ended, and its row that it has not")]
    Over,
    /// The store reports that it is damaged.
    #[error(transparent)]
    Damaged(StoreError),
    /// Cloning the services panicked.
    #[error("its services panicked when they were cloned")]
    Services,
}

impl Unreadable {
    pub(crate) fn record(commit: &Commit) -> impl FnOnce(RecordError) -> Self {
        let commit = commit.seq;
        move |error| Self::Record { commit, error }
    }
}
