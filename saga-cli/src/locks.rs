//! `saga locks`: who has the keys of locks, and who waits for them.

mod free;

use crate::{
    age,
    failure::Failure,
    look::Reader,
    person::Person,
    report::Report,
    style,
    table::{Cell, Table},
};
use serde::Serialize;
use typed_saga_engine::{LockFilter, LockKey, LockRow, LockState, look::LockLine};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only keys of this name
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Only this key
    key: Option<String>,
    /// Only the places of this saga
    #[arg(long, value_name = "ID", conflicts_with = "free")]
    of: Option<String>,
    /// The most to list
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    free: free::Options,
}

#[derive(Serialize)]
struct Listed {
    locks: Vec<LockLine>,
    /// Whether there are more than the limit lets through.
    more: bool,
}

/// Lists places, key by key, in the order in which the keys are passed on; or takes a key from a saga.
pub(crate) async fn locks(
    reader: &Reader,
    args: &Args,
    person: &mut dyn Person,
) -> Result<Report, Failure> {
    let (name, key) = (args.name.as_deref(), args.key.as_deref());
    if let (true, Some(name), Some(key)) = (args.free.free, name, key) {
        let (name, key) = (name.into(), key.into());
        return free::free(reader, &LockKey { name, key }, &args.free, person).await;
    }
    let of = match &args.of {
        Some(id) => Some(reader.one(id).await?.saga().clone()),
        None => None,
    };
    let filter = LockFilter {
        name: name.map(Into::into),
        key: key.map(Into::into),
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
