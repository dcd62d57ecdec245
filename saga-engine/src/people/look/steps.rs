//! The state of each step.

use super::{text::verbatim, tone::Tone};
use crate::{journal::fold::Folded, journal::record, journal::spot::Spot};
use serde::Serialize;
use serde_json::value::RawValue;
use typed_saga_core::CallKind;
use typed_saga_core::{definition::Text, kernel::Phase};

/// A step, and its state.
#[derive(Debug, Serialize)]
pub struct StepLine {
    /// Its path.
    pub step: Text,
    /// The word of its declaration: `step`, `read`, …
    pub kind: &'static str,
    /// The phase of the step.
    pub phase: String,
    /// The phase in words, and the tone in which it is shown.
    #[serde(skip)]
    pub shown: (&'static str, Tone),
    /// The number of attempts of its action since the start, the last rerun from a savepoint, or
    /// the last resumption.
    pub attempts: u32,
    /// The number of times that the saga has started over from a savepoint at or before this step.
    pub round: u32,
    /// Whether it is unknown whether the step happened.
    pub in_doubt: bool,
    /// The signal that was accepted, and that the step has not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<Box<RawValue>>,
    /// Its effect, if it has one.
    pub effect: Option<Box<RawValue>>,
    /// Its last failure, if it has not succeeded since.
    pub failure: Option<String>,
    /// The number of failures in a row.
    pub failures: u32,
    /// The number of times in a row that the call that failed last was lost with its process.
    pub lost: u32,
}

/// The steps; each child saga is followed by its own steps, once it has begun.
#[must_use]
pub fn steps(folded: &Folded) -> Vec<StepLine> {
    folded.whole().spots().iter().map(StepLine::of).collect()
}

impl StepLine {
    /// The state of this step.
    #[must_use]
    pub fn of(spot: &Spot<'_>) -> Self {
        let (kernel, noted, step) = (spot.kernel(), spot.noted(), spot.step);
        let phase = kernel.phase(step);
        let doubts = matches!(phase, Phase::InDoubt | Phase::Unsettled);
        let (stored, shown) = if doubts && kernel.is_partial(step) {
            (Some("half_done"), ("partly applied", Tone::Bad))
        } else {
            (stored(phase), shown(phase))
        };
        let last = noted.last_failure();
        Self {
            step: spot.path.clone(),
            kind: spot.declared().kind.word(),
            phase: stored.map_or_else(|| shown.0.replace(' ', "_"), str::to_owned),
            shown,
            attempts: kernel.attempt(step),
            round: kernel.round(step),
            in_doubt: kernel.is_in_doubt(step),
            signal: noted.signal.as_deref().map(verbatim),
            effect: noted.value.as_deref().map(verbatim),
            failure: last.map(|last| {
                last.error
                    .clone()
                    .unwrap_or_else(|| record::RecordKind::from(last.event.kind()).to_string())
            }),
            failures: last.map_or(0, |last| last.in_a_row),
            lost: last.map_or(0, |last| spot.losses(last)),
        }
    }
}

/// The word of JSON; `None` if the word that is shown is the same.
const fn stored(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Listening => Some("listens"),
        Phase::Uncompensated => Some("stands"),
        Phase::Kept => Some("kept"),
        _ => None,
    }
}

const fn shown(phase: Phase) -> (&'static str, Tone) {
    match phase {
        Phase::Pending => ("pending", Tone::Faint),
        Phase::Running(CallKind::When | CallKind::Action) => ("running", Tone::Moves),
        Phase::Running(CallKind::Resolve) => ("resolving", Tone::Moves),
        Phase::Running(CallKind::Compensate) => ("undoing", Tone::Moves),
        Phase::Running(CallKind::Fallback) => ("falling back", Tone::Moves),
        Phase::Waiting(CallKind::When | CallKind::Action) => ("waits to run", Tone::Moves),
        Phase::Waiting(CallKind::Resolve) => ("waits to resolve", Tone::Moves),
        Phase::Waiting(CallKind::Compensate) => ("waits to undo", Tone::Moves),
        Phase::Waiting(CallKind::Fallback) => ("waits to fall back", Tone::Moves),
        Phase::Listening => ("waits for its signal", Tone::Moves),
        Phase::Sleeping => ("sleeps", Tone::Moves),
        Phase::Queued => ("waits for its lock", Tone::Moves),
        Phase::UsedUp => ("used up", Tone::Undone),
        Phase::Failed => ("failed", Tone::Undone),
        Phase::Applied => ("applied", Tone::Good),
        Phase::Skipped => ("skipped", Tone::Faint),
        Phase::FellBack => ("fell back", Tone::Good),
        Phase::Undone => ("undone", Tone::Undone),
        Phase::Uncompensated => ("not compensated", Tone::Bad),
        Phase::Kept => ("compensation skipped", Tone::Bad),
        Phase::InDoubt | Phase::Unsettled => ("in doubt", Tone::Unknown),
    }
}

/// The signal that was accepted, the effect, or the last failure. The effect of a step that returns
/// `()` is not shown.
#[must_use]
pub fn outcome(step: &StepLine) -> String {
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
