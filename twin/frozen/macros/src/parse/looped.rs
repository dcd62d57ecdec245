//! A loop: `for item: Type in (reads => expression)`, then its step.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, Ident, Token, Type};

use super::arguments::of_reads;
use super::notes::Notes;
use super::ty::ty;
use super::{look, step};
use crate::errors::{code, error, noted};
use crate::model::{Loop, Step};
use crate::names::text;

/// The head of a loop, in the words of the user as far as they are there.
fn form(item: Option<&Ident>, ty: Option<&Type>) -> String {
    let item = item.map_or_else(|| "item".to_owned(), text);
    let ty = ty.map_or_else(|| "Type".to_owned(), code);
    format!("write `for {item}: {ty} in (reads => items)`, and then the step")
}

pub(super) fn looped<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Step> {
    let mut attributes = input.call(Attribute::parse_outer)?;
    let span = input.call(Ident::parse_any)?.span();
    let item: Ident = input.parse().map_err(|_| {
        error(
            input.span(),
            "expected the name of an item",
            form(None, None),
        )
    })?;
    if !input.peek(Token![:]) {
        let what = format!("expected the type of `{item}`");
        return Err(error(input.span(), what, form(Some(&item), None)));
    }
    input.parse::<Token![:]>()?;
    let ty = ty(input)?;
    let form = form(Some(&item), Some(&ty));
    if !input.peek(Token![in]) {
        return Err(error(input.span(), "expected `in`", form));
    }
    input.parse::<Token![in]>()?;
    if !input.peek(syn::token::Paren) {
        let why = "the expression names what it reads, as a step does";
        return Err(noted(
            input.span(),
            "expected `(reads => items)`",
            why,
            form,
        ));
    }
    let content;
    let around = syn::parenthesized!(content in input).span.join();
    let (reads, items) = of_reads(&content, "the items", &form)?;
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
