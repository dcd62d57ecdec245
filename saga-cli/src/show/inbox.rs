//! Requests that no engine has answered yet.

use super::json::verbatim;
use crate::{
    style,
    table::{Cell, Table},
};
use saga_engine::{Action, Message, Request, SagaId, Settled};
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Serialize)]
pub(super) struct Line {
    /// The number of the message.
    message: u64,
    at: String,
    /// The request as it is in the journal.
    request: Box<RawValue>,
}

pub(super) fn of(messages: &[Message], saga: &SagaId) -> Vec<Line> {
    let messages = messages.iter().filter(|message| message.saga == *saga);
    let lines = messages.map(|message| Line {
        message: message.number,
        at: message.at.to_string(),
        request: verbatim(&message.text),
    });
    lines.collect()
}

pub(super) fn table(lines: &[Line], width: Option<usize>) -> String {
    let mut table = Table::new(["time", "message", "what", "detail"]);
    for line in lines {
        let text = line.request.get();
        let (what, detail) = match serde_json::from_str::<Request>(text) {
            Ok(request) => (name(&request.action), detail(&request)),
            Err(_) => ("unreadable", text.to_owned()),
        };
        table.row([
            Cell::new(style::FAINT, &line.at),
            Cell::new(style::FAINT, &line.message.to_string()),
            Cell::new(style::NAME, what),
            detail.into(),
        ]);
    }
    table.show("  ", width)
}

fn name(action: &Action) -> &'static str {
    match action {
        Action::Cancel => "cancel",
        Action::Resume => "resume",
        Action::Settle { .. } => "settle",
        Action::Signal { .. } => "signal",
        Action::Abandon => "abandon",
        Action::Redeliver { .. } => "redeliver",
    }
}

fn detail(request: &Request) -> String {
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
    if let Action::Redeliver {
        number: Some(number),
    } = &request.action
    {
        parts.push(format!("event {number}"));
    }
    let who = &request.who;
    parts.extend(who.actor.as_ref().map(|by| format!("by {by}")));
    parts.extend(who.reason.as_ref().map(|why| format!("why: {why}")));
    parts.join(", ")
}
