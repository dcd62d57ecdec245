//! What is recorded with an event, besides its fields.

use crate::{calls::lock_table::Keys, history::Said, values::codec::Encoded};
use std::{borrow::Cow, time::Duration};

/// What is recorded with an event, besides its fields.
#[derive(Debug, Default)]
pub struct Attached {
    /// The value of the call that has ended, as JSON; or the reason why it cannot be recorded, so
    /// that it exists in memory alone.
    pub value: Encoded,
    /// Why the call failed. Then there is no value but that of the error.
    pub words: Option<Words>,
    /// The inputs of a child saga that begins with this attempt.
    pub inputs: Option<Inputs>,
    /// The items of a loop that begins with this attempt, as a JSON list.
    pub items: Option<String>,
    /// The keys of a lock, whose queues the run joins. It has the keys until its end is noted, or an
    /// event that makes it leave the queues.
    pub keys: Option<Keys>,
}

impl Attached {
    /// Why a call failed, if it did.
    pub(crate) fn words(words: Option<Words>) -> Self {
        Self {
            words,
            ..Self::default()
        }
    }
}

/// The inputs of a child saga, as they are recorded.
#[derive(Debug)]
pub struct Inputs {
    /// As JSON, if the saga is durable.
    pub json: Option<String>,
    /// The time limit of the child.
    pub limit: Option<Duration>,
}

/// Why a call failed, as it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The text of the error.
    pub text: String,
    /// The value of the error as JSON, if the saga is durable and the value can be recorded.
    pub value: Option<String>,
    /// How the call failed, if neither the event nor the value says it; or why an error has no value.
    pub why: Option<Cow<'static, str>>,
}

impl Words {
    /// A text alone.
    pub(crate) fn of(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    /// As it is read again.
    #[must_use]
    pub fn said(&self) -> Said<'_> {
        Said {
            error: Some(&self.text),
            value: self.value.as_deref(),
            why: self.why.as_deref(),
        }
    }
}
