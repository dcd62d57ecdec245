//! Sagas by a filter, page by page.

use super::layout::{Here, table};
use crate::view::list::ListQuery;
use maud::{Markup, html};
use typed_saga_engine::{
    State,
    look::{Listed, Overview, plain},
};

pub(super) fn page(
    here: &Here<'_>,
    asked: &ListQuery,
    list: &Listed,
    overview: Option<&Overview>,
) -> Markup {
    html! {
        h1 { "Sagas" }
        (filter(here, asked, overview))
        @if list.sagas.is_empty() {
            p.faint { "No such sagas." }
        } @else {
            (table(here, &list.sagas))
            @if here.acts { (many(here, asked)) }
        }
        @if let (true, Some(last)) = (list.more, list.sagas.last()) {
            p {
                @let behind = [("after_saga", &*last.saga), ("after_id", &*last.id)];
                a rel="next" href=(here.to("sagas", &[&filters(asked)[..], &behind].concat())) { "More" }
            }
        }
    }
}

/// The filters of the list.
fn filters(asked: &ListQuery) -> [(&'static str, &str); 6] {
    [
        ("saga", &asked.saga),
        ("id", &asked.id),
        ("prefix", &asked.prefix),
        ("state", &asked.state),
        ("since", &asked.since),
        ("before", &asked.before),
    ]
}

/// The address that reports changes of the list.
pub(super) fn live(here: &Here<'_>, asked: &ListQuery, seen: &str) -> String {
    let page = [
        ("page", "sagas"),
        ("seen", seen),
        ("after_saga", &asked.after_saga),
        ("after_id", &asked.after_id),
    ];
    here.to("live", &[&filters(asked)[..], &page].concat())
}

/// The actions on all listed sagas.
fn many(here: &Here<'_>, asked: &ListQuery) -> Markup {
    html! {
        form.filter action=(here.to("act-many", &[])) {
            @for (name, value) in filters(asked) {
                @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
            }
            span { "All that match:" }
            button name="action" value="resume" { "Preview resume" }
            button name="action" value="cancel" { "Preview cancel" }
            button name="action" value="abandon" { "Preview abandon" }
        }
    }
}

fn filter(here: &Here<'_>, asked: &ListQuery, overview: Option<&Overview>) -> Markup {
    let groups = overview.map_or(&[][..], |overview| &overview.sagas);
    let mut names: Vec<_> = groups.iter().map(|group| &*group.saga).collect();
    names.dedup();
    // Until it is known which there are.
    if names.is_empty() && !asked.saga.is_empty() {
        names.push(&asked.saga);
    }
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
            label { "Id starts with " input name="prefix" value=(plain(&asked.prefix)); }
            label { "Changed since " input type="datetime-local" name="since" value=(plain(&asked.since)); }
            label { "before " input type="datetime-local" name="before" value=(plain(&asked.before)); }
            button { "Show" }
        }
    }
}
