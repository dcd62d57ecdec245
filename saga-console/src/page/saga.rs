//! One saga: where it is, why, and what happened.

use super::act::offers;
use super::layout::{Here, badge, named, text};
use crate::{
    private::Veil,
    view::saga::{Drawn, ITEMS, veiled_step},
};
use maud::{Markup, PreEscaped, html};
use serde_json::value::RawValue;
use typed_saga_engine::{
    Part, Request, Spot,
    look::{
        Answered, AskedLine, EventLine, HistoryEntry, HistoryLine, LockLine, Look, Shown, StepLine,
        Tone, detail, name, outcome, plain, said, tone,
    },
};

pub(super) fn page(
    here: &Here<'_>,
    look: &Look,
    shown: &Shown,
    veil: &Veil<'_>,
    answer: Option<&Answered>,
) -> Markup {
    let whole = look.folded.as_ref().ok().map(|folded| folded.whole());
    html! {
        p.crumbs { a href=(here.to("sagas", &[("saga", &shown.saga)])) { (text(&shown.saga)) } }
        h1 {
            (text(named(&shown.id))) " " (badge(shown.badge))
            @if shown.stuck { " " (badge(("stuck", Tone::Bad))) }
        }
        @if let Some(answer) = answer { (answered(answer)) }
        p.why { (text(&shown.why)) }
        (facts(shown))
        @if here.acts { (offers(here, look)) }
        p { (toggle(here, shown)) }
        @if !shown.inbox.is_empty() {
            section { h2 { "Requests that are not answered yet" } (inbox(&shown.inbox)) }
        }
        @if !shown.locks.is_empty() {
            section { h2 { "Locks" } (locks(&shown.locks)) }
        }
        @if let Some(whole) = &whole {
            section {
                h2 { "Steps" }
                (picture(whole))
                (steps(whole, veil))
            }
        }
        section {
            h2 { "Input" }
            (value(shown.input.as_deref()))
        }
        section {
            h2 { "History" }
            @if shown.earlier > 0 { p.faint { (shown.earlier) " earlier records are not shown." } }
            (history(&shown.history, shown.values))
        }
        @if !shown.events.is_empty() {
            section { h2 { "Events" } (events(&shown.events)) }
        }
    }
}

/// The answer to this visitor's request.
fn answered(answer: &Answered) -> Markup {
    html! {
        p.why.said role="status" {
            @match (answer.answer, &answer.reason) {
                (None, _) => { "Sent. No engine has answered yet: the next one that can will act \
                    on it." }
                (Some(_), Some(reason)) => { (badge(("refused", Tone::Bad))) " " (text(reason)) }
                (Some(_), None) => { (badge(("done", Tone::Good))) " Recorded." }
            }
        }
    }
}

fn facts(shown: &Shown) -> Markup {
    let definition = match &shown.declared {
        Some(declared) => format!("{} ({declared})", shown.definition),
        None => shown.definition.clone(),
    };
    let facts = [
        ("Started", Some(&shown.started)),
        ("Changed", Some(&shown.since)),
        ("Due", shown.due.as_ref()),
        ("Deadline", shown.deadline.as_ref()),
        ("Definition", Some(&definition)),
        ("Life", shown.life.as_ref()),
        ("Unreadable", shown.unreadable.as_ref()),
    ];
    html! {
        dl.facts {
            @for (name, fact) in facts {
                @if let Some(fact) = fact { div { dt { (name) } dd { (text(fact)) } } }
            }
        }
    }
}

/// A link that shows values, or hides them.
fn toggle(here: &Here<'_>, shown: &Shown) -> Markup {
    let address = here.saga(&shown.saga, &shown.id);
    html! {
        @if shown.values {
            a href=(address) { "Hide values" }
        } @else {
            a href=(format!("{address}&values=true")) { "Show values" }
            span.faint { " Inputs and effects are hidden: they may be private." }
        }
    }
}

/// The declaration, with the state of each step on it. The picture escapes what it is made of.
fn picture(part: &Part<'_>) -> Markup {
    html! {
        @if let Some(drawn) = Drawn::of(part) {
            div.wide.picture { (PreEscaped(drawn.svg())) }
        }
    }
}

fn steps(part: &Part<'_>, veil: &Veil<'_>) -> Markup {
    html! {
        div.wide {
            table {
                thead { tr { th { "Step" } th { "Kind" } th { "State" } th.number { "Attempts" } th { "Effect or failure" } } }
                tbody { @for spot in part.own() { (step(&spot, veil)) } }
            }
        }
        @for spot in part.own() { (parts(&spot, veil)) }
    }
}

fn step(spot: &Spot<'_>, veil: &Veil<'_>) -> Markup {
    let line = veiled_step(StepLine::of(spot), veil);
    html! {
        tr {
            td data-of="Step" { (text(&line.step)) }
            td data-of="Kind" { (line.kind) }
            td data-of="State" { (badge(line.shown)) }
            td.number data-of="Attempts" { (line.attempts) }
            td data-of="Result" { (text(&outcome(&line))) }
        }
    }
}

/// The parts of a step, to be unfolded: the child saga, or the items.
fn parts(spot: &Spot<'_>, veil: &Veil<'_>) -> Markup {
    let parts: Vec<_> = spot.parts().map(inner).take(ITEMS + 1).collect();
    html! {
        @for part in parts.iter().take(ITEMS) {
            details {
                summary { (text(part.path.as_deref().unwrap_or_default())) " " (ended(part)) }
                (picture(part))
                (steps(part, veil))
            }
        }
        @if parts.len() > ITEMS { p.faint { "Only the first " (ITEMS) " items are shown." } }
    }
}

