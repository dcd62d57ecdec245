//! One saga: all that is on record of it, values only if somebody asks.

use crate::{app::App, private::Veil, problem::Problem};
use saga_core::definition::{Definition, DefinitionRef};
use saga_engine::{
    EventFilter, EventRow, Part, Row, SagaId, State, Time,
    look::{
        AskedLine, HistoryEntry, HistoryLine, Look, Reader, StepLine, Tone, asked, history, steps,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// How many lines of a history are shown, the last ones.
const LINES: usize = 500;
/// How many may be.
const MOST: usize = 10_000;
/// How many items of a loop are shown, and how many events.
pub(crate) const ITEMS: usize = 100;
/// How many steps are given, those of its parts among them.
const STEPS: usize = 5_000;

/// How a saga is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct How {
    /// Whether values are asked for.
    pub(crate) values: bool,
    /// How many lines of its history.
    pub(crate) history: Option<usize>,
}

#[derive(Serialize)]
pub(crate) struct Shown {
    pub(crate) saga: String,
    pub(crate) id: String,
    pub(crate) state: State,
    /// Why its journal cannot be read.
    pub(crate) unreadable: Option<String>,
    pub(crate) stuck: bool,
    pub(crate) why: String,
    pub(crate) started: String,
    /// When it was changed last.
    pub(crate) since: String,
    /// When it is taken up next, if nobody has it.
    pub(crate) due: Option<String>,
    pub(crate) deadline: Option<String>,
    /// The fingerprint of its definition.
    pub(crate) definition: String,
    /// Where that is declared.
    pub(crate) declared: Option<String>,
    /// How many commits its journal has: it has changed if there are more.
    pub(crate) commits: u64,
    /// Whether values are shown.
    pub(crate) values: bool,
    pub(crate) input: Option<Box<RawValue>>,
    pub(crate) steps: Option<Vec<StepLine>>,
    pub(crate) history: Vec<HistoryLine>,
    /// How many lines of it come before these.
    pub(crate) earlier: usize,
    /// What was asked of it, and no engine has answered yet.
    pub(crate) inbox: Vec<AskedLine>,
    pub(crate) events: Vec<EventLine>,
    #[serde(skip)]
    pub(crate) badge: (&'static str, Tone),
}

#[derive(Serialize)]
pub(crate) struct EventLine {
    /// Its place among the events of its saga.
    pub(crate) number: u64,
    pub(crate) key: String,
    pub(crate) written: String,
    pub(crate) delivered: Option<String>,
    /// When it is handed over next; null if it was delivered, or waits for one before it.
    pub(crate) due: Option<String>,
    /// How many times in a row it could not be delivered.
    pub(crate) failures: u32,
    pub(crate) stuck: bool,
    pub(crate) error: Option<String>,
    pub(crate) payload: Option<Box<RawValue>>,
}

/// A run as it is drawn: its definition, and where its steps are.
pub(crate) struct Drawn {
    definition: DefinitionRef,
    places: Vec<(Tone, String)>,
}

/// A saga that is there.
pub(crate) async fn look(reader: &Reader, saga: &SagaId) -> Result<Look, Problem> {
    let none = || Problem::not_found(format!("there is no saga `{saga}`"));
    let rows = reader.journal.list(saga_engine::Filter::of(saga.clone()));
    let row = rows.await?.into_iter().next().ok_or_else(none)?;
    reader.look(row).await?.ok_or_else(none)
}

/// All that is on record of it.
pub(crate) async fn shown(
    app: &App,
    reader: &Reader,
    look: &Look,
    how: &How,
) -> Result<Shown, Problem> {
    let (row, folded) = (look.row(), look.folded.as_ref().ok());
    let veil = app.veil(&row.saga, how.values);
    let messages = reader.journal.messages().await?;
    let events = EventFilter {
        saga: Some(row.saga.saga.clone()),
        id: Some(row.saga.id.clone()),
        limit: Some(ITEMS),
        ..EventFilter::default()
    };
    let events = reader.journal.events(events).await?;
    let mut lines = history(&look.stored.commits);
    let earlier = lines
        .len()
        .saturating_sub(how.history.unwrap_or(LINES).min(MOST));
    lines.drain(..earlier);
    for line in &mut lines {
        veiled(line, &veil);
    }
    let deadline = folded.and_then(|folded| folded.deadline);
    Ok(Shown {
        saga: row.saga.saga.to_string(),
        id: row.saga.id.to_string(),
        state: row.state,
        unreadable: look.unreadable(),
        stuck: look.is_stuck(),
        why: look.why.clone(),
        started: row.created.to_string(),
        since: row.updated.to_string(),
        due: due(row).map(|due| due.to_string()),
        deadline: deadline.map(|deadline| deadline.to_string()),
        definition: format!("{:016x}", row.fingerprint),
        declared: folded.map(|folded| {
            let declaration = folded.declaration();
            format!("{}:{}", declaration.file, declaration.line)
        }),
        commits: row.commits,
        values: how.values,
        input: veil.value(None, &row.input),
        steps: folded.map(|folded| {
            let steps = steps(folded).into_iter().take(STEPS);
            steps.map(|line| veiled_step(line, &veil)).collect()
        }),
        history: lines,
        earlier,
        inbox: asked(&messages, &row.saga)
            .into_iter()
            .filter_map(|line| veiled_request(line, &veil))
            .collect(),
        events: events.iter().map(|event| told(event, &veil)).collect(),
        badge: look.state(),
    })
}

/// When it is taken up next, if nobody has it.
fn due(row: &Row) -> Option<Time> {
    row.due.filter(|_| row.claimed.is_none())
}

fn veiled(line: &mut HistoryLine, veil: &Veil<'_>) {
    match &mut line.entry {
        HistoryEntry::Record { record } => {
            let step = record.step.clone();
            let shown = |value: Box<RawValue>| veil.value(step.as_deref(), value.get());
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

fn told(event: &EventRow, veil: &Veil<'_>) -> EventLine {
    EventLine {
        number: event.number,
        key: event.key.clone(),
        written: event.written.to_string(),
        delivered: event.delivered.map(|at| at.to_string()),
        due: event.due.map(|due| due.to_string()),
        failures: event.failures,
        stuck: event.is_stuck(),
        error: event.why.as_deref().map(str::to_owned),
        payload: veil.value(None, &event.payload),
    }
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
