//! The arguments of promises: `#[within(d)]`, `#[holds(d, until = step)]`.

use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Expr, Ident, Token};

use super::given::{Given, arguments};
use super::{look, timing};
use crate::errors::{error, noted};
use crate::model::{Hold, Read, Timing};
use crate::names::span_of;
use crate::similar::similar;

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
            return Err(error(input.span(), UNEXPECTED, UNTIL));
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
        let word = input.fork().parse::<Ident>().map(|word| word.to_string());
        let near = word.is_ok_and(|word| similar(&word, ["until"]).is_some());
        let help = if near { "did you mean `until`?" } else { UNTIL };
        return Err(error(input.span(), UNEXPECTED, help));
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
    Ok(Read::unknown(name))
}

const UNTIL: &str = "write `until = step`, with the step that is applied by then";

const UNEXPECTED: &str = "`#[holds]` takes a duration and `until = step`, and nothing else";

/// A literal duration, longer than zero.
fn promised(given: Given<'_>, input: ParseStream<'_>) -> syn::Result<Timing> {
    let (entry, _) = given;
    let whole: Expr = input.parse()?;
    let (name, span) = (entry.name, timing::bare(&whole).span());
    match timing::constant(&whole)? {
        None => Err(noted(
            span,
            format_args!("`#[{name}]` needs a literal duration"),
            "the promise is checked when the saga is compiled, and an expression has no value then",
            format_args!("write it as in `{}`", entry.sample),
        )),
        Some(duration) if duration.is_zero() => Err(error(
            span,
            format_args!("no saga can keep `#[{name}]` of zero"),
            format_args!("make it longer, or remove `#[{name}]`"),
        )),
        Some(duration) => Ok(timing::standard(span, duration)),
    }
}
