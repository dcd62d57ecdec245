//! `saga show`: everything recorded about one saga.

mod history;
mod inbox;
mod keys;
mod steps;

use crate::{
    age, args,
    failure::Failure,
    look::Reader,
    report::Report,
    style,
    table::{plain, styled},
};
use typed_saga_engine::{
    Time,
    look::{Look, Shown},
};

/// Shows a saga.
pub(crate) async fn show(reader: &Reader, args: &args::Target) -> Result<Report, Failure> {
    let look = reader.one(&args.id).await?;
    let view = reader.show(&look).await?;
    let text = text(reader, &look, &view);
    Ok(Report::of(&view, text)?.of_one(&look))
}

fn text(reader: &Reader, look: &Look, view: &Shown) -> String {
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
    if !view.keys.is_empty() {
        text += &part("keys");
        text += &keys::table(&view.keys);
    }
    if !view.inbox.is_empty() {
        text += &part("requests that are not answered yet");
        text += &inbox::table(&view.inbox, reader.width);
    }
    text
}

fn part(name: &str) -> String {
    format!("\n{}\n", styled(style::NAME, name))
}

fn head(reader: &Reader, look: &Look, view: &Shown) -> String {
    let (row, now) = (look.row(), reader.now);
    let (state, tone) = view.badge;
    let name = plain(&row.saga.to_string());
    let (name, state) = (
        styled(style::NAME, &name),
        styled(style::toned(tone), state),
    );
    let declared = view.declared.as_deref();
    let declared = declared.map_or(String::new(), |at| format!(", {}", plain(at)));
    let lines = [
        ("started", Some(moment(row.created, now))),
        ("changed", Some(moment(row.updated, now))),
        ("due", look.due().map(|due| moment(due, now))),
        (
            "deadline",
            look.deadline().map(|deadline| moment(deadline, now)),
        ),
        ("definition", Some(format!("{}{declared}", view.definition))),
        ("life", view.life.clone()),
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
