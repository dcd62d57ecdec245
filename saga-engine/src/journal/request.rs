//! What people ask through the store, as it is written into the inbox: requests, and their answers.

use super::action::{Action, Attribution};
use serde::{Deserialize, Serialize};

/// What is asked, as it is written into the inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// What is to be done.
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
    /// It is not done, for this reason.
    Refused(String),
}

impl Answer {
    /// As it is written.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("a word and a text are JSON")
    }
}
