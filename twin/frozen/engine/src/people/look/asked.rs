//! Requests that no engine has answered yet.

use super::text::verbatim;
use crate::{
    journal::action::{Action, Settled},
    journal::request::{Answer, Request},
    store::{Message, SagaId},
};
use serde::Serialize;
use serde_json::value::RawValue;

/// A request that waits for an answer.
#[derive(Debug, Serialize)]
pub struct AskedLine {
    /// The number of the message.
    pub message: u64,
    /// When it was sent.
    pub at: String,
    /// The request as it is in the journal.
    pub request: Box<RawValue>,
}

/// The result of a request.
#[derive(Clone, Debug, Serialize)]
pub struct Answered {
    /// The number of the message.
    pub message: u64,
    /// `done` or `refused`; null if no engine has answered yet.
    pub answer: Option<&'static str>,
    /// The reason why it was refused.
    pub reason: Option<String>,
}

impl Answered {
    /// The result of the request with this message number, and this answer, if there is one.
    #[must_use]
    pub fn of(message: u64, answer: Option<&Answer>) -> Self {
        let reason = answer.and_then(Answer::refusal);
        Self {
            message,
            answer: answer.map(|_| if reason.is_some() { "refused" } else { "done" }),
            reason,
        }
    }
}

/// The requests for this saga, among all messages without an answer.
#[must_use]
pub fn asked(messages: &[Message], saga: &SagaId) -> Vec<AskedLine> {
    let messages = messages.iter().filter(|message| message.saga == *saga);
    let lines = messages.map(|message| AskedLine {
        message: message.number,
        at: message.at.to_string(),
        request: verbatim(&message.text),
    });
    lines.collect()
}

/// The action's name as a command.
#[must_use]
pub fn name(action: &Action) -> &'static str {
    match action {
        Action::Cancel => "cancel",
        Action::Resume => "resume",
        Action::Settle { .. } => "settle",
        Action::Signal { .. } => "signal",
        Action::Abandon => "abandon",
        Action::Redeliver { .. } => "redeliver",
        Action::Skip { .. } => "skip",
    }
}

/// The details of a request, in words.
#[must_use]
pub fn said(request: &Request) -> String {
    let mut parts = Vec::new();
    if let Action::Settle { step, settled } = &request.action {
        parts.push(match settled {
            Settled::Applied(effect) => format!("{step} applied: {effect}"),
            Settled::NotApplied => format!("{step} not applied"),
            Settled::Undone => format!("{step} undone"),
        });
    }
    if let Action::Signal { signal, value } = &request.action {
        parts.push(format!("{signal}: {value}"));
    }
    if let Action::Redeliver { number } | Action::Skip { number } = &request.action {
        parts.extend(number.map(|number| format!("event {number}")));
    }
    let who = &request.who;
    parts.extend(who.actor.as_ref().map(|by| format!("by {by}")));
    parts.extend(who.reason.as_ref().map(|why| format!("why: {why}")));
    parts.join(", ")
}
