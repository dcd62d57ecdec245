//! The overview: how many sagas there are, and which need an operator.

use super::layout::{Here, badge, table, text};
use crate::view::overview::LOOKED_AT;
use maud::{Markup, html};
use typed_saga_engine::{
    State,
    look::{Overview, STATES, tone_of},
};

/// A page for the time until the sagas are counted.
pub(super) fn counting() -> Markup {
    html! {
        h1 { "Sagas" }
        p { "They are being counted. Reload in a moment." }
    }
}

pub(super) fn page(here: &Here<'_>, overview: &Overview) -> Markup {
    html! {
        h1 { "Sagas" }
        ul.figures {
            (figure(&here.to("sagas", &[("state", "parked")]), overview.parked, "parked", "bad"))
            (figure("#needs", overview.stuck, "stuck", "bad"))
            (figure(&here.to("sagas", &[("state", "unreadable")]), overview.unreadable, "unreadable", "unknown"))
            (figure("#needs", overview.quarantined, "quarantined", "bad"))
            (figure("#events", overview.undeliverable, "events stuck", "bad"))
        }
        section id="needs" {
            h2 { "Needs attention" }
            @if overview.first.is_empty() {
                p.faint { "Nothing." }
            } @else {
                (table(here, &overview.first))
            }
            @if overview.partly {
                p.faint { "More than " (LOOKED_AT) " are under way in one state: only the first ones were looked at." }
            }
        }
        section {
            h2 { "Counts" }
            (counts(here, overview))
            p.faint {
                (overview.total) " in all"
                @if let Some(ended) = overview.ended_per_minute { ", " (ended) " have ended per minute" }
                ", counted at " time datetime=(overview.counted) { (overview.counted) } "."
            }
        }
        section id="events" {
            h2 { "Events and engines" }
            p { (overview.undelivered) " events are not delivered, " (overview.undeliverable) " of them are stuck." }
            @if overview.engines.is_empty() {
                p.loud { "No engine is alive: nothing runs." }
            } @else {
                p { "Alive: " @for engine in &overview.engines { (text(engine)) " " } }
            }
        }
    }
}

fn figure(to: &str, count: u64, what: &str, tone: &str) -> Markup {
    let tone = if count == 0 { "faint" } else { tone };
    html! { li class=(tone) { a href=(to) { strong { (count) } " " (what) } } }
}

/// A table of names and states.
fn counts(here: &Here<'_>, overview: &Overview) -> Markup {
    let mut names: Vec<_> = overview.sagas.iter().map(|group| &*group.saga).collect();
    names.dedup();
    let is_there = |state: &State| overview.sagas.iter().any(|group| group.state == *state);
    let states: Vec<_> = STATES.into_iter().filter(is_there).collect();
    html! {
        @if names.is_empty() {
            p.faint { "No sagas." }
        } @else {
            div.wide {
                table.counts {
                    thead {
                        tr {
                            th { "Saga" }
                            @for state in &states { th.number { (badge((state.as_str(), tone_of(*state)))) } }
                        }
                    }
                    tbody {
                        @for name in names {
                            tr {
                                th scope="row" data-of="Saga" { a href=(here.to("sagas", &[("saga", name)])) { (text(name)) } }
                                @for state in &states {
                                    td.number data-of=(state.as_str()) {
                                        @if let Some(group) = overview.group(name, *state) {
                                            a href=(here.to("sagas", &[("saga", name), ("state", state.as_str())])) title=(format!("the oldest changed at {}", group.oldest)) { (group.count) }
                                            " " span.faint { (group.age) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::counting;

    #[test]
    fn while_sagas_are_counted_nothing_is_said_of_how_many_there_are() {
        let said = counting().into_string();
        assert!(said.contains("They are being counted."), "{said}");
        assert!(!said.contains("many"), "{said}");
    }
}
