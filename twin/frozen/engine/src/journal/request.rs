//! Requests of operators as they are written into the inbox of a store, and their answers.

use super::action::{Action, Attribution};
use super::plan::Refused;
use crate::store::Message;
use serde::{Deserialize, Serialize};

/// A request, as it is written into the inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The action to perform.
    pub action: Action,
    /// The operator, and the reason.
    #[serde(default)]
    pub who: Attribution,
}

/// What the inbox keeps of a saga that was purged: who asked for it, and why.
pub(crate) fn purged(who: &Attribution) -> String {
    let who = serde_json::to_string(who).expect("two texts are JSON");
    format!("{}\"who\":{who}}}", Message::PURGED)
}

/// The answer, as it is written into the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The request was performed and recorded.
    Done,
    /// The request is a signal that was already accepted.
    Duplicate {
        /// The signal.
        signal: String,
        /// Whether it had the same value.
        same: bool,
    },
    /// The request is a signal that the saga does not wait for any more.
    NotHeard {
        /// The signal.
        signal: String,
    },
    /// The request was not performed, for this reason.
    Refused(String),
}

impl Answer {
    /// The reason why the request was not performed.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        match self {
            Self::Done => None,
            Self::Refused(why) => Some(why.clone()),
            Self::Duplicate { .. } | Self::NotHeard { .. } => self.why().map(|why| why.to_string()),
        }
    }

    /// The reason why a signal was refused.
    pub(crate) fn why(&self) -> Option<Refused> {
        match self {
            Self::Duplicate { signal, same } => Some(Refused::Duplicate {
                signal: signal.clone().into(),
                same: *same,
            }),
            Self::NotHeard { signal } => Some(Refused::NotHeard {
                signal: signal.clone().into(),
            }),
            Self::Done | Self::Refused(_) => None,
        }
    }

    /// The answer as it is written.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("a word and a text are JSON")
    }
}
