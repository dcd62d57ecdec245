//! The arguments of promises: `#[within(d)]`, `#[holds(d, until = step)]`.

use syn::parse::ParseStream;
use syn::{Ident, Token};

use super::given::{Given, arguments};
use super::{look, timing};
use crate::errors::{error, noted};
use crate::model::{Hold, Read, Source, Timing, TimingValue};
use crate::names::span_of;

pub(super) fn within(given: Given<'_>) -> syn::Result<Timing> {
    arguments(given, |input| {
        let within = promised(given, input)?;
        if input.is_empty() {
            return Ok(within);
        }
        let what = "`#[within]` takes one duration and nothing else";
        let help = format!("write it as in `{}`", given.0.sample);
        Err(error(input.span(), what, help))
    })
}

pub(super) fn holds(given: Given<'_>) -> syn::Result<Hold> {
    arguments(given, |input| {
        let lasts = promised(given, input)?;
        let mut until = None;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            until = Some(later(input)?);
            input.parse::<Option<Token![,]>>()?;
        }
        if !input.is_empty() {
            return Err(unexpected(input));
        }
        Ok(Hold {
            span: span_of(given.1.path()),
            lasts,
            until,
        })
    })
}

/// `until = step`.
fn later(input: ParseStream<'_>) -> syn::Result<Read> {
    if look::word(input.cursor(), "until").is_none() {
        return Err(unexpected(input));
    }
    input.parse::<Ident>()?;
    let at = input.span();
    input
        .parse::<Token![=]>()
        .map_err(|_| error(at, "expected `=`", UNTIL))?;
    let at = input.span();
    let name: Ident = input
        .parse()
        .map_err(|_| error(at, "expected the name of a later step", UNTIL))?;
    Ok(Read {
        binding: name.clone(),
        name,
        source: Source::Unknown,
    })
}

const UNTIL: &str = "write `until = step`, with the step that is applied by then";

fn unexpected(input: ParseStream<'_>) -> syn::Error {
    let what = "`#[holds]` takes a duration and `until = step`, and nothing else";
    error(input.span(), what, UNTIL)
}

/// A literal duration, longer than zero.
fn promised(given: Given<'_>, input: ParseStream<'_>) -> syn::Result<Timing> {
    let (entry, _) = given;
    let promised = timing::timing(input)?;
    let name = entry.name;
    match promised.value {
        TimingValue::Expr(_) => Err(noted(
            promised.span,
            format_args!("`#[{name}]` needs a literal duration"),
            "the promise is checked when the saga is compiled, and an expression has no value then",
            format_args!("write it as in `{}`", entry.sample),
        )),
        TimingValue::Literal(duration) if duration.is_zero() => Err(error(
            promised.span,
            format_args!("no saga can keep `#[{name}]` of zero"),
            format_args!("make it longer, or remove `#[{name}]`"),
        )),
        TimingValue::Literal(_) => Ok(promised),
    }
}
