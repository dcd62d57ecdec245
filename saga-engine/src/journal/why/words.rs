//! Parts of sentences.

use std::time::Duration;

use typed_saga_core::{
    CallKind,
    definition::Kind,
    kernel::{FailureKind, Phase},
};

use crate::journal::{fold::FailedCall, spot::Spot};

/// An error text is cut off at this length, so that the sentence can be read at a glance.
const LONG: usize = 200;

pub(super) fn name(spot: &Spot<'_>) -> String {
    format!("`{}`", spot.path)
}

/// The steps that are undone together with a step: `, and `page` with it`.
pub(super) fn with(spot: &Spot<'_>) -> String {
    let done = |covered: &Spot<'_>| {
        let applied = covered.kernel().phase(covered.step) == Phase::Applied;
        applied || covered.kernel().is_in_doubt(covered.step)
    };
    let names: Vec<_> = spot.covers().filter(done).map(|spot| name(&spot)).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(", and {} with it", names.join(", "))
}

/// `, after: …`, if there is a failure.
pub(super) fn after(spot: &Spot<'_>, failed: Option<&FailedCall>) -> String {
    failed.map_or_else(String::new, |failed| {
        format!(", after: {}", failure(spot, failed))
    })
}

/// The number of losses of a call in a row: `lost with its process 4 times`.
pub(super) fn lost(losses: u32) -> String {
    let often = match losses {
        0 | 1 => String::new(),
        losses => format!(" {}", times(losses)),
    };
    format!("lost with its process{often}")
}

/// The failure of a call of the step, in words.
pub(super) fn failure(spot: &Spot<'_>, failed: &FailedCall) -> String {
    let error = failed.error.as_deref().map(short);
    let said = |words: &str| match &error {
        Some(error) if !error.is_empty() => format!("{words}: {error}"),
        _ => words.to_owned(),
    };
    match (failed.event.failure(), failed.call) {
        (Some(FailureKind::TimedOut), _) => "it timed out".to_owned(),
        (Some(FailureKind::Lost), _) => lost(spot.losses(failed)),
        (Some(FailureKind::Panicked), CallKind::When) => {
            said(&format!("{} panicked", evaluated(spot)))
        }
        (Some(FailureKind::Panicked), _) => said("it panicked"),
        (Some(FailureKind::Unrecordable), _) => said("what it returned cannot be recorded"),
        (Some(FailureKind::Error) | None, _) => {
            error.unwrap_or_else(|| "an error that has no text".to_owned())
        }
    }
}

/// What is evaluated before the step begins. A record does not say which of two expressions panicked.
fn evaluated(spot: &Spot<'_>) -> String {
    let step = spot.declared();
    let (of, when) = match (&step.items, step.kind) {
        (Some(items), _) => ("items", &items.when),
        (None, Kind::Lock) => ("keys", &step.when),
        (None, Kind::Signal | Kind::Sleep) => ("time", &step.when),
        (None, Kind::Read | Kind::Step | Kind::Pivot) => return "its `when`".to_owned(),
    };
    let when = when.as_ref().map_or("", |_| "its `when` or ");
    format!("{when}the expression of its {of}")
}

/// The text on one line, shortened if it is long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A duration in its two largest units.
pub(super) fn span(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    let [day, hour, minute] = [24 * 60 * 60, 60 * 60, 60];
    let two = |large, of_large: &str, small: u64, of_small: &str| match small {
        0 => format!("{large}{of_large}"),
        small => format!("{large}{of_large} {small}{of_small}"),
    };
    match seconds {
        0 if millis == 0 => "0s".to_owned(),
        0 => format!("{millis}ms"),
        s if s < minute => format!("{s}s"),
        s if s < hour => two(s / minute, "m", s % minute, "s"),
        s if s < day => two(s / hour, "h", s % hour / minute, "m"),
        s => two(s / day, "d", s % day / hour, "h"),
    }
}

pub(super) fn times(number: u32) -> String {
    match number {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        number => format!("{number} times"),
    }
}

pub(super) fn ordinal(number: u32) -> String {
    let end = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

/// A phrase for a step in doubt.
pub(super) fn doubt(spot: &Spot<'_>) -> &'static str {
    if spot.kernel().is_partial(spot.step) {
        "is partly applied"
    } else {
        "is in doubt"
    }
}
