//! The second button: a form that does what its page has shown, by whom and why.

use super::layout::{Here, text};
use crate::{
    form::Token,
    person::{Person, UNKNOWN},
};
use maud::{Markup, html};
use typed_saga_engine::look::plain;

/// The action to confirm, and the fields filled in so far.
pub(super) struct Confirm<'a> {
    /// Which page does it.
    pub(super) page: &'a str,
    /// The hidden fields: the request as it stands.
    pub(super) hidden: &'a [(&'a str, &'a str)],
    /// Its token, and who looks at it.
    pub(super) token: &'a Token,
    pub(super) by: &'a str,
    pub(super) why: &'a str,
    /// The text of the button.
    pub(super) button: &'a str,
    /// The link for doing nothing.
    pub(super) back: &'a str,
}

impl Confirm<'_> {
    pub(super) fn shown(&self, here: &Here<'_>) -> Markup {
        if !here.acts {
            return html! { p.faint { "This console is read-only: its host does not let it act." } };
        }
        if self.token.person == Person::Unknown {
            return html! { p.loud { (UNKNOWN) "." } };
        }
        html! {
            form.ask method="post" action=(here.to(self.page, &[])) {
                @for (name, value) in self.hidden {
                    @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
                }
                input type="hidden" name="token" value=(self.token.text);
                @if let Some(name) = self.token.person.name() {
                    span { "Asked by " strong { (text(name)) } }
                } @else {
                    label { "Who asks " input name="by" required maxlength="200" autocomplete="username" value=(plain(self.by)); }
                }
                label.long { "Why " input name="why" required maxlength="2000" value=(plain(self.why)); }
                button.act { (self.button) }
                a href=(self.back) { "Do nothing" }
            }
        }
    }
}
