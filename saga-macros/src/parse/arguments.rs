//! The arguments of attributes.

use std::time::Duration;

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token};

use super::place::word;
use super::saga::span_of;
use super::{Notes, look, policy, step, timing};
use crate::errors::error;
use crate::model::{Limit, Predicate, Read, Retry, SagaAttrs, Timing, When};

/// Reports a second attribute of one name.
fn first(notes: &mut Notes<'_>, taken: bool, attribute: &Attribute) -> bool {
    if taken {
        let what = format!("a second `#[{}]`", word(attribute));
        let help = "an attribute stands once: drop one of the two";
        notes.errors.add(span_of(attribute.path()), what, help);
    }
    !taken
}

pub(super) fn once<T: Lose>(
    notes: &mut Notes<'_>,
    slot: &mut Option<T>,
    attribute: &Attribute,
    read: impl FnOnce(&Attribute) -> syn::Result<T>,
) {
    if first(notes, slot.is_some(), attribute) {
        *slot =
            reported(notes, read(attribute)).or_else(|| T::lose(notes, span_of(attribute.path())));
    }
}

fn reported<T>(notes: &mut Notes<'_>, read: syn::Result<T>) -> Option<T> {
    read.map_err(|error| notes.errors.push(error)).ok()
}

/// What stands for an attribute whose argument is wrong, so that it does not count as missing.
pub(super) trait Lose: Sized {
    fn lose(_: &mut Notes<'_>, _: Span) -> Option<Self> {
        None
    }
}

impl Lose for Timing {
    fn lose(_: &mut Notes<'_>, span: Span) -> Option<Self> {
        Some(timing::standard(span, Duration::ZERO))
    }
}

impl Lose for Retry {
    fn lose(_: &mut Notes<'_>, span: Span) -> Option<Self> {
        Some(policy::standard(span))
    }
}

impl Lose for Span {
    fn lose(_: &mut Notes<'_>, span: Span) -> Option<Self> {
        Some(span)
    }
}

impl Lose for Path {
    fn lose(notes: &mut Notes<'_>, _: Span) -> Option<Self> {
        notes.lost.classify = true;
        None
    }
}

impl Lose for Predicate {}
impl Lose for LitStr {}
impl Lose for When {}
impl Lose for Vec<Read> {}

/// What `read` makes of `#[name(…)]`; `sample` is a right argument.
fn arguments<T>(
    attribute: &Attribute,
    sample: &str,
    read: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    match &attribute.meta {
        Meta::List(meta) if !meta.tokens.is_empty() => attribute.parse_args_with(read),
        _ => {
            let name = word(attribute);
            Err(error(
                span_of(attribute.path()),
                format_args!("`#[{name}]` needs an argument"),
                format_args!("as in `#[{name}({sample})]`"),
            ))
        }
    }
}

pub(super) fn flag(attribute: &Attribute) -> syn::Result<Span> {
    let span = span_of(attribute.path());
    if let Meta::Path(_) = attribute.meta {
        return Ok(span);
    }
    let name = word(attribute);
    let what = format!("`#[{name}]` takes no argument");
    Err(error(span, what, format_args!("write `#[{name}]` alone")))
}

pub(super) fn classify(attribute: &Attribute) -> syn::Result<Path> {
    let help = "a `fn(&Error) -> saga::Verdict`, as in `#[classify(Error::verdict)]`";
    arguments(attribute, "Error::verdict", |input| {
        let span = input.span();
        let what = "expected the path of a function that says what an `Err` means";
        input.parse().map_err(|_| error(span, what, help))
    })
}

pub(super) fn duration(attribute: &Attribute) -> syn::Result<Timing> {
    arguments(attribute, "10s", timing::timing)
}

pub(super) fn timeout(attribute: &Attribute) -> syn::Result<Timing> {
    let timeout = duration(attribute)?;
    if timing::is_zero(&timeout) {
        return Err(error(
            timeout.span,
            "a timeout of zero leaves no time to answer",
            "leave `#[timeout]` out, or give it a length",
        ));
    }
    Ok(timeout)
}

