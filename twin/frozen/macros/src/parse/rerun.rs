//! The word after `compensate none`.

use syn::Ident;
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;

use super::look;
use super::notes::Notes;
use crate::errors::list;
use crate::model::Rerun;
use crate::similar::similar;

/// The words that say what a rerun does about an effect that remains.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    Rerun::ALL.into_iter().filter_map(Rerun::word)
}

/// Parses the word after `compensate none`, if there is one.
pub(super) fn rerun(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> syn::Result<Rerun> {
    let Some((word, rest)) = input.cursor().ident() else {
        return Ok(Rerun::Undeclared);
    };
    let text = word.to_string();
    let known = Rerun::of_word(&text).filter(|_| !continues(rest));
    if known.is_none() && !is_lost(input.cursor(), rest) {
        return Ok(Rerun::Undeclared);
    }
    input.call(Ident::parse_any)?;
    if let Some(known) = known {
        return Ok(known);
    }
    let near = similar(&text, words());
    let what = format!("`{text}` cannot follow `compensate none`");
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write nothing, or one of these: {}", list(words())),
    };
    notes.errors.add(word.span(), what, help);
    // Read as the word that was meant, it is no mistake of what depends on it, such as a key.
    Ok(near.and_then(Rerun::of_word).unwrap_or(Rerun::Undeclared))
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
