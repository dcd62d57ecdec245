//! What an engine cannot do, by cause.

use crate::{
    journal::fold::FoldError,
    journal::plan::Refused,
    journal::record::{Kind, RecordError},
    journal::schema::{Difference, SchemaError},
    store::{Commit, SagaId, StoreError},
};
use std::{error, fmt, sync::Arc};

/// Why an engine cannot do what it was asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EngineError {
    /// The engine has been shut down, or has lost its store: nothing of it runs any more. What is on record is taken up by the next one.
    Stopped {
        /// What the store said, if that is why.
        reason: Option<StoreError>,
    },
    /// The store cannot do it, for now or at all. It is not known whether what was asked for was written: asking again is harmless.
    Store(StoreError),
    /// No saga of this name is registered with this engine, or another type is.
    NotRegistered {
        /// The name.
        saga: &'static str,
    },
    /// Two sagas of one name are registered.
    RegisteredTwice {
        /// The name.
        saga: &'static str,
    },
    /// There is a saga of this name with this id, and it was given other inputs.
    OtherInput {
        /// Which one.
        saga: SagaId,
    },
    /// The inputs cannot be recorded.
    Input {
        /// Why.
        why: String,
    },
    /// There is no such saga.
    NotFound {
        /// Which one.
        saga: SagaId,
    },
    /// This engine cannot read the saga; it is left as it is.
    Unreadable {
        /// Which one.
        saga: SagaId,
        /// Why.
        why: Arc<Unreadable>,
    },
    /// This cannot be done with the saga as it is.
    Refused {
        /// Which one.
        saga: SagaId,
        /// Why.
        why: Refused,
    },
    /// What was given is no effect of this step.
    NoEffect {
        /// The step.
        step: String,
        /// Why.
        why: String,
    },
    /// The saga has no such step.
    NoStep {
        /// Which one.
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
            Self::OtherInput { saga } => {
                write!(f, "{saga} was submitted before, with other inputs")
            }
            Self::Input { why } => write!(f, "the inputs cannot be recorded: {why}"),
            Self::NotFound { saga } => write!(f, "there is no {saga}"),
            Self::Unreadable { saga, why } => write!(f, "{saga} is unreadable: {why}"),
            Self::Refused { saga, why } => write!(f, "{saga}: {why}"),
            Self::NoEffect { step, why } => write!(f, "this is no effect of `{step}`: {why}"),
            Self::NoStep { saga, step } => write!(f, "{saga} has no step `{step}`"),
        }
    }
}

impl error::Error for EngineError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Store(error)
            | Self::Stopped {
                reason: Some(error),
            } => Some(error),
            Self::Unreadable { why, .. } => Some(&**why),
            _ => None,
        }
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Why this engine cannot read a saga. It is left as it is: another version may still run it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unreadable {
    /// No saga of its name is registered.
    Unknown,
    /// Its definition has changed where it has run already.
    Changed(Difference),
    /// The definition that it was run with is not in the store.
    NoDefinition {
        /// Its fingerprint.
        fingerprint: u64,
    },
    /// The definition that it was run with cannot be read.
    Definition(SchemaError),
    /// Its inputs cannot be read.
    Input {
        /// Why.
        why: String,
    },
    /// A recorded effect cannot be read.
    Effect {
        /// Of which step.
        step: &'static str,
        /// Why.
        why: String,
    },
    /// Its output cannot be read.
    Output {
        /// Why.
        why: String,
    },
    /// A record cannot be read.
    Record {
        /// The number of the commit that it is in.
        commit: u64,
        /// Why.
        error: RecordError,
    },
    /// Its records do not fit each other.
    Journal {
        /// The number of the commit where that shows.
        commit: u64,
        /// Why.
        why: String,
    },
    /// A record is not there that must be.
    Missing {
        /// Which.
        what: Kind,
    },
    /// Its records do not fit each other, as is found without its types.
    Fold(FoldError),
    /// The store says that it is damaged.
    Damaged(StoreError),
    /// Cloning the services panicked.
    Services,
}

impl Unreadable {
    pub(crate) fn record(commit: &Commit) -> impl FnOnce(RecordError) -> Self {
        let commit = commit.seq;
        move |error| Self::Record { commit, error }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no saga of this name is registered"),
            Self::Changed(difference) => write!(f, "its definition has changed: {difference}"),
            Self::NoDefinition { fingerprint } => write!(
                f,
                "the definition that it was run with ({fingerprint:016x}) is not in the store"
            ),
            Self::Definition(error) => write!(f, "the definition that it was run with: {error}"),
            Self::Input { why } => write!(f, "its inputs: {why}"),
            Self::Effect { step, why } => write!(f, "the effect of `{step}`: {why}"),
            Self::Output { why } => write!(f, "its output: {why}"),
            Self::Record { commit, error } => write!(f, "commit {commit}: {error}"),
            Self::Journal { commit, why } => write!(f, "commit {commit}: {why}"),
            Self::Missing { what } => write!(f, "no `{what}` is on record"),
            Self::Fold(error) => error.fmt(f),
            Self::Damaged(error) => error.fmt(f),
            Self::Services => f.write_str("its services panicked when they were cloned"),
        }
    }
}

impl error::Error for Unreadable {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Definition(error) => Some(error),
            Self::Record { error, .. } => Some(error),
            Self::Fold(error) => Some(error),
            Self::Damaged(error) => Some(error),
            _ => None,
        }
    }
}
