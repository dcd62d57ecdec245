//! A loop: `for item: Type in (reads => expression)`, then its step.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, Ident, Token};

use super::arguments::of_reads;
use super::notes::Notes;
use super::ty::ty;
use super::{look, step};
use crate::errors::{error, noted};
use crate::model::{Loop, Step};

const FORM: &str = "write `for line: Line in (order => order.lines.clone())`, and then the step";

pub(super) fn looped<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Step> {
    let mut attributes = input.call(Attribute::parse_outer)?;
    let span = input.call(Ident::parse_any)?.span();
    let item: Ident = input
        .parse()
        .map_err(|_| error(input.span(), "expected the name of an item", FORM))?;
    if !input.peek(Token![:]) {
        let what = format!("expected the type of `{item}`");
        return Err(error(input.span(), what, FORM));
    }
    input.parse::<Token![:]>()?;
    let ty = ty(input)?;
    if !input.peek(Token![in]) {
        return Err(error(input.span(), "expected `in`", FORM));
    }
    input.parse::<Token![in]>()?;
    if !input.peek(syn::token::Paren) {
        let why = "the expression names what it reads, as a step does";
        return Err(noted(
            input.span(),
            "expected `(reads => items)`",
            why,
            FORM,
        ));
    }
    let content;
    let around = syn::parenthesized!(content in input).span.join();
    let (reads, items) = of_reads(&content, "the items", FORM)?;
    let behind = input.call(Attribute::parse_outer)?;
    if let Some(attribute) = behind.first() {
        misplaced(notes, attribute, &item);
    }
    attributes.extend(behind);
    if !look::begins_step(input.cursor()) {
        let in_braces = input.peek(syn::token::Brace);
        let at = if input.is_empty() || in_braces {
            span
        } else {
            input.span()
        };
        return Err(no_step(at, in_braces));
    }
    let looped = Loop {
        span,
        item,
        ty,
        reads,
        around,
        items,
    };
    step::behind(notes, input, attributes, Some(looped))
}

fn misplaced(notes: &mut Notes<'_>, attribute: &Attribute, item: &Ident) {
    let span = crate::names::span_of(attribute.path());
    let name = crate::names::path_text(attribute.path());
    let what = format!("`#[{name}]` must come before `for`");
    let help = format!("move it before `for {item}`");
    notes.errors.add(span, what, help);
}

fn no_step(at: Span, in_braces: bool) -> syn::Error {
    let (what, one) = if in_braces {
        ("a loop takes no braces", "remove the braces")
    } else {
        (
            "expected a `read` or a `step`",
            "write the step after the list",
        )
    };
    let why = "a loop has one step, which runs for each item";
    let several = "to run several steps for each item, put them into a child saga, as in \
        `step name(item) = saga Child { … }`";
    noted(at, what, why, format!("{one}; {several}"))
}
