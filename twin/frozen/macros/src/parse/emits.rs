//! `emits Type`, in the head of a saga.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Ident, Token, Type};

use super::look;
use super::notes::Notes;
use super::ty::ty;
use crate::errors::{code, error, noted};

const BEHIND: &str = "write it after the result of the saga: `-> Result<…, …> emits …`";

/// The type of the events, if one follows the saga's output.
pub(super) fn emits(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> syn::Result<Option<Type>> {
    let known = ["emits", "emit"].map(|word| look::word(input.cursor(), word).is_some());
    if known == [false, false] {
        return Ok(None);
    }
    let word = input.call(Ident::parse_any)?;
    if word == "emit" {
        notes.errors.add(word.span(), "expected `emits`", BEHIND);
    }
    if input.peek(syn::token::Brace) || input.peek(Token![where]) || input.is_empty() {
        let what = "expected the type of the events";
        return Err(error(word.span(), what, BEHIND));
    }
    ty(input).map(Some)
}

/// The type of the events, if it was written before the saga's output, which is reported.
pub(super) fn early(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> syn::Result<Option<Type>> {
    if look::word(input.cursor(), "emits").is_none() {
        return Ok(None);
    }
    let word = input.call(Ident::parse_any)?;
    let ty = ty(input)?;
    let help = format!("write it after the result: `emits {}`", code(&ty));
    notes
        .errors
        .add(word.span(), "`emits` comes after the result", help);
    Ok(Some(ty))
}

/// `emits` where it is not expected.
pub(super) fn misplaced(at: Span) -> syn::Error {
    let why = "it is the type of all events of the saga";
    noted(
        at,
        "`emits` belongs to the saga, not to a step",
        why,
        BEHIND,
    )
}
