//! The attributes of a saga and of its parts, as the table of the language allows them.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use typed_saga_definition::language::{self, Attribute, Place};

use super::arguments::argument;
use super::notes::Notes;
use crate::errors::list;
use crate::model::{Attrs, When};
use crate::names::{idents, is_lint, path_text, span_of, text, word};
use crate::similar::{meant, mistyped};

/// An attribute that earlier versions had.
const ABORT: &str = "abort";

/// The known attributes among `attributes`, for this place.
pub(super) fn attrs(notes: &mut Notes<'_>, attributes: Vec<syn::Attribute>, place: Place) -> Attrs {
    let mut attrs = Attrs::default();
    for attribute in attributes {
        let word = word(&attribute);
        match Attribute::named(&word) {
            Some(known) if place.takes(known) => {
                notes.half.arguments(&attribute.meta);
                argument(notes, &mut attrs, (known, place), &attribute);
            }
            None if word == "cfg" => {}
            None if is_passed_on(&word, place) && !has_ours(&attribute.meta) => {
                attrs.others.push(attribute);
            }
            known => {
                misplaced(notes, &attribute, known, place);
                stray(notes, &mut attrs, &attribute, place);
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
            let why = "every run that has not started a retired step skips it, so the step can no longer be \
                introduced";
            let help = "remove `#[introduced]`";
            attrs.introduced = None;
            let is_other = |(known, _): &(Attribute, _)| *known != Attribute::Introduced;
            attrs.present.retain(is_other);
            notes.errors.add_noted(introduced, what, why, help);
            return decide(notes, attrs);
        }
        (Some(span), None) => {
            let why = "`#[retired]` decides alone: only runs that had already started the step still run it";
            (span, quote_spanned!(span=> false), "a retired", why)
        }
        (None, Some(span)) => {
            let why = "`#[introduced]` decides alone: only runs that were already past this point skip the step";
            (span, quote_spanned!(span=> true), "an introduced", why)
        }
        (None, None) => return,
    };
    let decided = When {
        span,
        reads: Vec::new(),
        around: span,
        condition: goes,
    };
    if let Some(when) = attrs.when.replace(decided) {
        let what = format!("`#[when]` cannot be used on {is} step");
        notes
            .errors
            .add_noted(when.span, what, why, "remove `#[when]`");
    }
}

/// Notes an attribute that is unknown or not allowed at this place, or those in a `#[cfg_attr]`, so
/// that it does not count as missing elsewhere: in its step, or else in the saga. Which attribute a
/// misspelt one is would be a guess, so nothing else is made of it.
fn stray(notes: &mut Notes<'_>, attrs: &mut Attrs, attribute: &syn::Attribute, place: Place) {
    let word = word(attribute);
    let words: Vec<_> = if word == "cfg_attr" {
        idents(attribute.meta.to_token_stream())
            .map(|word| text(&word))
            .collect()
    } else {
        let known = Attribute::named(&word).map(|known| known.entry().name);
        let meant = known
            .or_else(|| near(&word, place))
            .or_else(|| meant(&word, names()));
        meant.map(str::to_owned).into_iter().collect()
    };
    for meant in words.iter().filter_map(|word| Attribute::named(word)) {
        notes.lost.classify |= meant == Attribute::Classify;
        if is_of_a_step(place) {
            attrs.stray.push(meant);
        } else {
            notes.lost.stray.push(meant);
        }
    }
}

/// Whether an attribute at this place is about one step.
fn is_of_a_step(place: Place) -> bool {
    match place {
        Place::Clause(clause) => clause.entry().is_of_step,
        Place::Step
        | Place::Loop
        | Place::Signal
        | Place::Sleep
        | Place::Lock
        | Place::CompensateNone
        | Place::CompensateWith => true,
        Place::Saga
        | Place::Input
        | Place::Service
        | Place::Concurrent
        | Place::When
        | Place::Emit => false,
    }
}

/// The attribute of this place that `word` may mean.
fn near(word: &str, place: Place) -> Option<&'static str> {
    let names = place.attributes().map(|attribute| attribute.entry().name);
    meant(word, names)
}

