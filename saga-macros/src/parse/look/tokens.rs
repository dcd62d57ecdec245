//! The tokens at a cursor.

use proc_macro2::{Delimiter, Ident, Punct, Spacing};
use quote::ToTokens;
use syn::buffer::Cursor;
use syn::parse::ParseBuffer;

use crate::cfg;

pub(in super::super) fn after_attributes(mut cursor: Cursor<'_>) -> Cursor<'_> {
    while let Some((_, after)) = cfg::attribute(cursor) {
        cursor = after;
    }
    cursor
}

/// The cursor after the word `text`, if that word is at the cursor.
pub(in super::super) fn word<'a>(cursor: Cursor<'a>, text: &str) -> Option<Cursor<'a>> {
    cursor
        .ident()
        .filter(|(word, _)| word == text)
        .map(|(_, rest)| rest)
}

/// Whether `=` is at the cursor, and not the start of `==` or `=>`.
pub(in super::super) fn assigns(cursor: Cursor<'_>) -> bool {
    let Some((equals, rest)) = punct(cursor, '=') else {
        return false;
    };
    let joined = rest.punct().filter(|_| equals.spacing() == Spacing::Joint);
    !joined.is_some_and(|(next, _)| matches!(next.as_char(), '=' | '>'))
}

/// Whether the word is not one that Rust reserves.
pub(in super::super) fn is_name(word: &Ident) -> bool {
    syn::parse2::<syn::Ident>(word.to_token_stream()).is_ok()
}

/// The cursor after the parentheses at the cursor.
pub(in super::super) fn called(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    cursor
        .group(Delimiter::Parenthesis)
        .map(|(_, _, rest)| rest)
}

pub(in super::super) fn begins_block(cursor: Cursor<'_>) -> bool {
    cursor.group(Delimiter::Brace).is_some()
}

/// Whether a `when` block is at the cursor.
pub(in super::super) fn begins_when(cursor: Cursor<'_>) -> bool {
    let rest = word(cursor, "when").and_then(called);
    rest.is_some_and(begins_block)
}

/// Whether another arm of a `when` is at the cursor, after its attributes.
pub(in super::super) fn begins_arm(cursor: Cursor<'_>) -> bool {
    word(after_attributes(cursor), "else").is_some()
}

pub(in super::super) fn semicolon(cursor: Cursor<'_>) -> bool {
    punct(cursor, ';').is_some()
}

pub(in super::super) fn comma(cursor: Cursor<'_>) -> bool {
    punct(cursor, ',').is_some()
}

/// The punctuation at the cursor, if it is this character, and the cursor after it.
pub(in super::super) fn punct(cursor: Cursor<'_>, character: char) -> Option<(Punct, Cursor<'_>)> {
    let found = cursor.punct();
    found.filter(|(punct, _)| punct.as_char() == character)
}

pub(in super::super) fn arrow(cursor: Cursor<'_>) -> bool {
    let Some((_, rest)) = punct(cursor, '-') else {
        return false;
    };
    punct(rest, '>').is_some()
}

/// Whether there is a `=>` in the content of some parentheses.
pub(in super::super) fn lists_reads(mut content: Cursor<'_>) -> bool {
    while let Some((_, after)) = content.token_tree() {
        let arrow = punct(content, '=').and_then(|(_, rest)| punct(rest, '>'));
        if arrow.is_some() {
            return true;
        }
        content = after;
    }
    false
}

/// Whether a number with a unit of time is at the cursor, such as `8h`, which is no number of Rust.
pub(in super::super) fn duration(cursor: Cursor<'_>) -> bool {
    let Some((literal, _)) = cursor.literal() else {
        return false;
    };
    let literal = literal.to_string();
    let unit = literal.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
    literal.starts_with(|first: char| first.is_ascii_digit())
        && ["us", "ms", "s", "m", "h", "d"].contains(&unit)
}

/// Moves past one token, if there is one.
pub(in super::super) fn advance(input: &ParseBuffer<'_>) {
    drop(input.step(|cursor| {
        cursor
            .token_tree()
            .ok_or_else(|| cursor.error("expected a token"))
    }));
}
