//! Sagas that have ended.

use saga_core::{
    CallKind,
    kernel::{Cancellation, FailureKind, Left, Phase},
};

use super::words::{doubt, failure, lost, name, times};
use crate::{
    journal::fold::{FailedCall, Folded},
    journal::history::Entry,
    journal::record::Kind,
    store::Row,
};

pub(super) fn completed(row: &Row) -> String {
    format!("completed{}", finally(row))
}

pub(super) fn compensated(row: &Row, folded: &Folded) -> String {
    let cause = prefixed(": ", cause(folded));
    let left = prefixed("; ", left(folded));
    format!("compensated{cause}{left}{}", finally(row))
}

/// An ended saga is due only for that.
fn finally(row: &Row) -> &'static str {
    match row.due {
        Some(_) => "; `finally` is still to run",
        None => "",
    }
}

pub(super) fn parked(folded: &Folded) -> String {
    let kernel = &folded.run.kernel;
    let mut parts: Vec<_> = kernel.standing().map(|step| stands(folded, step)).collect();
    parts.extend(kernel.in_doubt().map(|step| {
        let said = said(folded, step);
        format!("{} {}{said}", name(folded, step), doubt(folded, step))
    }));
    parts.extend(kernel.unfinished().map(|step| {
        let (name, said) = (name(folded, step), said(folded, step));
        format!("{name} is unfinished{said}")
    }));
    parts.extend(left(folded));
    let parts = Some(parts.join(", ")).filter(|parts| !parts.is_empty());
    let cause = prefixed("; ", cause(folded));
    format!("parked{}{cause}", prefixed(": ", parts))
}

fn prefixed(prefix: &str, text: Option<String>) -> String {
    text.map_or_else(String::new, |text| format!("{prefix}{text}"))
}

fn stands(folded: &Folded, step: u16) -> String {
    let name = name(folded, step);
    match folded.run.kernel.phase(step) {
        Phase::Standing => format!("{name} stands{}", said(folded, step)),
        Phase::Kept => format!("{name} is kept"),
        _ => format!("{name} is applied"),
    }
}

/// Why a step could not be undone or settled, or was not tried again, in parentheses.
fn said(folded: &Folded, step: u16) -> String {
    let noted = &folded.run.steps[usize::from(step)];
    let is_lost = |last: &&FailedCall| last.event.failure() == Some(FailureKind::Lost);
    let lost_itself = noted.failed.as_ref().filter(is_lost);
    let candidates = [lost_itself, noted.unsettled.as_ref()];
    let Some(last) = candidates.into_iter().flatten().max_by_key(|last| last.at) else {
        return String::new();
    };
    let what = match last.call {
        CallKind::Resolve => "`resolve`",
        CallKind::Compensate => "its compensation",
        CallKind::When | CallKind::Action | CallKind::Fallback => "it",
    };
    if is_lost(&last) {
        let how = lost(folded.losses(step, last));
        return format!(" ({what} was {how})");
    }
    let (times, failure) = (times(last.in_a_row), failure(folded, step, last));
    format!(" ({what} failed {times}, last: {failure})")
}

fn left(folded: &Folded) -> Option<String> {
    let left = folded.run.kernel.left();
    let names: Vec<_> = left
        .map(|(step, left)| match left {
            Left::Certain => name(folded, step),
            Left::Perhaps => format!("perhaps {}", name(folded, step)),
        })
        .collect();
    (!names.is_empty()).then(|| format!("left behind: {}", names.join(", ")))
}

/// What turned it back, or stopped it.
fn cause(folded: &Folded) -> Option<String> {
    let kernel = &folded.run.kernel;
    if let Some(step) = kernel.first_failed() {
        let failed = folded.run.steps[usize::from(step)].failed.as_ref();
        let failure = prefixed(": ", failed.map(|failed| failure(folded, step, failed)));
        Some(format!("failed first: {}{failure}", name(folded, step)))
    } else if kernel.cancellation() == Cancellation::Accepted {
        let by = asked(folded.asked.as_ref(), Kind::CancelRequested);
        Some(format!("it was cancelled{by}"))
    } else if kernel.deadline() == Cancellation::Accepted {
        Some("its deadline passed".to_owned())
    } else {
        None
    }
}

pub(super) fn abandoned(folded: &Folded) -> String {
    let by = asked(folded.abandoned.as_ref(), Kind::Abandoned);
    format!("abandoned{by}")
}

/// By whom, and why.
fn asked(entry: Option<&Entry>, what: Kind) -> String {
    let Some(Entry { record, .. }) = entry.filter(|entry| entry.record.what == what) else {
        return String::new();
    };
    let by = record.by.as_ref().map(|by| format!(" by {by}"));
    let why = record.why.as_ref().map(|why| format!(": {why}"));
    by.unwrap_or_default() + &why.unwrap_or_default()
}
