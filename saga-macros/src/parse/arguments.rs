//! The arguments of attributes.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::buffer::Cursor;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitInt, LitStr, Meta, Path, Token};
use typed_saga_definition::language::{Attribute, Place};

use super::given::{Given, arguments, example};
use super::notes::Notes;
use super::policy::Repeated;
use super::promises::{holds, within};
use super::texts::name;
use super::{look, policy, slips, timing, values};
use crate::errors::{error, noted};
use crate::model::{
    Attrs, Hold, KeySource, Keyed, Limit, Read, Retry, Timing, Wait, WaitEnd, When,
};
use crate::names::span_of;

/// Parses the argument of `known` into its own field.
pub(super) fn argument(
    notes: &mut Notes<'_>,
    attrs: &mut Attrs,
    (known, place): (Attribute, Place),
    attribute: &syn::Attribute,
) {
    let given = (known.entry(), attribute);
    let is_present = match known {
        Attribute::Timeout if matches!(place, Place::Signal | Place::Lock) => {
            once(notes, &mut attrs.wait, given, |given| {
                patience(given, place)
            })
        }
        Attribute::Timeout => once(notes, &mut attrs.timeout, given, timeout),
        Attribute::Retry => once(notes, &mut attrs.retry, given, |given| retry(given, place)),
        Attribute::Idempotent => once(notes, &mut attrs.idempotent, given, keyed),
        Attribute::Late => once(notes, &mut attrs.late, given, duration),
        Attribute::Savepoint => once(notes, &mut attrs.savepoint, given, savepoint),
        Attribute::When => once(notes, &mut attrs.when, given, when),
        Attribute::After => once(notes, &mut attrs.after, given, after),
        Attribute::Within => once(notes, &mut attrs.within, given, within),
        Attribute::Holds => once(notes, &mut attrs.holds, given, holds),
        Attribute::Retired => once(notes, &mut attrs.retired, given, nothing),
        Attribute::Introduced => once(notes, &mut attrs.introduced, given, nothing),
        Attribute::Concurrent => once(notes, &mut attrs.concurrent, given, concurrent),
        Attribute::ByKey => once(notes, &mut attrs.by_key, given, keyed),
        Attribute::Name => once(notes, &mut attrs.name, given, name),
        Attribute::Classify => once(notes, &mut attrs.classify, given, classify),
    };
    if is_present {
        attrs.present.push((known, span_of(attribute.path())));
    } else {
        attrs.stray.push(known);
    }
}

