//! Sagas that have ended.

use typed_saga_core::{
    CallKind,
    kernel::{Cancellation, FailureKind, Left, Phase},
};

use super::words::{doubt, failure, lost, name, times};
use crate::{
    journal::fold::{FailedCall, Folded},
    journal::history::Entry,
    journal::record::RecordKind,
    journal::spot::Spot,
    store::{EventRow, Row},
};

pub(super) fn completed(row: &Row) -> String {
    format!("completed{}", finally(row))
}

pub(super) fn compensated(row: &Row, folded: &Folded) -> String {
    let cause = prefixed(": ", cause(folded));
    let left = prefixed("; ", left(folded));
    format!("compensated{cause}{left}{}", finally(row))
}

/// A saga that has ended is due only if its `finally` has to run.
fn finally(row: &Row) -> &'static str {
    match row.due {
        Some(_) => "; `finally` is still to run",
        None => "",
    }
}

pub(super) fn parked(folded: &Folded) -> String {
    let held = folded.whole().held();
    let mut parts: Vec<_> = held.still_applied.iter().map(stands).collect();
    parts.extend(held.in_doubt.iter().map(|spot| {
        let said = said(spot);
        format!("{} {}{said}{}", name(spot), doubt(spot), goes_with(spot))
    }));
    parts.extend(held.unfinished.iter().map(|spot| {
        let (name, said) = (name(spot), said(spot));
        format!("{name} is unfinished{said}")
    }));
    parts.extend(left(folded));
    let parts = Some(parts.join(", ")).filter(|parts| !parts.is_empty());
    let said: Vec<_> = cause(folded).into_iter().chain(parts).collect();
    let said = Some(said.join("; ")).filter(|said| !said.is_empty());
    format!("parked{}", prefixed(": ", said))
}

/// The text about an event that was not delivered, which is added to the sentence about its saga.
#[must_use]
pub(crate) fn undelivered(event: &EventRow) -> String {
    let number = event.number;
    let stuck = if event.is_stuck() { "stuck: " } else { "" };
    let failed = undelivered_why(event).map(|failed| format!(" ({stuck}{failed})"));
    let failed = failed.unwrap_or_default();
    format!("; event {number} is not delivered yet{failed}")
}

/// Why an event is not delivered, if its delivery was attempted in vain.
#[must_use]
pub fn undelivered_why(event: &EventRow) -> Option<String> {
    let failed = times(event.failures);
    match &event.why {
        // It was set aside, and not because it failed so often.
        Some(why) if event.is_stuck() && event.due.is_none() => Some(why.to_string()),
        Some(why) => Some(format!("it failed {failed}, last: {why}")),
        None if event.lost > 0 => {
            let lost = times(event.lost);
            Some(format!("its delivery was lost with the process {lost}"))
        }
        None => None,
    }
}

fn prefixed(prefix: &str, text: Option<String>) -> String {
    text.map_or_else(String::new, |text| format!("{prefix}{text}"))
}

fn stands(spot: &Spot<'_>) -> String {
    let name = name(spot);
    match spot.kernel().phase(spot.step) {
        Phase::Uncompensated => format!("{name} is not compensated{}", said(spot)),
        Phase::Kept => format!("{name} is still applied, because its compensation was skipped"),
        _ => format!("{name} is applied{}", goes_with(spot)),
    }
}

/// The step whose compensation undoes this one, if there is such a step.
fn goes_with(spot: &Spot<'_>) -> String {
    let with = spot.declared().compensation.with();
    with.map_or_else(String::new, |with| {
        format!(" (it is undone with {})", name(&spot.part.spot(with)))
    })
}

/// The reason why a step could not be undone or settled, or was not tried again, in parentheses.
fn said(spot: &Spot<'_>) -> String {
    let noted = spot.noted();
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
        let how = lost(spot.losses(last));
        return format!(" ({what} was {how})");
    }
    let (times, failure) = (times(last.in_a_row), failure(spot, last));
    format!(" ({what} failed {times}, last: {failure})")
}

fn left(folded: &Folded) -> Option<String> {
    let left = folded.run.left().into_iter();
    let names: Vec<_> = left
        .map(|left| match left.how {
            Left::Certain => format!("`{}`", left.step),
            Left::Perhaps => format!("perhaps `{}`", left.step),
        })
        .collect();
    (!names.is_empty()).then(|| format!("left behind: {}", names.join(", ")))
}

/// The reason for rolling back, or for stopping.
fn cause(folded: &Folded) -> Option<String> {
    let kernel = &folded.run.kernel;
    if let Some(spot) = folded.whole().first_failed() {
        let failed = spot.noted().failed.as_ref();
        let failure = prefixed(": ", failed.map(|failed| failure(&spot, failed)));
        Some(format!("failed first: {}{failure}", name(&spot)))
    } else if kernel.cancellation() == Cancellation::Accepted {
        let by = asked(folded.asked.as_ref(), RecordKind::CancelRequested);
        Some(format!("it was cancelled{by}"))
    } else if kernel.deadline() == Cancellation::Accepted {
        Some("its deadline passed".to_owned())
    } else {
        None
    }
}

pub(super) fn abandoned(folded: &Folded) -> String {
    let by = asked(folded.abandoned.as_ref(), RecordKind::Abandoned);
    format!("abandoned{by}")
}

/// The operator and the reason of a request.
fn asked(entry: Option<&Entry>, what: RecordKind) -> String {
    let Some(Entry { record, .. }) = entry.filter(|entry| entry.record.what == what) else {
        return String::new();
    };
    let by = record.by.as_ref().map(|by| format!(" by {by}"));
    let why = record.why.as_ref().map(|why| format!(": {why}"));
    by.unwrap_or_default() + &why.unwrap_or_default()
}
