//! One saga: everything recorded about it, with values only if the visitor asks for them.

use crate::{private::Veil, problem::Problem};
use serde::Deserialize;
use serde_json::value::RawValue;
use typed_saga_core::definition::{Definition, DefinitionRef};
use typed_saga_engine::{
    Part, SagaId,
    look::{AskedLine, HistoryEntry, HistoryLine, Look, Reader, Shown, StepLine, Tone},
};

/// The number of lines of a history that are shown, the last ones.
const LINES: usize = 500;
/// The maximum number that a query may ask for.
const MOST: usize = 10_000;
/// The number of items of a loop that are shown.
pub(crate) const ITEMS: usize = 100;
/// The number of steps in a document, those of its parts included, and of keys.
const STEPS: usize = 5_000;

/// The query for a saga.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct How {
    /// Whether values are asked for.
    pub(crate) values: bool,
    /// The number of lines of its history.
    pub(crate) history: Option<usize>,
}

/// A run as it is drawn: its definition, and where its steps are.
pub(crate) struct Drawn {
    definition: DefinitionRef,
    places: Vec<(Tone, String)>,
}

/// A saga that is there.
pub(crate) async fn look(reader: &Reader, saga: &SagaId) -> Result<Look, Problem> {
    let none = || Problem::not_found(format!("there is no saga `{saga}`"));
    let rows = reader
        .journal
        .list(typed_saga_engine::Filter::of(saga.clone()));
    let row = rows.await?.into_iter().next().ok_or_else(none)?;
    reader.look(row).await?.ok_or_else(none)
}

/// Everything recorded about it, as far as it is asked for and may be shown.
pub(crate) async fn shown(
    reader: &Reader,
    look: &Look,
    how: &How,
    veil: &Veil<'_>,
) -> Result<Shown, Problem> {
    let mut shown = reader.show(look).await?;
    shown.values = how.values;
    shown.input = veil.value(None, &look.row().input);
    let lines = how.history.unwrap_or(LINES).min(MOST);
    shown.earlier = shown.history.len().saturating_sub(lines);
    shown.history.drain(..shown.earlier);
    for line in &mut shown.history {
        veiled(line, veil);
    }
    shown.steps = shown.steps.map(|steps| {
        let steps = steps.into_iter().take(STEPS);
        steps.map(|line| veiled_step(line, veil)).collect()
    });
    shown.keys.truncate(STEPS);
    let inbox = shown.inbox.into_iter();
    shown.inbox = inbox
        .filter_map(|line| veiled_request(line, veil))
        .collect();
    for event in &mut shown.events {
        let payload = event.payload.take();
        event.payload = payload.and_then(|payload| veil.value(None, payload.get()));
    }
    Ok(shown)
}

fn veiled(line: &mut HistoryLine, veil: &Veil<'_>) {
    match &mut line.entry {
        HistoryEntry::Record { record } => {
            let step = record.step.as_deref();
            let shown = |value: Box<RawValue>| veil.value(step, value.get());
            record.value = record.value.take().and_then(shown);
        }
        HistoryEntry::Unreadable { text, .. } => {
            let shown = veil.value(None, text);
            *text = shown
                .map(|shown| shown.get().to_owned())
                .unwrap_or_default();
        }
    }
}

pub(crate) fn veiled_step(line: StepLine, veil: &Veil<'_>) -> StepLine {
    let shown = |value: Option<Box<RawValue>>| veil.value(Some(&line.step), value?.get());
    let (signal, effect) = (shown(line.signal), shown(line.effect));
    StepLine {
        signal,
        effect,
        ..line
    }
}

/// A request has values in it: effects of steps that are settled, and those of signals.
fn veiled_request(mut line: AskedLine, veil: &Veil<'_>) -> Option<AskedLine> {
    let mut request: serde_json::Value = serde_json::from_str(line.request.get()).ok()?;
    for (action, value) in [("settle", "/settled/applied"), ("signal", "/value")] {
        let action = request.get_mut("action").and_then(|it| it.get_mut(action));
        let value = action.and_then(|action| action.pointer_mut(value));
        if let Some(value) = value {
            let shown = veil.value(None, &value.to_string());
            *value = shown.map_or(serde_json::Value::Null, |shown| {
                serde_json::from_str(shown.get()).unwrap_or_default()
            });
        }
    }
    line.request = serde_json::value::to_raw_value(&request).ok()?;
    Some(line)
}

impl Drawn {
    /// A run: the saga itself, or one that is part of it. That of an item has no picture.
    pub(crate) fn of(part: &Part<'_>) -> Option<Self> {
        let definition = part.kernel().definition();
        let steps: Vec<_> = part.own().collect();
        // Of an item only what is done with it is a step of its own.
        if steps.len() != definition.steps.len() || steps.is_empty() {
            return None;
        }
        let places = steps.iter().map(|spot| {
            let (words, tone) = StepLine::of(spot).shown;
            let until = spot
                .noted()
                .wait
                .map(|wait| format!(", until {}", wait.until));
            (tone, format!("{words}{}", until.unwrap_or_default()))
        });
        Some(Self {
            places: places.collect(),
            definition: definition.clone(),
        })
    }

    /// As SVG.
    pub(crate) fn svg(&self) -> String {
        let definition: &Definition = &self.definition;
        let places = self.places.iter();
        let places: Vec<_> = places.map(|(tone, words)| (*tone, &**words)).collect();
        definition.to_svg_of_run(&places)
    }
}
