//! The actions of operators on a saga, as data: cancel, resume, settle, abandon, redeliver, skip.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use typed_saga_core::kernel::Settlement;

/// An operator's action on a saga.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Requests that the saga roll back.
    Cancel,
    /// Resumes a parked saga where it stopped: with the steps that could not be undone, settled or
    /// finished, and with fresh budgets of attempts.
    Resume,
    /// Records the outcome of a step that the saga could not settle or undo by itself. In a parked
    /// saga, nothing runs until it is resumed.
    Settle {
        /// The step.
        step: String,
        /// Its outcome.
        settled: Settled,
    },
    /// Sends the saga a signal.
    Signal {
        /// The signal.
        signal: String,
        /// Its value.
        value: Box<RawValue>,
    },
    /// Gives up a saga that is parked or quarantined, or waits, for good: nothing more of it runs. Of
    /// a saga that has ended, it gives up the `finally`, if that has not run.
    Abandon,
    /// Makes an event of a saga that has ended due now: one that waits for another attempt, or one
    /// that was already delivered. Recorded in the outbox, not in the journal.
    Redeliver {
        /// The number of the event; without it, the first one that was not delivered.
        number: Option<u64>,
    },
    /// Never delivers an event of a saga that has ended; its next event is then due. Recorded in the
    /// outbox, with the reason, not in the journal.
    Skip {
        /// The number of the event; without it, the first one that was not delivered.
        number: Option<u64>,
    },
}

/// The outcome of a step, as an operator found it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// It was in doubt: it happened, with this effect, as JSON.
    Applied(serde_json::Value),
    /// It was in doubt: it did not happen, and no longer can.
    NotApplied,
    /// It was still applied, or in doubt: now it is undone, and can no longer happen.
    Undone,
}

impl From<&Settled> for Settlement {
    fn from(settled: &Settled) -> Self {
        match settled {
            Settled::Applied(_) => Self::Applied,
            Settled::NotApplied => Self::NotApplied,
            Settled::Undone => Self::Undone,
        }
    }
}

impl Settled {
    /// It happened, with this effect.
    ///
    /// # Errors
    /// The error of the effect's `Serialize`.
    pub fn applied(effect: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self::Applied(serde_json::to_value(effect)?))
    }
}

/// The operator who acts, and the reason. Both are recorded with the action.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// The operator's name.
    #[serde(rename = "by", default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The reason.
    #[serde(rename = "why", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Attribution {
    /// An operator with this name, and this reason.
    pub fn new(actor: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            actor: Some(actor.into()),
            reason: Some(reason.into()),
        }
    }
}
