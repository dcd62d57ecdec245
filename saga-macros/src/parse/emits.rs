//! `emit Type`, in the head of a saga; and `emits`, which is not a word of the language.

use proc_macro2::{Delimiter, Span};
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Ident, Token, Type};

use super::look;
use super::notes::Notes;
use super::ty::ty;
use crate::errors::{code, error, noted};

const BEHIND: &str = "write it after the result of the saga: `-> Result<…, …> emit …`";

/// The type of the events, if one follows the saga's output.
pub(super) fn emits(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> syn::Result<Option<Type>> {
    let Some((word, ty)) = next(input)? else {
        return Ok(None);
    };
    plural(notes, &word, &format!("write `emit {}`", code(&ty)));
    Ok(Some(ty))
}

/// The type of the events, if it was written before the saga's output, which is reported.
pub(super) fn early(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> syn::Result<Option<Type>> {
    let Some((word, ty)) = next(input)? else {
        return Ok(None);
    };
    let help = format!("write it after the result: `emit {}`", code(&ty));
    notes
        .errors
        .add(word.span(), "`emit` comes after the result", help);
    Ok(Some(ty))
}

/// The type of the events, if it was written after the bounds, which is reported.
pub(super) fn late(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> syn::Result<Option<Type>> {
    let Some((word, ty)) = next(input)? else {
        return Ok(None);
    };
    let help = format!("write it after `-> Result<…, …>`: `emit {}`", code(&ty));
    notes
        .errors
        .add(word.span(), "`emit` comes before `where`", help);
    Ok(Some(ty))
}

/// The word and the type, if they are next.
fn next(input: &ParseBuffer<'_>) -> syn::Result<Option<(Ident, Type)>> {
    if after_word(input.cursor()).is_none() {
        return Ok(None);
    }
    let word = input.call(Ident::parse_any)?;
    let ends = input.peek(syn::token::Brace) || input.peek(Token![where]) || input.is_empty();
    if ends || input.peek(Token![->]) {
        let what = "expected the type of the events";
        return Err(error(word.span(), what, BEHIND));
    }
    let ty = ty(input)?;
    Ok(Some((word, ty)))
}

fn after_word(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    look::word(cursor, "emit").or_else(|| look::word(cursor, "emits"))
}

/// Reports `emits` in place of `emit`.
pub(super) fn plural(notes: &mut Notes<'_>, word: &Ident, help: &str) {
    if word == "emits" {
        let what = "expected `emit`, not `emits`";
        notes.errors.add(word.span(), what, help);
    }
}

/// Whether `emit` and a type are at the cursor, where the code of a step belongs: there is no `=>` before
/// the code, and a list of reads has parentheses.
pub(super) fn is_of_saga(cursor: Cursor<'_>) -> bool {
    let Some(mut rest) = after_word(cursor) else {
        return false;
    };
    if rest.group(Delimiter::Parenthesis).is_some() || look::emits(rest) {
        return false;
    }
    while !(look::begins_code(rest) || look::semicolon(rest)) {
        let goes_on = look::punct(rest, '=').is_none() && !look::begins_step(rest);
        let Some((_, after)) = rest.token_tree().filter(|_| goes_on) else {
            return false;
        };
        rest = after;
    }
    true
}

/// A type of events where it is not expected.
pub(super) fn misplaced(at: Span) -> syn::Error {
    let what = "`emit` and a type belong to the saga, not to a step";
    let why = "it is the type of all events of the saga";
    noted(at, what, why, BEHIND)
}
