//! The word after `compensate none`.

use syn::Ident;
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use typed_saga_definition::Compensation;

use super::look;
use super::notes::Notes;
use crate::similar::similar;

/// Parses `again` after `compensate none`, if it is there.
pub(super) fn again(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> syn::Result<bool> {
    let Some((word, rest)) = input.cursor().ident() else {
        return Ok(false);
    };
    let text = word.to_string();
    let known = text == Compensation::AGAIN && !continues(rest);
    if !known && !is_lost(input.cursor(), rest) {
        return Ok(false);
    }
    input.call(Ident::parse_any)?;
    if known {
        return Ok(true);
    }
    let near = similar(&text, [Compensation::AGAIN]).is_some();
    let what = format!("`{text}` cannot follow `compensate none`");
    let help = if near {
        "did you mean `again`?"
    } else {
        "write nothing, or `again`"
    };
    notes.errors.add(word.span(), what, help);
    // Read as the word that was meant, it is no mistake of what depends on it, such as a key.
    Ok(near)
}

/// Whether the tokens after a name show that it is the start of the final expression.
fn continues(rest: Cursor<'_>) -> bool {
    let sign = rest.punct();
    sign.is_some_and(|(sign, _)| matches!(sign.as_char(), '.' | '?' | ':' | '!'))
}

/// Whether a word is neither the start of a node or a clause nor the final expression.
fn is_lost(word: Cursor<'_>, rest: Cursor<'_>) -> bool {
    let ends = look::semicolon(rest) || look::begins_node(rest) || look::clause(rest).is_some();
    ends && !look::begins_node(word) && look::clause(word).is_none()
}
