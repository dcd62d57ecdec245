//! Sagas by a filter, page by page.

use super::layout::{Here, table};
use crate::view::{
    list::{Asked, List},
    overview::Overview,
};
use maud::{Markup, html};
use saga_engine::{State, look::plain};

pub(super) fn page(here: &Here<'_>, asked: &Asked, list: &List, overview: &Overview) -> Markup {
    html! {
        h1 { "Sagas" }
        (filter(here, asked, overview))
        @if list.sagas.is_empty() {
            p.faint { "No such sagas." }
        } @else {
            (table(here, &list.sagas))
        }
        @if let (true, Some(last)) = (list.more, list.sagas.last()) {
            p {
                a rel="next" href=(here.to("sagas", &[
                    ("saga", &asked.saga), ("id", &asked.id), ("state", &asked.state),
                    ("after_saga", &last.saga), ("after_id", &last.id),
                ])) { "More" }
            }
        }
    }
}

fn filter(here: &Here<'_>, asked: &Asked, overview: &Overview) -> Markup {
    let mut names: Vec<_> = overview.sagas.iter().map(|group| &*group.saga).collect();
    names.dedup();
    let states = State::ALL.map(State::as_str).into_iter();
    html! {
        form.filter action=(format!("{}/sagas", here.base)) {
            label { "Saga " select name="saga" {
                option value="" { "all" }
                @for name in names { option value=(name) selected[name == asked.saga] { (plain(name)) } }
            } }
            label { "State " select name="state" {
                option value="" { "all" }
                @for state in states.chain(["unreadable"]) { option selected[state == asked.state] { (state) } }
            } }
            label { "Id " input name="id" value=(plain(&asked.id)); }
            button { "Show" }
        }
    }
}
