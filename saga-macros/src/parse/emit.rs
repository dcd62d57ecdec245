//! Events: `emit (reads => events);`.

use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, Ident, Token};
use typed_saga_definition::language::Place;

use super::arguments::of_reads;
use super::attrs::attrs;
use super::emits::plural;
use super::look;
use super::notes::Notes;
use crate::errors::error;
use crate::model::Emit;

const FORM: &str = "write `emit(reads => events);`, where the events are a list, or an `Option`";

/// `emit (reads => events);`, or `emit failed (…);`, after `place` steps, and in the `when` block
/// with the index `condition`, if any.
pub(super) fn emit<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
    (place, condition): (usize, Option<usize>),
) -> syn::Result<Emit> {
    let attributes = input.call(Attribute::parse_outer)?;
    let attrs = attrs(notes, attributes, Place::Emit);
    let word = input.call(Ident::parse_any)?;
    let span = word.span();
    let failed = look::word(input.cursor(), "failed")
        .map(|_| input.call(Ident::parse_any))
        .transpose()?
        .map(|word| word.span());
    let form = if failed.is_some() {
        "write `emit failed(reads => events);`, where the events are a list, or an `Option`"
    } else {
        FORM
    };
    if !input.peek(syn::token::Paren) {
        return Err(error(input.span(), "expected `(reads => events)`", form));
    }
    plural(notes, &word, "write `emit`");
    let content;
    let around = syn::parenthesized!(content in input).span.join();
    let (reads, events) = of_reads(&content, "the events", form)?;
    if !input.peek(Token![;]) {
        let what = "expected `;` after `emit`";
        let help = "write `emit(reads => events);`";
        notes.errors.add(span, what, help);
    }
    while input.peek(Token![;]) {
        look::advance(input);
    }
    Ok(Emit {
        attrs,
        span,
        failed,
        place,
        condition,
        reads,
        around,
        events,
    })
}
