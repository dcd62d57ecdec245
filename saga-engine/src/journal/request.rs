//! Requests of operators as they are written into the inbox of a store, and their answers.

use super::action::{Action, Attribution};
use super::plan::Refused;
use serde::{Deserialize, Serialize};

/// A request, as it is written into the inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The action to perform.
    pub action: Action,
    /// By whom, and why.
    #[serde(default)]
    pub who: Attribution,
}

/// The answer, as it is written into the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done, and on record.
    Done,
    /// It is a signal, and one that counts is there already.
    Duplicate {
        /// The signal.
        signal: String,
        /// Whether the value is the same one.
        same: bool,
    },
    /// It is a signal that the saga does not listen for any more.
    NotHeard {
        /// The signal.
        signal: String,
    },
    /// It is not done, for this reason.
    Refused(String),
}

impl Answer {
    /// Why it is not done.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        match self {
            Self::Done => None,
            Self::Refused(why) => Some(why.clone()),
            Self::Duplicate { .. } | Self::NotHeard { .. } => self.why().map(|why| why.to_string()),
        }
    }

    /// Why a signal was refused.
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

    /// As it is written.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("a word and a text are JSON")
    }
}
