//! The history of a saga, record by record.

use crate::{
    style,
    table::{Cell, Table, short},
};
use anstyle::Style;
use saga_core::{End, Verdict, kernel::Settlement};
use saga_engine::{
    Commit, Time,
    record::{self, Record, RecordKind},
};
use serde::Serialize;

/// How many characters of a value or an error are shown if the output is not a terminal.
const DETAIL: usize = 80;

/// One record, or a commit that cannot be read.
#[derive(Serialize)]
pub(super) struct Line {
    /// The number of its commit.
    commit: u64,
    /// When the commit was written.
    at: String,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    /// A record as it is in the journal.
    Record { record: Box<Record> },
    /// Why the commit cannot be read, and its text.
    Unreadable { unreadable: String, text: String },
}

pub(super) fn of(commits: &[Commit]) -> Vec<Line> {
    commits.iter().flat_map(lines).collect()
}

fn lines(commit: &Commit) -> Vec<Line> {
    let line = |entry| Line {
        commit: commit.seq,
        at: commit.at.to_string(),
        entry,
    };
    match record::decode(&commit.records) {
        Ok(records) => {
            let records = records.into_iter().map(Box::new);
            let lines = records.map(|record| line(Entry::Record { record }));
            lines.collect()
        }
        Err(error) => vec![line(Entry::Unreadable {
            unreadable: error.to_string(),
            text: commit.records.clone(),
        })],
    }
}

pub(super) fn table(lines: &[Line], width: Option<usize>) -> String {
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
            Entry::Record { record } => (
                Cell::new(colour(record), record.what.as_str()),
                record.step.as_deref().unwrap_or(""),
                detail(record),
            ),
            Entry::Unreadable {
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

fn colour(record: &Record) -> Style {
    match record.what {
        RecordKind::Applied
        | RecordKind::Resolved
        | RecordKind::FellBack
        | RecordKind::Received => style::GOOD,
        RecordKind::Rejected
        | RecordKind::Compensated
        | RecordKind::Turned
        | RecordKind::WhenPanicked
        | RecordKind::FallbackDeclined => style::UNDONE,
        RecordKind::TimedOut
        | RecordKind::Panicked
        | RecordKind::Unrecordable
        | RecordKind::Lost
        | RecordKind::ResolveFailed
        | RecordKind::CompensationFailed
        | RecordKind::EmitFailed
        | RecordKind::Kept => style::BAD,
        RecordKind::CancelRequested
        | RecordKind::DeadlinePassed
        | RecordKind::Recalled
        | RecordKind::Resumed
        | RecordKind::Settled
        | RecordKind::Signalled
        | RecordKind::Abandoned => style::NAME,
        RecordKind::Ended => match record.end {
            Some(End::Completed) => style::GOOD,
            Some(End::Parked) => style::BAD,
            _ => style::UNDONE,
        },
        RecordKind::Started
        | RecordKind::Skipped
        | RecordKind::Decided
        | RecordKind::Attempting
        | RecordKind::LatePassed
        | RecordKind::Resolving
        | RecordKind::Compensating
        | RecordKind::FallingBack
        | RecordKind::Waiting
        | RecordKind::Waited
        | RecordKind::Awaiting
        | RecordKind::Woken
        | RecordKind::TurnDeclined
        | RecordKind::Redefined
        | RecordKind::Finished => Style::new(),
    }
}

/// What a record says besides its kind and its step.
fn detail(record: &Record) -> String {
    let mut parts = Vec::new();
    parts.extend(record.end.map(|end| end_word(end).to_owned()));
    parts.extend(record.settlement.map(|said| settlement(said).to_owned()));
    parts.extend(
        record
            .verdict
            .map(|verdict| verdict_word(verdict).to_owned()),
    );
    parts.extend(record.happened.map(|yes| {
        let said = if yes {
            "it happened"
        } else {
            "it did not happen"
        };
        said.to_owned()
    }));
    let taken = record
        .taken
        .map(|taken| if taken { "taken" } else { "not taken" });
    parts.extend(taken.map(str::to_owned));
    parts.extend(record.error.clone());
    let flags = [
        (record.abort, "abort"),
        (!record.again, "not again"),
        (!record.late_passed, "may still arrive late"),
    ];
    let flags = flags.iter().filter(|(set, _)| *set);
    parts.extend(flags.map(|(_, said)| (*said).to_owned()));
    if let (Some(until), Some(before)) = (record.until, record.before) {
        parts.push(format!("until {until}, before {before}"));
    }
    parts.extend(listed(record));
    parts.extend(record.deadline.map(deadline));
    parts.extend(record.definition.map(|it| format!("definition {it:016x}")));
    parts.extend(record.by.as_ref().map(|by| format!("by {by}")));
    parts.extend(record.why.as_ref().map(|why| format!("why: {why}")));
    let value = record.json().filter(|value| *value != "null");
    parts.extend(value.map(str::to_owned));
    parts.join(", ")
}

fn deadline(at: Time) -> String {
    format!("deadline {at}")
}

/// The steps that are left when a saga ends.
fn listed(record: &Record) -> impl Iterator<Item = String> {
    let lists = [
        ("standing", &record.standing),
        ("in doubt", &record.in_doubt),
        ("unfinished", &record.unfinished),
        ("left", &record.left),
        ("perhaps left", &record.perhaps_left),
    ];
    let lists = lists.into_iter().filter(|(_, steps)| !steps.is_empty());
    lists.map(|(name, steps)| format!("{name}: {}", steps.join(" ")))
}

fn end_word(end: End) -> &'static str {
    match end {
        End::Completed => "completed",
        End::Compensated => "compensated",
        End::Parked => "parked",
    }
}

fn settlement(said: Settlement) -> &'static str {
    match said {
        Settlement::Applied => "applied",
        Settlement::NotApplied => "not applied",
        Settlement::Undone => "undone",
    }
}

fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refused => "refused",
        Verdict::Transient => "transient",
        Verdict::Unknown => "unknown",
        Verdict::Partial => "partial",
    }
}
