//! The history of a saga, record by record.

use crate::{
    style,
    table::{Cell, Table, short},
};
use typed_saga_engine::look::{HistoryEntry, HistoryLine, detail, tone};

/// The number of characters of a value or an error that are shown if the output is not a terminal.
const DETAIL: usize = 80;

pub(super) fn table(lines: &[HistoryLine], width: Option<usize>) -> String {
    let mut table = Table::new(["time", "commit", "what", "step", "detail"]);
    let mut before = None;
    for line in lines {
        // Time and number once for each commit: its records are of one moment.
        let first = before.replace(line.commit) != Some(line.commit);
        let (time, commit) = if first {
            (line.at.clone(), line.commit.to_string())
        } else {
            (String::new(), String::new())
        };
        let (what, step, detail) = match &line.entry {
            HistoryEntry::Record { record } => (
                Cell::new(style::toned(tone(record)), record.what.as_str()),
                record.step.as_deref().unwrap_or(""),
                detail(record, true),
            ),
            HistoryEntry::Unreadable {
                unreadable,
                text: _,
            } => (
                Cell::new(style::UNKNOWN, "unreadable"),
                "",
                unreadable.clone(),
            ),
        };
        let detail = match width {
            Some(_) => detail,
            None => short(&detail, DETAIL),
        };
        table.row([
            Cell::new(style::FAINT, &time),
            Cell::new(style::FAINT, &commit),
            what,
            step.into(),
            detail.into(),
        ]);
    }
    table.show("  ", width)
}
