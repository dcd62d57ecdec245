//! Sagas in a list.

use super::{
    place::{Reached, places},
    reader::Look,
    text::age,
    tone::Tone,
};
use crate::store::{State, Time};
use serde::Serialize;

/// Some of the sagas that match a request.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// The sagas.
    pub sagas: Vec<SagaLine>,
    /// Whether there are more.
    pub more: bool,
}

/// A saga in a list.
#[derive(Debug, Serialize)]
pub struct SagaLine {
    /// Its name.
    pub saga: String,
    /// Its id.
    pub id: String,
    /// Its state.
    pub state: State,
    /// The reason why its journal cannot be read.
    pub unreadable: Option<String>,
    /// Whether it is [quarantined](crate::store::Row::is_quarantined).
    pub quarantined: bool,
    /// Whether one of its calls fails again and again, or does not end.
    pub stuck: bool,
    /// When it began.
    pub started: String,
    /// When it was last changed.
    pub since: String,
    /// The time since then.
    #[serde(skip)]
    pub age: String,
    /// The steps that it has reached.
    pub r#where: Vec<Reached>,
    /// One sentence about its state, and the reason for it.
    pub why: String,
    /// The label for its state.
    #[serde(skip)]
    pub badge: (&'static str, Tone),
}

impl SagaLine {
    /// The line of a saga, at the time `now`.
    #[must_use]
    pub fn of(look: &Look, now: Time) -> Self {
        let row = look.row();
        let folded = look.folded.as_ref().ok();
        Self {
            saga: row.saga.saga.to_string(),
            id: row.saga.id.to_string(),
            state: row.state,
            unreadable: look.unreadable(),
            quarantined: look.is_quarantined(),
            stuck: look.is_stuck(),
            started: row.created.to_string(),
            since: row.updated.to_string(),
            age: age(now.since(row.updated)),
            r#where: folded.map_or_else(Vec::new, |folded| places(folded, row.state)),
            why: look.why.clone(),
            badge: look.state(),
        }
    }
}