/// The saga that an item is, once it has begun; else the item.
fn inner(part: Part<'_>) -> Part<'_> {
    let mut own = part.own();
    match (own.next(), own.next()) {
        (Some(only), None) if part.path.as_deref() == Some(&*only.path) => {
            only.parts().next().unwrap_or(part)
        }
        _ => part,
    }
}

/// The state of a part: that of its worst step.
fn ended(part: &Part<'_>) -> Markup {
    let shown: Vec<_> = part.own().map(|spot| StepLine::of(&spot).shown).collect();
    let loud = [Tone::Bad, Tone::Unknown, Tone::Moves, Tone::Waits];
    let found = loud
        .iter()
        .find_map(|tone| shown.iter().find(|(_, other)| other == tone));
    html! { @if let Some(found) = found.or(shown.last()) { (badge(*found)) } }
}

fn history(lines: &[HistoryLine], values: bool) -> Markup {
    html! {
        div.wide {
            table.history {
                thead { tr { th { "Time" } th.number { "Commit" } th { "What" } th { "Step" } th { "Detail" } } }
                tbody {
                    @for (index, line) in lines.iter().enumerate() {
                        @let first = index == 0 || lines[index - 1].commit != line.commit;
                        tr.first[first] {
                            // Once for each commit: its records are of one moment.
                            td data-of=[first.then_some("Time")] { @if first { time datetime=(line.at) { (line.at) } } }
                            td.number data-of=[first.then_some("Commit")] { @if first { (line.commit) } }
                            (record(&line.entry, values))
                        }
                    }
                }
            }
        }
    }
}

fn record(entry: &HistoryEntry, values: bool) -> Markup {
    match entry {
        HistoryEntry::Record { record } => html! {
            td data-of="What" { (badge((record.what.as_str(), tone(record)))) }
            td data-of="Step" { @if let Some(step) = &record.step { (text(step)) } }
            td data-of="Detail" { (text(&detail(record, values))) }
        },
        HistoryEntry::Unreadable {
            unreadable,
            text: _,
        } => html! {
            td data-of="What" { (badge(("unreadable", Tone::Unknown))) }
            td {}
            td data-of="Detail" { (text(unreadable)) }
        },
    }
}

/// The keys that it has, or waits for.
fn locks(lines: &[LockLine]) -> Markup {
    html! {
        div.wide {
            table {
                thead { tr { th { "Lock" } th { "Key" } th { "State" } th { "Since" } } }
                tbody {
                    @for line in lines {
                        tr {
                            td data-of="Lock" { (text(&line.name)) }
                            td data-of="Key" { (text(&line.key)) }
                            td data-of="State" { (badge(place(line))) }
                            td data-of="Since" { time datetime=(line.since) { (line.since) } }
                        }
                    }
                }
            }
        }
    }
}

fn place(line: &LockLine) -> (&'static str, Tone) {
    match line.state {
        "waiting" => ("waits", Tone::Moves),
        _ => ("has it", Tone::Good),
    }
}

fn inbox(lines: &[AskedLine]) -> Markup {
    html! {
        ul {
            @for line in lines {
                li {
                    time datetime=(line.at) { (line.at) } " "
                    @match serde_json::from_str::<Request>(line.request.get()) {
                        Ok(request) => { strong { (name(&request.action)) } " " (text(&said(&request))) }
                        Err(_) => { (text("a request that cannot be read")) }
                    }
                }
            }
        }
    }
}

fn events(lines: &[EventLine]) -> Markup {
    html! {
        div.wide {
            table {
                thead { tr { th.number { "Event" } th { "Written" } th { "State" } th { "What it says" } } }
                tbody {
                    @for line in lines {
                        tr {
                            td.number data-of="Event" { (line.number) }
                            td data-of="Written" { time datetime=(line.written) { (line.written) } }
                            td data-of="State" { (delivery(line)) }
                            td data-of="Says" { (value(line.payload.as_deref())) }
                        }
                    }
                }
            }
        }
    }
}

fn delivery(line: &EventLine) -> Markup {
    let failed = line.error.as_deref().unwrap_or_default();
    html! {
        @if line.delivered.is_some() { (badge(("delivered", Tone::Good))) }
        @else if line.stuck && line.due.is_none() { (badge(("stuck", Tone::Bad))) " " (text(failed)) }
        @else if line.stuck { (badge(("stuck", Tone::Bad))) " failed " (line.failures) "×: " (text(failed)) }
        @else if line.error.is_some() { (badge(("failed", Tone::Undone))) " " (line.failures) "×: " (text(failed)) }
        @else if line.due.is_some() { (badge(("due", Tone::Moves))) }
        @else { (badge(("after another", Tone::Faint))) }
    }
}

/// JSON as it may be shown, on several lines.
fn value(json: Option<&RawValue>) -> Markup {
    let Some(json) = json else {
        return html! { span.faint { "hidden" } };
    };
    let value = serde_json::from_str::<serde_json::Value>(json.get());
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value));
    let pretty = pretty.unwrap_or_else(|_| json.get().to_owned());
    let lines: Vec<_> = pretty.lines().map(plain).collect();
    html! { pre { (lines.join("\n")) } }
}
