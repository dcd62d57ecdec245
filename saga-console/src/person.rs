//! The operator: a name that the visitor gives, or one that the host knows.

use crate::problem::Problem;
use axum::http::{StatusCode, request::Parts};
use std::sync::Arc;

/// Says who sent a request.
pub(crate) type Knows = Arc<dyn Fn(&Parts) -> Option<String> + Send + Sync>;

/// The sender of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Person {
    /// They say it themselves.
    Says,
    /// The host knows them by this name.
    Known(Arc<str>),
    /// The host should know them, and does not.
    Unknown,
}

impl Person {
    pub(crate) fn of(knows: Option<&Knows>, request: &Parts) -> Self {
        let Some(knows) = knows else {
            return Self::Says;
        };
        let name = knows(request);
        let name = name.as_deref().map(str::trim);
        match name.filter(|name| !name.is_empty()) {
            Some(name) => Self::Known(name.into()),
            None => Self::Unknown,
        }
    }

    /// The name that the host knows.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Known(name) => Some(name),
            Self::Says | Self::Unknown => None,
        }
    }

    /// The name to record if the visitor gives this one.
    pub(crate) fn by<'a>(&'a self, said: &'a str) -> Result<&'a str, Problem> {
        match self {
            Self::Says => Ok(said),
            Self::Known(name) => Ok(name),
            Self::Unknown => Err(Problem::new(StatusCode::FORBIDDEN, UNKNOWN)),
        }
    }
}

pub(crate) const UNKNOWN: &str =
    "the login of this console does not say who you are, so you can change nothing";
