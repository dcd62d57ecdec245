//! The parts that all pages share, and the parts that several share.

use crate::{app::App, base::Base};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use typed_saga_engine::look::{SagaLine, Tone, plain, short};

/// The number of characters of a text that are shown in a table, and of an id.
const CELL: usize = 300;
const ID: usize = 64;

/// The place of a page.
pub(super) struct Here<'a> {
    pub(super) base: &'a str,
    pub(super) acts: bool,
    /// The address that reports changes of the page, if it has one.
    pub(super) live: Option<String>,
    /// The part of the console that it belongs to.
    part: &'static str,
}

impl<'a> Here<'a> {
    pub(super) fn new(app: &'a App, base: &'a Base, part: &'static str) -> Self {
        Self {
            base: &base.0,
            acts: app.options.acts,
            live: None,
            part,
        }
    }

    /// The address of a page, with what it is asked for.
    pub(super) fn to(&self, page: &str, asked: &[(&str, &str)]) -> String {
        // A nested service answers at the path itself, without a slash after it.
        let slash = if page.is_empty() && !self.base.is_empty() {
            ""
        } else {
            "/"
        };
        let mut address = format!("{}{slash}{page}", self.base);
        let asked = asked.iter().filter(|(_, value)| !value.is_empty());
        for (number, (name, value)) in asked.enumerate() {
            address.push(if number == 0 { '?' } else { '&' });
            address += name;
            address.push('=');
            address += &encoded(value);
        }
        address
    }

    /// The address of a saga.
    pub(super) fn saga(&self, saga: &str, id: &str) -> String {
        // An empty id is one, too.
        let (saga, id) = (encoded(saga), encoded(id));
        format!("{}/saga?saga={saga}&id={id}", self.base)
    }
}

/// A text as part of an address.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(["%".to_owned(), format!("{byte:02X}")]);
        }
    }
    encoded
}

/// A page, rendered.
pub(super) fn rendered(here: &Here<'_>, title: &str, main: &Markup) -> Response {
    Html(layout(here, title, main).into_string()).into_response()
}

fn layout(here: &Here<'_>, title: &str, main: &Markup) -> Markup {
    let (base, home, title) = (here.base, here.to("", &[]), short(&plain(title), 120));
    let link = |to: &str, part: &str, text: &str| {
        let current = (here.part == part).then_some("page");
        html! { a href=(to) aria-current=[current] { (text) } }
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · sagas" }
                @if let Some(live) = &here.live {
                    script src=(format!("{base}/live.js")) data-live=(live) defer {}
                }
                link rel="stylesheet" href=(format!("{base}/style.css"));
            }
            body {
                a.skip href="#main" { "To the content" }
                header {
                    nav aria-label="Console" {
                        (link(&home, "", "Overview"))
                        (link(&here.to("sagas", &[]), "sagas", "Sagas"))
                    }
                    form action=(format!("{base}/sagas")) role="search" {
                        input type="search" name="prefix" aria-label="Id of a saga, or its beginning" placeholder="Id";
                        button { "Find" }
                    }
                }
                main id="main" { (main) }
            }
        }
    }
}

/// A state in its colour.
pub(super) fn badge((word, tone): (&str, Tone)) -> Markup {
    html! { span class=(format!("badge {}", tone.word())) { (word) } }
}

/// A text from anywhere, on one line. An empty text is no element: then its cell is empty, too, and a
/// narrow page does not show it.
pub(super) fn text(text: &str) -> Markup {
    html! { @if !text.is_empty() { bdi { (short(&plain(text), CELL)) } } }
}

/// A saga in a table, by its id; all of that is said where it is pointed at.
pub(super) fn link(here: &Here<'_>, saga: &str, id: &str) -> Markup {
    let whole = plain(named(id));
    html! {
        a.id href=(here.saga(saga, id)) title=(whole) { bdi { (short(&whole, ID)) } }
    }
}

/// Sagas as a table. On a narrow page each cell says which column it is of.
pub(super) fn table(here: &Here<'_>, sagas: &[SagaLine]) -> Markup {
    html! {
        div.wide {
            table {
                thead {
                    tr { th { "Saga" } th { "Id" } th { "State" } th { "Changed" } th { "Where" } th { "Why" } }
                }
                tbody {
                    @for line in sagas {
                        tr {
                            td data-of="Saga" { (text(&line.saga)) }
                            td data-of="Id" { (link(here, &line.saga, &line.id)) }
                            td data-of="State" { (badge(line.badge)) @if line.stuck { " " (badge(("stuck", Tone::Bad))) } }
                            td data-of="Changed" { time datetime=(line.since) title=(line.since) { (line.age) " ago" } }
                            td data-of="Where" { @for place in &line.r#where { (text(&place.to_string())) " " } }
                            td data-of="Why" { (text(&line.why)) }
                        }
                    }
                }
            }
        }
    }
}

/// An id, which may be empty.
pub(super) fn named(id: &str) -> &str {
    if id.is_empty() { "(no id)" } else { id }
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn any_text_can_be_part_of_an_address() {
        assert_eq!(encoded("trip-42"), "trip-42");
        assert_eq!(encoded("a/b?c&d=é\"\n<"), "a%2Fb%3Fc%26d%3D%C3%A9%22%0A%3C");
    }
}
