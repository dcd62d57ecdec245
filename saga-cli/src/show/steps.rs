//! The state of each step.

use super::json::verbatim;
use crate::{
    style,
    table::{Cell, Table, short},
};
use anstyle::Style;
use saga_core::{
    definition::Text,
    kernel::{Phase, Running, Waiting},
};
use saga_engine::{Folded, Spot, record};
use serde::Serialize;
use serde_json::value::RawValue;

/// How many characters of an effect are shown if the output is not a terminal.
const EFFECT: usize = 60;

#[derive(Serialize)]
pub(super) struct Line {
    /// Its path.
    step: Text,
    kind: &'static str,
    phase: String,
    /// The phase in words, and its colour.
    #[serde(skip)]
    shown: (&'static str, Style),
    /// Attempts of its action since the start, the last turn or the last resumption.
    attempts: u32,
    round: u32,
    /// Whether it is unknown if it happened.
    in_doubt: bool,
    /// The signal that was accepted and that it has not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<Box<RawValue>>,
    /// Its effect, if it is there.
    effect: Option<Box<RawValue>>,
    /// Its last failure, if it has not succeeded since.
    failure: Option<String>,
    /// How many times in a row it has failed.
    failures: u32,
    /// How many times in a row the call that failed last was lost with its process.
    lost: u32,
}

/// The steps, and after each that is a saga those of that, once it has begun.
pub(super) fn of(folded: &Folded) -> Vec<Line> {
    folded.whole().spots().iter().map(line).collect()
}

fn line(spot: &Spot<'_>) -> Line {
    let (kernel, noted, step) = (spot.kernel(), spot.noted(), spot.step);
    let shown = match phase(kernel.phase(step)) {
        shown if shown == IN_DOUBT && kernel.is_partial(step) => ("half done", style::BAD),
        shown => shown,
    };
    let last = noted.last_failure();
    Line {
        step: spot.path.clone(),
        kind: spot.declared().kind.word(),
        phase: shown.0.replace(' ', "_"),
        shown,
        attempts: kernel.attempt(step),
        round: kernel.round(step),
        in_doubt: kernel.is_in_doubt(step),
        signal: noted.signal.as_deref().map(verbatim),
        effect: noted.value.as_deref().map(verbatim),
        failure: last.map(|last| {
            last.error
                .clone()
                .unwrap_or_else(|| record::RecordKind::from(last.event).to_string())
        }),
        failures: last.map_or(0, |last| last.in_a_row),
        lost: last.map_or(0, |last| spot.losses(last)),
    }
}

const IN_DOUBT: (&str, Style) = ("in doubt", style::UNKNOWN);

fn phase(phase: Phase) -> (&'static str, Style) {
    match phase {
        Phase::Pending => ("pending", style::FAINT),
        Phase::Running(Running::Action) => ("running", style::MOVES),
        Phase::Running(Running::Resolve) => ("resolving", style::MOVES),
        Phase::Running(Running::Compensation) => ("undoing", style::MOVES),
        Phase::Running(Running::Fallback) => ("falling back", style::MOVES),
        Phase::Waiting(Waiting::Attempt) => ("waits to run", style::MOVES),
        Phase::Waiting(Waiting::Resolve) => ("waits to resolve", style::MOVES),
        Phase::Waiting(Waiting::Compensate) => ("waits to undo", style::MOVES),
        Phase::Waiting(Waiting::Fallback) => ("waits to fall back", style::MOVES),
        Phase::Listening => ("listens", style::MOVES),
        Phase::Sleeping => ("sleeps", style::MOVES),
        Phase::UsedUp => ("used up", style::UNDONE),
        Phase::Failed => ("failed", style::UNDONE),
        Phase::Applied => ("applied", style::GOOD),
        Phase::Skipped => ("skipped", style::FAINT),
        Phase::FellBack => ("fell back", style::GOOD),
        Phase::Undone => ("undone", style::UNDONE),
        Phase::Standing => ("stands", style::BAD),
        Phase::Kept => ("kept", style::BAD),
        Phase::InDoubt | Phase::Unsettled => IN_DOUBT,
    }
}

pub(super) fn table(steps: &[Line], width: Option<usize>) -> String {
    let mut table = Table::new([
        "step",
        "kind",
        "phase",
        "attempts",
        "round",
        "effect or failure",
    ]);
    for step in steps {
        let effect = effect(step);
        let effect = match width {
            Some(_) => effect,
            None => short(&effect, EFFECT),
        };
        table.row([
            Cell::new(style::NAME, &step.step),
            step.kind.into(),
            Cell::new(step.shown.1, step.shown.0),
            step.attempts.to_string().into(),
            step.round.to_string().into(),
            effect.into(),
        ]);
    }
    table.show("  ", width)
}

/// The signal that waits, the effect, or the last failure. The effect of a step that gives `()` is
/// not shown.
fn effect(step: &Line) -> String {
    if let Some(signal) = &step.signal {
        return format!("accepted, not taken: {signal}");
    }
    let effect = step.effect.as_deref().map(RawValue::get);
    match (effect.filter(|effect| *effect != "null"), &step.failure) {
        (Some(effect), _) => effect.to_owned(),
        (None, Some(_)) if step.lost == 1 => "lost with its process".to_owned(),
        (None, Some(_)) if step.lost > 1 => format!("lost with its process ×{}", step.lost),
        (None, Some(failure)) if step.failures > 1 => {
            format!("failed ×{}: {failure}", step.failures)
        }
        (None, Some(failure)) => format!("failed: {failure}"),
        (None, None) => String::new(),
    }
}
