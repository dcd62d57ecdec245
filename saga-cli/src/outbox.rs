//! `saga outbox`: the events that are not delivered, oldest first.

use crate::{
    act::{Asks, act},
    age, args,
    failure::Failure,
    look::Reader,
    person::Person,
    report::Report,
    style,
    table::{Cell, Table},
};
use serde::Serialize;
use typed_saga_engine::{Action, EventFilter, EventRow, look::EventLine, undelivered_why};

#[derive(Serialize)]
struct Listed {
    events: Vec<EventLine>,
    /// Whether there are more than the limit lets through.
    more: bool,
}

/// Lists events, or has one delivered again, or skipped.
pub(crate) async fn outbox(
    reader: &Reader,
    args: &args::Outbox,
    person: &mut dyn Person,
) -> Result<Report, Failure> {
    let of = match &args.id {
        Some(id) => Some(reader.one(id).await?.saga().clone()),
        None => None,
    };
    let number = args.event;
    let asked = match (args.redeliver, args.skip) {
        (true, _) => Some((Action::Redeliver { number }, "redeliver")),
        (_, true) => Some((Action::Skip { number }, "skip")),
        _ => None,
    };
    if let (Some((action, name)), Some(id)) = (asked, &args.id) {
        let asks = Asks::new(id, action, name, args.why.as_deref(), &args.how);
        return act(reader, asks, person).await;
    }
    let name = args.saga.as_deref().map(Into::into);
    let filter = EventFilter {
        saga: of.as_ref().map(|of| of.saga.clone()).or(name),
        id: of.map(|of| of.id),
        undelivered: true,
        stuck: args.stuck,
        claimed: None,
        after: None,
        limit: Some(args.limit.saturating_add(1)),
    };
    let mut events = reader.journal.events(filter).await?;
    let more = events.len() > args.limit;
    events.truncate(args.limit);
    let text = text(reader, &events, more);
    let events = events.iter().map(EventLine::of).collect();
    Report::of(&Listed { events, more }, text)
}

fn text(reader: &Reader, events: &[EventRow], more: bool) -> String {
    if events.is_empty() {
        return "no event waits to be delivered\n".to_owned();
    }
    let mut table = Table::new(["saga", "event", "age", "state", "payload"]);
    for event in events {
        let (style, state) = match (undelivered_why(event), event.due) {
            (Some(failed), _) if event.is_stuck() => (style::BAD, format!("stuck: {failed}")),
            (Some(failed), _) => (style::UNDONE, failed),
            (None, Some(_)) => (style::FAINT, "due".to_owned()),
            (None, None) => (style::FAINT, "after another".to_owned()),
        };
        table.row([
            Cell::new(style::NAME, &event.saga.to_string()),
            event.number.to_string().into(),
            age::show(reader.now.since(event.written)).into(),
            Cell::new(style, &state),
            event.payload.as_str().into(),
        ]);
    }
    let mut text = table.show("", reader.width);
    if more {
        text += "there are more: pass --limit\n";
    }
    text
}
