//! `saga locks`: who has the keys of locks, and who waits for them.

use crate::{
    age, args,
    failure::Failure,
    look::Reader,
    report::Report,
    style,
    table::{Cell, Table},
};
use saga_engine::{LockFilter, LockRow, LockState, look::LockLine};
use serde::Serialize;

#[derive(Serialize)]
struct Listed {
    locks: Vec<LockLine>,
    /// Whether there are more than the limit lets through.
    more: bool,
}

/// Lists places, key by key, in the order in which the keys are passed on.
pub(crate) async fn locks(reader: &Reader, args: &args::Locks) -> Result<Report, Failure> {
    let of = match &args.of {
        Some(id) => Some(reader.one(id).await?.saga().clone()),
        None => None,
    };
    let filter = LockFilter {
        name: args.name.as_deref().map(Into::into),
        key: args.key.as_deref().map(Into::into),
        saga: of,
        limit: Some(args.limit.saturating_add(1)),
    };
    let mut rows = reader.journal.locks(filter).await?;
    let more = rows.len() > args.limit;
    rows.truncate(args.limit);
    let text = text(reader, &rows, more);
    let locks = rows.iter().map(LockLine::of).collect();
    Report::of(&Listed { locks, more }, text)
}

fn text(reader: &Reader, rows: &[LockRow], more: bool) -> String {
    if rows.is_empty() {
        return "no saga has such a key, or waits for it\n".to_owned();
    }
    let mut table = Table::new(["lock", "key", "saga", "state", "for"]);
    for row in rows {
        let state = match row.state {
            LockState::Waiting => Cell::new(style::FAINT, "waits"),
            LockState::Granted | LockState::Taken => "has it".into(),
        };
        table.row([
            (&*row.key.name).into(),
            (&*row.key.key).into(),
            Cell::new(style::NAME, &row.saga.to_string()),
            state,
            age::show(reader.now.since(row.since)).into(),
        ]);
    }
    let mut text = table.show("", reader.width);
    if more {
        text += "there are more: pass --limit\n";
    }
    text
}