pub(super) fn retry(attribute: &Attribute) -> syn::Result<Retry> {
    let span = span_of(attribute.path());
    arguments(attribute, "3, 100ms..2s", |input| {
        policy::retry(span, "retry", input)
    })
}

pub(super) fn savepoint(attribute: &Attribute) -> syn::Result<Retry> {
    let span = span_of(attribute.path());
    let turns = arguments(attribute, "5, 10ms..30s", |input| {
        policy::retry(span, "savepoint", input)
    })?;
    match turns.limit {
        Limit::Times(_) => Ok(turns),
        Limit::Forever => Err(error(
            span,
            "a savepoint cannot turn forever",
            "say how often, as in `#[savepoint(5)]`",
        )),
    }
}

pub(super) fn abort(attribute: &Attribute) -> syn::Result<Predicate> {
    arguments(attribute, "Error::is_fraud", policy::predicate)
}

pub(super) fn name(attribute: &Attribute) -> syn::Result<LitStr> {
    let span = span_of(attribute.path());
    let Meta::NameValue(meta) = &attribute.meta else {
        return Err(error(
            span,
            "expected a name",
            "as in `#[name = \"hotel\"]`",
        ));
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(name),
        ..
    }) = timing::bare(&meta.value)
    else {
        return Err(error(
            span,
            "a name is a string literal",
            "as in `#[name = \"hotel\"]`",
        ));
    };
    let value = name.value();
    if value.is_empty() {
        return Err(error(
            name.span(),
            "a name cannot be empty",
            "it goes into keys and records: write one, or leave `#[name]` out",
        ));
    }
    match value
        .chars()
        .find(|&letter| !letter.is_alphanumeric() && !"_-.".contains(letter))
    {
        Some(odd) => Err(error(
            name.span(),
            format_args!("a name cannot contain `{}`", odd.escape_default()),
            "it goes into keys and records, and has letters, digits, `_`, `-` and `.`",
        )),
        None => Ok(name.clone()),
    }
}

pub(super) fn when(attribute: &Attribute) -> syn::Result<When> {
    let span = span_of(attribute.path());
    let sample = "trip => trip.wants_car";
    let help = format!("name what the condition reads: `#[when({sample})]`");
    arguments(attribute, sample, |input| {
        let mut names = Vec::new();
        while input.peek(Ident) {
            names.push(input.parse()?);
            if input.parse::<Option<Token![,]>>()?.is_none() {
                break;
            }
        }
        if !input.peek(Token![=>]) {
            return Err(error(input.span(), "expected `=>`", help));
        }
        input.parse::<Token![=>]>()?;
        if input.is_empty() {
            return Err(error(input.span(), "expected a condition", help));
        }
        Ok(When {
            span,
            reads: step::unresolved(names),
            condition: input.parse()?,
        })
    })
}

pub(super) fn after(attribute: &Attribute) -> syn::Result<Vec<Read>> {
    arguments(attribute, "hotel", |input| {
        let names = input.parse_terminated(Ident::parse, Token![,])?;
        Ok(step::unresolved(names))
    })
}

/// `#[saga(crate = path)]`.
pub(super) fn settings(notes: &mut Notes<'_>, attrs: &mut SagaAttrs, attribute: &Attribute) {
    let mut krate = None;
    let read = arguments(attribute, "crate = path", |input| {
        while !input.is_empty() {
            if look::word(input.cursor(), "unchecked_reads").is_some() {
                input.parse::<Ident>()?;
                attrs.unchecked_reads = true;
            } else if input.peek(Token![crate]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                krate = Some(input.call(Path::parse_mod_style)?);
            } else {
                let help = "`#[saga(crate = path)]` says where the crate is";
                return Err(error(input.span(), "unknown setting of `#[saga]`", help));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    });
    reported(notes, read);
    if let Some(krate) = krate.filter(|_| first(notes, notes.krate.is_some(), attribute)) {
        attrs.krate = krate.clone();
        notes.krate = Some(krate);
    }
}
