//! The history of a saga, record by record.

use super::tone::Tone;
use crate::{
    journal::record::{self, Record, RecordKind},
    store::{Commit, Time},
};
use serde::Serialize;
use typed_saga_core::{End, Verdict, kernel::Settlement};

/// One record, or a commit that cannot be read.
#[derive(Debug, Serialize)]
pub struct HistoryLine {
    /// The number of its commit.
    pub commit: u64,
    /// When the commit was written.
    pub at: String,
    /// The entry.
    #[serde(flatten)]
    pub entry: HistoryEntry,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
/// The content of a line of a history.
pub enum HistoryEntry {
    /// A record as it is in the journal.
    Record {
        /// The record.
        record: Box<Record>,
    },
    /// A commit that cannot be read.
    Unreadable {
        /// The reason.
        unreadable: String,
        /// The text of the commit.
        text: String,
    },
}

/// The history of a saga, in order.
#[must_use]
pub fn history(commits: &[Commit]) -> Vec<HistoryLine> {
    commits.iter().flat_map(lines).collect()
}

fn lines(commit: &Commit) -> Vec<HistoryLine> {
    let line = |entry| HistoryLine {
        commit: commit.seq,
        at: commit.at.to_string(),
        entry,
    };
    match record::decode(&commit.records) {
        Ok(records) => {
            let records = records.into_iter().map(Box::new);
            let lines = records.map(|record| line(HistoryEntry::Record { record }));
            lines.collect()
        }
        Err(error) => vec![line(HistoryEntry::Unreadable {
            unreadable: error.to_string(),
            text: commit.records.clone(),
        })],
    }
}

/// The tone in which a record is shown.
#[must_use]
pub fn tone(record: &Record) -> Tone {
    match record.what {
        RecordKind::Applied
        | RecordKind::Resolved
        | RecordKind::FellBack
        | RecordKind::Received => Tone::Good,
        RecordKind::Rejected
        | RecordKind::Failing
        | RecordKind::Compensated
        | RecordKind::Turned
        | RecordKind::WhenPanicked
        | RecordKind::RerunRefused
        | RecordKind::FallbackDeclined => Tone::Undone,
        RecordKind::TimedOut
        | RecordKind::Panicked
        | RecordKind::Unrecordable
        | RecordKind::Lost
        | RecordKind::ResolveFailed
        | RecordKind::CompensationFailed
        | RecordKind::EmitFailed
        | RecordKind::Kept => Tone::Bad,
        RecordKind::CancelRequested
        | RecordKind::DeadlinePassed
        | RecordKind::Recalled
        | RecordKind::Resumed
        | RecordKind::Settled
        | RecordKind::Signalled
        | RecordKind::Abandoned => Tone::Said,
        RecordKind::Ended => match record.end {
            Some(End::Completed) => Tone::Good,
            Some(End::Parked) => Tone::Bad,
            _ => Tone::Undone,
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
        | RecordKind::Finished => Tone::Plain,
    }
}

/// The details of a record, without its kind and its step. If `values`, with its value, which may
/// be private.
#[must_use]
pub fn detail(record: &Record, values: bool) -> String {
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
        (!record.again && !record.abort, "not again"),
        (!record.late_passed, "may still be in flight"),
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
    let value = record.json().filter(|value| values && *value != "null");
    parts.extend(value.map(str::to_owned));
    parts.join(", ")
}

fn deadline(at: Time) -> String {
    format!("deadline {at}")
}

/// The steps that are left when a saga ends.
fn listed(record: &Record) -> impl Iterator<Item = String> {
    let lists = [
        ("still applied", &record.standing),
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
        _ => "partial",
    }
}
