//! `emits Type`, in the head of a saga.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Ident, Token, Type};

use super::look;
use super::notes::Notes;
use super::ty::ty;
use crate::errors::{error, noted};

const BEHIND: &str =
    "write it behind the output, as in `-> Result<Receipt, Error> emits OrderEvent`";

/// The type of the events, if there is one behind the saga's output.
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

/// `emits` where it is not expected.
pub(super) fn misplaced(at: Span) -> syn::Error {
    let why = "it says what the saga as a whole tells others of";
    noted(at, "`emits` is part of the saga's head", why, BEHIND)
}