fn is_passed_on(word: &str, place: Place) -> bool {
    word == "doc"
        || is_lint(word) && place.takes_lints()
        || place.passes_others_on() && !is_ours(word)
}

/// Whether an unknown attribute is one of this language all the same: a later one, an earlier one, or
/// a misspelt one. rustc would only say that it cannot find it.
fn is_ours(word: &str) -> bool {
    language::LATER.contains(&word) || word == ABORT || mistyped(word, names()).is_some()
}

/// The names of all attributes.
fn names() -> impl Iterator<Item = &'static str> {
    Attribute::ALL.iter().map(|known| known.entry().name)
}

/// Whether this is a `#[cfg_attr]` with an attribute of the language: nothing of it is known before
/// rustc has decided it, and then it is too late.
fn has_ours(meta: &syn::Meta) -> bool {
    match meta {
        syn::Meta::List(list) if list.path.is_ident("cfg_attr") => given_ours(list.tokens.clone()),
        _ => false,
    }
}

/// The same for what is in the parentheses of a `#[cfg_attr]`, in which there may be another one.
fn given_ours(tokens: TokenStream) -> bool {
    let (mut starts, mut nested) = (false, false);
    for token in tokens {
        let (started, was_nested) = (starts, nested);
        (starts, nested) = (false, false);
        match token {
            TokenTree::Punct(sign) => starts = sign.as_char() == ',',
            TokenTree::Ident(name) if started => {
                nested = name == "cfg_attr";
                if Attribute::named(&name.to_string()).is_some() {
                    return true;
                }
            }
            TokenTree::Group(group) if was_nested && given_ours(group.stream()) => return true,
            _ => {}
        }
    }
    false
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
    if let Some(known) = known {
        let what = format!("`#[{word}]` cannot be used on {owner}");
        let help = format!("move `#[{word}]` to {}, or remove it", homes(known));
        notes.errors.add(span, what, help);
    } else if language::LATER.contains(&word.as_str()) {
        let what = format!("`#[{word}]` is reserved for a later version");
        notes.errors.add(span, what, format!("remove `#[{word}]`"));
    } else if word == "cfg_attr" {
        let what = format!("`#[cfg_attr]` cannot be used on {owner}");
        let help = "write the element twice, under `#[cfg(…)]` and under `#[cfg(not(…))]`";
        notes.errors.add(span, what, help);
    } else if word == ABORT {
        let what = "there is no attribute `#[abort]`";
        let why = "only the function of `#[classify]` says what an error means";
        let help = "remove `#[abort]`, and add `.abort()` to the verdict on an error that ends the saga, as in \
            `Verdict::Refused.abort()`";
        notes.errors.add_noted(span, what, why, help);
    } else {
        let near = near(&word, place).map(|near| format!("did you mean `#[{near}]`?"));
        let path = path_text(attribute.path());
        let what = format!("unknown attribute `#[{path}]` on {owner}");
        let help = near.or_else(|| elsewhere(&word));
        let help = help.unwrap_or_else(|| accepted(place));
        notes.errors.add(span, what, help);
    }
}

/// The help for a misspelt attribute that belongs somewhere else.
fn elsewhere(word: &str) -> Option<String> {
    let known = Attribute::named(mistyped(word, names())?)?;
    let (name, homes) = (known.entry().name, homes(known));
    Some(format!(
        "did you mean `#[{name}]`, which belongs on {homes}?"
    ))
}

/// The places where an attribute may be written.
fn homes(attribute: Attribute) -> String {
    let homes = attribute.entry().places.iter().map(|home| match home {
        Place::Saga => "the saga",
        home => home.name(),
    });
    either(&homes.collect::<Vec<_>>())
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
