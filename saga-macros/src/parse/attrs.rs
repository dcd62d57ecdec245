//! The attributes of a saga and of its parts, as the table of the language allows them.

use quote::quote_spanned;
use saga_definition::language::{self, Attribute, Place};

use super::arguments::argument;
use super::notes::Notes;
use crate::errors::list;
use crate::model::{Attrs, When};
use crate::names::{is_lint, path_text, span_of, word};
use crate::similar::similar;

/// The known attributes among `attributes`, for this place.
pub(super) fn attrs(notes: &mut Notes<'_>, attributes: Vec<syn::Attribute>, place: Place) -> Attrs {
    let mut attrs = Attrs::default();
    for attribute in attributes {
        let word = word(&attribute);
        match Attribute::named(&word) {
            Some(known) if place.takes(known) => {
                argument(notes, &mut attrs, (known, place), &attribute);
            }
            None if word == "cfg" => {}
            None if is_passed_on(&word, place) => attrs.others.push(attribute),
            known => {
                misplaced(notes, &attribute, known, place);
                if known.is_none() {
                    stand_in(notes, &mut attrs, &attribute, place);
                }
            }
        }
    }
    decide(notes, &mut attrs);
    attrs
}

/// Gives a retired step a `when` that is false, and an introduced one a `when` that is true, so
/// that code which reads their effects gets an `Option`.
fn decide(notes: &mut Notes<'_>, attrs: &mut Attrs) {
    let (span, goes, is, why) = match (attrs.retired, attrs.introduced) {
        (Some(_), Some(introduced)) => {
            let what = "a step cannot be both `#[introduced]` and `#[retired]`";
            let why = "a run that has not started a retired step skips it, or goes on without it";
            let help = "remove `#[introduced]`";
            attrs.introduced = None;
            notes.errors.add_noted(introduced, what, why, help);
            return decide(notes, attrs);
        }
        (Some(span), None) => {
            let why = "`#[retired]` skips the step, unless the saga had started it before";
            (span, quote_spanned!(span=> false), "a retired", why)
        }
        (None, Some(span)) => {
            let why = "`#[introduced]` runs the step, unless the saga had passed its place before";
            (span, quote_spanned!(span=> true), "an introduced", why)
        }
        (None, None) => return,
    };
    let decided = When {
        span,
        reads: Vec::new(),
        condition: goes,
    };
    if let Some(when) = attrs.when.replace(decided) {
        let what = format!("`#[when]` cannot be used on {is} step");
        notes
            .errors
            .add_noted(when.span, what, why, "remove `#[when]`");
    }
}

/// Reads a misspelt attribute as the one that was meant, so that it does not count as missing, and
/// reports nothing more about it.
fn stand_in(notes: &mut Notes<'_>, attrs: &mut Attrs, attribute: &syn::Attribute, place: Place) {
    let meant = near(&word(attribute), place).and_then(Attribute::named);
    if let Some(meant) = meant {
        let said = std::mem::take(&mut notes.errors);
        argument(notes, attrs, (meant, place), attribute);
        notes.errors = said;
        attrs.misspelt = true;
    }
}

/// The attribute of this place of which `word` is a misspelling.
fn near(word: &str, place: Place) -> Option<&'static str> {
    let names = place.attributes().map(|attribute| attribute.entry().name);
    similar(word, names)
}

fn is_passed_on(word: &str, place: Place) -> bool {
    let is_later = language::LATER.contains(&word);
    word == "doc" || is_lint(word) && place.takes_lints() || place.passes_others_on() && !is_later
}

/// Reports an attribute that is not allowed at this place; `known` is the attribute, if there is
/// one of that name.
fn misplaced(
    notes: &mut Notes<'_>,
    attribute: &syn::Attribute,
    known: Option<Attribute>,
    place: Place,
) {
    let (span, word, owner) = (span_of(attribute.path()), word(attribute), place.name());
    let accepted = accepted(place);
    if known.is_some() {
        let homes: Vec<_> = Place::ALL
            .into_iter()
            .filter(|home| known.is_some_and(|known| known.entry().places.contains(home)))
            .map(Place::name)
            .collect();
        let what = format!("`#[{word}]` cannot be used on {owner}");
        let why = format!("it can be used on {}", either(&homes));
        notes.errors.add_noted(span, what, why, accepted);
    } else if language::LATER.contains(&word.as_str()) {
        let what = format!("`#[{word}]` is reserved for a later version");
        notes.errors.add(span, what, accepted);
    } else if word == "cfg_attr" {
        let what = format!("`#[cfg_attr]` cannot be used on {owner}");
        let help = "write the element twice, under `#[cfg(…)]` and under `#[cfg(not(…))]`";
        notes.errors.add(span, what, help);
    } else {
        let near = near(&word, place)
            .map_or_else(String::new, |near| format!("did you mean `#[{near}]`? "));
        let path = path_text(attribute.path());
        let what = format!("unknown attribute `#[{path}]` on {owner}");
        notes.errors.add(span, what, format!("{near}{accepted}"));
    }
}

/// Names as `a, b or c`.
fn either(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

fn accepted(place: Place) -> String {
    let names = place.attributes().map(|attribute| attribute.entry().name);
    let names: Vec<_> = names.map(|name| format!("#[{name}]")).collect();
    let own = if names.is_empty() {
        String::new()
    } else {
        format!("{}, ", list(names))
    };
    let lints = if place.takes_lints() {
        "doc comments, lint levels and `#[cfg]`"
    } else {
        "doc comments and `#[cfg]`"
    };
    format!("{} takes {own}{lints}", place.name())
}
