//! Events in a list.

use super::text::verbatim;
use crate::store::EventRow;
use serde::Serialize;
use serde_json::value::RawValue;

/// An event of a saga.
#[derive(Debug, Serialize)]
pub struct EventLine {
    /// The name of its saga.
    pub saga: String,
    /// The id of its saga.
    pub id: String,
    /// Its position among the events of its saga.
    pub number: u64,
    /// Its key.
    pub key: String,
    /// When it was written.
    pub written: String,
    /// When it was delivered.
    pub delivered: Option<String>,
    /// When it is due for delivery; null if it was delivered, or waits for an earlier one.
    pub due: Option<String>,
    /// The number of failed deliveries in a row.
    pub failures: u32,
    /// The number of deliveries in a row that were lost with their process.
    pub lost: u32,
    /// Whether there were ten or more of the one or the other.
    pub stuck: bool,
    /// The reason why it could not be delivered.
    pub error: Option<String>,
    /// Why an operator had it skipped.
    pub skipped: Option<String>,
    /// The content; null if it is hidden.
    pub payload: Option<Box<RawValue>>,
}

impl EventLine {
    /// The line of an event.
    #[must_use]
    pub fn of(event: &EventRow) -> Self {
        Self {
            saga: event.saga.saga.to_string(),
            id: event.saga.id.to_string(),
            number: event.number,
            key: event.key.clone(),
            written: event.written.to_string(),
            delivered: event.delivered.map(|at| at.to_string()),
            due: event.due.map(|due| due.to_string()),
            failures: event.failures,
            lost: event.lost,
            stuck: event.is_stuck(),
            error: event.why.as_deref().map(str::to_owned),
            skipped: event.skipped.as_deref().map(str::to_owned),
            payload: Some(verbatim(&event.payload)),
        }
    }
}