/// Parses an attribute that may be written at most once. Returns whether it is present now.
fn once<T: Lose>(
    notes: &mut Notes<'_>,
    slot: &mut Option<T>,
    given: Given<'_>,
    read: impl FnOnce(Given<'_>) -> syn::Result<T>,
) -> bool {
    let (entry, attribute) = given;
    let span = span_of(attribute.path());
    if slot.is_some() {
        let what = format!("a second `#[{}]`", entry.name);
        notes.errors.add(span, what, "remove one of the two");
        return false;
    }
    *slot = read(given)
        .map_err(|error| notes.errors.push(error))
        .ok()
        .or_else(|| T::lose(notes, span));
    slot.is_some()
}

/// A value that replaces an attribute whose argument is wrong, so that the attribute does not count
/// as missing.
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

impl Lose for Wait {
    fn lose(_: &mut Notes<'_>, span: Span) -> Option<Self> {
        Some(Self {
            span,
            reads: Vec::new(),
            end: WaitEnd::Never,
        })
    }
}

impl Lose for Keyed {
    fn lose(_: &mut Notes<'_>, span: Span) -> Option<Self> {
        let by = KeySource::Lost;
        Some(Self { span, by })
    }
}

impl Lose for Path {
    fn lose(notes: &mut Notes<'_>, _: Span) -> Option<Self> {
        notes.lost.classify = true;
        None
    }
}

impl Lose for Span {
    fn lose(_: &mut Notes<'_>, span: Span) -> Option<Self> {
        Some(span)
    }
}

impl Lose for LitStr {}
impl Lose for When {}
impl Lose for Vec<Read> {}
impl Lose for u32 {}
impl Lose for Hold {}

fn nothing((entry, attribute): Given<'_>) -> syn::Result<Span> {
    let span = span_of(attribute.path());
    if let Meta::Path(_) = attribute.meta {
        return Ok(span);
    }
    let (what, help) = (
        format!("`#[{}]` takes no argument", entry.name),
        format!("write `{}`", entry.form),
    );
    Err(error(span, what, help))
}

/// No argument, or `by = name`.
fn keyed(given: Given<'_>) -> syn::Result<Keyed> {
    let (entry, attribute) = given;
    let (span, name) = (span_of(attribute.path()), entry.name);
    if let Meta::Path(_) = attribute.meta {
        let by = KeySource::Key;
        return Ok(Keyed { span, by });
    }
    let what = format!("`#[{name}]` takes no argument except `by = name`");
    let help = format!(
        "write `#[{name}]`, or name the value that identifies the operation: `#[{name}(by = …)]`"
    );
    let wrong = |at: Span| error(at, &what, &help);
    let Meta::List(_) = attribute.meta else {
        return Err(wrong(span));
    };
    arguments(given, |input| {
        let at = input.span();
        if look::word(input.cursor(), "by").is_none() {
            return Err(wrong(at));
        }
        input.parse::<Ident>()?;
        input.parse::<Token![=]>().map_err(|_| wrong(at))?;
        let named: Ident = input.parse().map_err(|_| wrong(at))?;
        if input.peek(Token![.]) {
            let what = format!("`by` cannot name a part of `{named}`");
            let help =
                "make that part an input or an effect of its own, and name it; or read `key`";
            return Err(error(input.span(), what, help));
        }
        input.parse::<Option<Token![,]>>()?;
        if !input.is_empty() {
            return Err(wrong(input.span()));
        }
        let by = KeySource::Named(named);
        Ok(Keyed { span, by })
    })
}

fn classify(given: Given<'_>) -> syn::Result<Path> {
    arguments(given, |input| {
        let span = input.span();
        let what = "expected the path of a function that says what an `Err` means";
        let help = format!(
            "name a `fn(&Error) -> typed_saga::Verdict`, as in `{}`",
            example(given.0)
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
    if timing::is_never(&timeout) {
        return Err(error(
            timeout.span,
            "only a signal or a lock may wait forever",
            "write how long an attempt may take, as in `#[timeout(30s)]`",
        ));
    }
    Ok(timeout)
}

/// How long a signal or a lock is waited for.
fn patience(given: Given<'_>, place: Place) -> syn::Result<Wait> {
    let span = span_of(given.1.path());
    let wait = arguments(given, |input| {
        if look::word(input.cursor(), "never").is_some_and(Cursor::eof) {
            input.parse::<Ident>()?;
            return Ok(Wait {
                span,
                reads: Vec::new(),
                end: WaitEnd::Never,
            });
        }
        let unlimited = ["forever", "none"].map(|word| look::word(input.cursor(), word));
        if unlimited.into_iter().flatten().any(Cursor::eof) {
            let help = "write `never` if the saga may wait forever";
            return Err(error(input.span(), "expected a duration, or `never`", help));
        }
        wait(span, input)
    })?;
    match &wait.end {
        WaitEnd::Timing(timeout) if timing::is_zero(timeout) => Err(error(
            timeout.span,
            format_args!("the timeout of {} must be longer than zero", place.name()),
            "write how long the saga waits, as in `#[timeout(24h)]`",
        )),
        _ => Ok(wait),
    }
}

/// `reads => expr`, or a duration.
pub(super) fn wait(span: Span, input: ParseStream<'_>) -> syn::Result<Wait> {
    let ahead = input.fork();
    let (reads, end) = if names(&ahead).is_ok() && ahead.peek(Token![=>]) {
        let help = "write an expression of type `Duration` or `SystemTime`";
        let (reads, end) = of_reads(input, "an expression", help)?;
        (reads, WaitEnd::Expr(end))
    } else {
        (Vec::new(), WaitEnd::Timing(timing::timing(input)?))
    };
    Ok(Wait { span, reads, end })
}

fn retry(given: Given<'_>, place: Place) -> syn::Result<Retry> {
    let span = span_of(given.1.path());
    arguments(given, |input| {
        policy::retry(span, Repeated::Attempts(place), input)
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
            "write how often it may, as in `#[savepoint(5)]`",
        )),
    }
}

fn when(given: Given<'_>) -> syn::Result<When> {
    let (entry, attribute) = given;
    let help = format!("name what the condition reads, as in `{}`", example(entry));
    arguments(given, |input| {
        let (reads, condition) = of_reads(input, values::CONDITION, &help)?;
        let span = span_of(attribute.path());
        Ok(When {
            span,
            reads,
            around: attribute
                .meta
                .require_list()
                .map_or(span, |list| list.delimiter.span().join()),
            condition,
        })
    })
}

/// `reads => expression`; the expression stays raw tokens. `help` is for what is not even an
/// expression.
pub(super) fn of_reads(
    input: ParseStream<'_>,
    what: &str,
    help: &str,
) -> syn::Result<(Vec<Read>, TokenStream)> {
    let begin = input.cursor();
    let names = names(input)?;
    if !input.peek(Token![=>]) {
        let help = values::unlisted(begin, what).unwrap_or_else(|| help.to_owned());
        return Err(error(input.span(), "expected `=>`", help));
    }
    input.parse::<Token![=>]>()?;
    if input.is_empty() {
        return Err(error(input.span(), format_args!("expected {what}"), help));
    }
    let expression: TokenStream = input.parse()?;
    if let Some(awaited) = slips::awaited(&expression) {
        let what = format!("{what} cannot `await`");
        let why = "this code only looks at values that exist, and calls nothing";
        let help = "make the call in a `read` before it, and read its effect here";
        return Err(noted(awaited.span(), what, why, help));
    }
    Ok((Read::unresolved(names), expression))
}

/// Names separated by commas.
fn names(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let mut names = Vec::new();
    while input.peek(Ident) {
        names.push(input.parse()?);
        if input.parse::<Option<Token![,]>>()?.is_none() {
            break;
        }
    }
    Ok(names)
}

fn concurrent(given: Given<'_>) -> syn::Result<u32> {
    arguments(given, |input| {
        let at = input.span();
        let help = format!("write a number, as in `{}`", given.0.sample);
        let number = input.parse::<LitInt>().ok().and_then(|number| {
            let value = number.base10_parse::<u32>().ok()?;
            number.suffix().is_empty().then_some(value)
        });
        match number {
            Some(0) => Err(error(
                at,
                "`#[concurrent(0)]` would never start an item",
                "write how many items may run at a time, or remove it",
            )),
            Some(value) => Ok(value),
            None => Err(error(
                at,
                "expected the number of items that may run at a time",
                help,
            )),
        }
    })
}

fn after(given: Given<'_>) -> syn::Result<Vec<Read>> {
    arguments(given, |input| {
        let names = input.parse_terminated(Ident::parse, Token![,])?;
        Ok(Read::unresolved(names))
    })
}
