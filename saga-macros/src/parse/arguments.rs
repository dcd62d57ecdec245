//! The arguments of attributes.

use std::time::Duration;

use proc_macro2::Span;
use saga_definition::language::{Attribute, Entry};
use syn::parse::{Parse, ParseStream};
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token};

use super::notes::Notes;
use super::policy::Repeated;
use super::{look, policy, timing};
use crate::errors::{code, error, noted};
use crate::model::{Attrs, Limit, Predicate, Read, Retry, Settings, Timing, When};
use crate::names::span_of;

/// Reads the argument of `known`, into its own field.
pub(super) fn argument(
    notes: &mut Notes<'_>,
    attrs: &mut Attrs,
    known: Attribute,
    attribute: &syn::Attribute,
) {
    let given = (known.entry(), attribute);
    match known {
        Attribute::Timeout => once(notes, &mut attrs.timeout, given, timeout),
        Attribute::Retry => once(notes, &mut attrs.retry, given, retry),
        Attribute::Idempotent => once(notes, &mut attrs.idempotent, given, flag),
        Attribute::Late => once(notes, &mut attrs.late, given, duration),
        Attribute::Savepoint => once(notes, &mut attrs.savepoint, given, savepoint),
        Attribute::Abort => once(notes, &mut attrs.abort, given, abort),
        Attribute::When => once(notes, &mut attrs.when, given, when),
        Attribute::After => once(notes, &mut attrs.after, given, after),
        Attribute::ByKey => once(notes, &mut attrs.by_key, given, flag),
        Attribute::Name => once(notes, &mut attrs.name, given, name),
        Attribute::Classify => once(notes, &mut attrs.classify, given, classify),
        Attribute::Settings => once(notes, &mut attrs.settings, given, settings),
    }
}

/// An attribute, and what the table says of it.
type Given<'g> = (&'static Entry, &'g syn::Attribute);

/// Reads an attribute that stands at most once.
fn once<T: Lose>(
    notes: &mut Notes<'_>,
    slot: &mut Option<T>,
    given: Given<'_>,
    read: impl FnOnce(Given<'_>) -> syn::Result<T>,
) {
    let (entry, attribute) = given;
    let span = span_of(attribute.path());
    if slot.is_some() {
        let what = format!("a second `#[{}]`", entry.name);
        notes.errors.add(span, what, "remove one of the two");
        return;
    }
    *slot = read(given)
        .map_err(|error| notes.errors.push(error))
        .ok()
        .or_else(|| T::lose(notes, span));
}

/// What stands for an attribute whose argument is wrong, so that it does not count as missing.
trait Lose: Sized {
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
impl Lose for Settings {}

/// What `read` makes of `#[name(…)]`.
fn arguments<T>(
    (entry, attribute): Given<'_>,
    read: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    match &attribute.meta {
        Meta::List(meta) if !meta.tokens.is_empty() => attribute.parse_args_with(read),
        Meta::NameValue(meta) => Err(error(
            meta.eq_token.span,
            format_args!("`#[{}]` takes its argument in parentheses", entry.name),
            format_args!("write `#[{}({})]`", entry.name, code(&meta.value)),
        )),
        _ => Err(error(
            span_of(attribute.path()),
            format_args!("`#[{}]` needs an argument", entry.name),
            format_args!("write it as in `{}`", entry.sample),
        )),
    }
}

fn flag((entry, attribute): Given<'_>) -> syn::Result<Span> {
    let span = span_of(attribute.path());
    if let Meta::Path(_) = attribute.meta {
        return Ok(span);
    }
    let what = format!("`#[{}]` takes no argument", entry.name);
    Err(error(span, what, format_args!("write `{}`", entry.form)))
}

fn classify(given: Given<'_>) -> syn::Result<Path> {
    arguments(given, |input| {
        let span = input.span();
        let what = "expected the path of a function that says what an `Err` means";
        let help = format!(
            "name a `fn(&Error) -> saga::Verdict`, as in `{}`",
            given.0.sample
        );
        input.parse().map_err(|_| error(span, what, help))
    })
}

fn duration(given: Given<'_>) -> syn::Result<Timing> {
    arguments(given, timing::timing)
}

fn timeout(given: Given<'_>) -> syn::Result<Timing> {
    let timeout = duration(given)?;
    if timing::is_zero(&timeout) {
        return Err(error(
            timeout.span,
            "a timeout of zero leaves no time to answer",
            "make it longer, or remove `#[timeout]`",
        ));
    }
    Ok(timeout)
}

fn retry(given: Given<'_>) -> syn::Result<Retry> {
    let span = span_of(given.1.path());
    arguments(given, |input| {
        policy::retry(span, Repeated::Attempts, input)
    })
}

fn savepoint(given: Given<'_>) -> syn::Result<Retry> {
    let span = span_of(given.1.path());
    let reruns = arguments(given, |input| policy::retry(span, Repeated::Reruns, input))?;
    match reruns.limit {
        Limit::Times(_) => Ok(reruns),
        Limit::Forever => Err(error(
            span,
            "a savepoint cannot rerun its steps forever",
            "say how often it may, as in `#[savepoint(5)]`",
        )),
    }
}

fn abort(given: Given<'_>) -> syn::Result<Predicate> {
    arguments(given, policy::predicate)
}

fn name((entry, attribute): Given<'_>) -> syn::Result<LitStr> {
    let span = span_of(attribute.path());
    let help = format!("write it as in `{}`", entry.sample);
    let Meta::NameValue(meta) = &attribute.meta else {
        return Err(error(span, "expected a name", help));
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(name),
        ..
    }) = timing::bare(&meta.value)
    else {
        return Err(error(span, "a name must be a string literal", help));
    };
    let value = name.value();
    if value.is_empty() {
        return Err(noted(
            name.span(),
            "a name cannot be empty",
            "it becomes part of keys and records",
            "write one, or remove `#[name]`",
        ));
    }
    let mut letters = value.chars();
    match letters.find(|&letter| !letter.is_alphanumeric() && !"_-.".contains(letter)) {
        Some(odd) => Err(noted(
            name.span(),
            format_args!("a name cannot contain `{}`", odd.escape_default()),
            "it becomes part of keys and records",
            "use letters, digits, `_`, `-` and `.`",
        )),
        None => Ok(name.clone()),
    }
}

fn when(given: Given<'_>) -> syn::Result<When> {
    let (entry, attribute) = given;
    let help = format!("name what the condition reads, as in `{}`", entry.sample);
    arguments(given, |input| {
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
            span: span_of(attribute.path()),
            reads: Read::unresolved(names),
            condition: input.parse()?,
        })
    })
}

fn after(given: Given<'_>) -> syn::Result<Vec<Read>> {
    arguments(given, |input| {
        let names = input.parse_terminated(Ident::parse, Token![,])?;
        Ok(Read::unresolved(names))
    })
}

fn settings(given: Given<'_>) -> syn::Result<Settings> {
    let mut settings = Settings {
        span: span_of(given.1.path()),
        krate: None,
        unchecked_reads: false,
    };
    arguments(given, |input| {
        while !input.is_empty() {
            if look::word(input.cursor(), "unchecked_reads").is_some() {
                input.parse::<Ident>()?;
                settings.unchecked_reads = true;
            } else if input.peek(Token![crate]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                settings.krate = Some(input.call(Path::parse_mod_style)?);
            } else {
                let what = format!("unknown setting of `#[{}]`", given.0.name);
                let help = format!("`{}` says where the library is", given.0.form);
                return Err(error(input.span(), what, help));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(settings)
    })
}
