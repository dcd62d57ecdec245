//! `saga show`: one saga, all that is on record of it.

mod history;
mod inbox;
mod steps;

use crate::{
    age, args,
    failure::Failure,
    look::Reader,
    report::Report,
    style,
    table::{plain, styled},
};
use saga_engine::{
    Folded, Message, Row, State, Time,
    look::{
        AskedLine, HistoryLine, Look, StepLine, asked, history as history_of, steps as steps_of,
        verbatim,
    },
};
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Shown<'a> {
    saga: &'a str,
    id: &'a str,
    state: State,
    /// Why its journal cannot be read.
    unreadable: Option<String>,
    stuck: bool,
    why: &'a str,
    started: String,
    /// When it was changed last.
    since: String,
    /// When it is taken up next, if nobody has it.
    due: Option<String>,
    deadline: Option<String>,
    /// The fingerprint of its definition.
    definition: String,
    /// Where that is declared.
    declared: Option<String>,
    input: Box<RawValue>,
    steps: Option<Vec<StepLine>>,
    history: Vec<HistoryLine>,
    /// What was asked of it, and no engine has answered yet.
    inbox: Vec<AskedLine>,
}

/// Shows a saga.
pub(crate) async fn show(reader: &Reader, args: &args::Target) -> Result<Report, Failure> {
    let look = reader.one(&args.id).await?;
    let messages = reader.journal.messages().await?;
    let view = view(&look, &messages);
    let text = text(reader, &look, &view);
    Ok(Report::of(&view, text)?.of_one(&look))
}

fn view<'a>(look: &'a Look, messages: &[Message]) -> Shown<'a> {
    let (row, folded) = (look.row(), look.folded.as_ref().ok());
    Shown {
        saga: &row.saga.saga,
        id: &row.saga.id,
        state: row.state,
        unreadable: look.unreadable(),
        stuck: look.is_stuck(),
        why: &look.why,
        started: row.created.to_string(),
        since: row.updated.to_string(),
        due: due(row).map(|due| due.to_string()),
        deadline: deadline(folded).map(|deadline| deadline.to_string()),
        definition: format!("{:016x}", row.fingerprint),
        declared: folded.map(|folded| {
            let declaration = folded.declaration();
            format!("{}:{}", declaration.file, declaration.line)
        }),
        input: verbatim(&row.input),
        steps: folded.map(steps_of),
        history: history_of(&look.stored.commits),
        inbox: asked(messages, look.saga()),
    }
}

/// When it is taken up next, if nobody has it.
fn due(row: &Row) -> Option<Time> {
    row.due.filter(|_| row.claimed.is_none())
}

fn deadline(folded: Option<&Folded>) -> Option<Time> {
    folded.and_then(|folded| folded.deadline)
}

fn text(reader: &Reader, look: &Look, view: &Shown<'_>) -> String {
    let mut text = head(reader, look, view);
    text += &part("input");
    let pretty = serde_json::from_str::<serde_json::Value>(&look.row().input)
        .and_then(|value| serde_json::to_string_pretty(&value));
    let pretty = pretty.unwrap_or_else(|_| look.row().input.clone());
    text.extend(pretty.lines().map(|line| format!("  {}\n", plain(line))));
    if let Some(steps) = &view.steps {
        text += &part("steps");
        text += &steps::table(steps, reader.width);
    }
    text += &part("history");
    text += &history::table(&view.history, reader.width);
    if !view.inbox.is_empty() {
        text += &part("asked, and not answered yet");
        text += &inbox::table(&view.inbox, reader.width);
    }
    text
}

fn part(name: &str) -> String {
    format!("\n{}\n", styled(style::NAME, name))
}

fn head(reader: &Reader, look: &Look, view: &Shown<'_>) -> String {
    let (row, now) = (look.row(), reader.now);
    let (state, tone) = look.state();
    let name = plain(&row.saga.to_string());
    let (name, state) = (
        styled(style::NAME, &name),
        styled(style::toned(tone), state),
    );
    let declared = view.declared.as_deref();
    let declared = declared.map_or(String::new(), |at| format!(", {}", plain(at)));
    let deadline = deadline(look.folded.as_ref().ok());
    let lines = [
        ("started", Some(moment(row.created, now))),
        ("changed", Some(moment(row.updated, now))),
        ("due", due(row).map(|due| moment(due, now))),
        ("deadline", deadline.map(|deadline| moment(deadline, now))),
        ("definition", Some(format!("{}{declared}", view.definition))),
    ];
    let mut text = format!("{name}  {state}\n{}\n\n", plain(&look.why));
    text.extend(lines.into_iter().filter_map(|(name, said)| {
        let name = styled(style::HEAD, &format!("{name:<10}"));
        said.map(|said| format!("  {name}  {said}\n"))
    }));
    text
}

/// A moment, and how far away it is.
fn moment(time: Time, now: Time) -> String {
    let away = if time > now {
        format!("in {}", age::show(time.since(now)))
    } else {
        format!("{} ago", age::show(now.since(time)))
    };
    format!("{time}  {}", styled(style::FAINT, &format!("({away})")))
}
