//! The names that an expression seems to read, for help texts in the words of the user.

use proc_macro2::{Delimiter, Ident};
use syn::Expr;
use syn::buffer::Cursor;

use super::look;
use crate::errors;

/// The help for an expression that does not list what it reads: the list, and the expression; `None`
/// if there is no expression.
pub(super) fn unlisted(cursor: Cursor<'_>) -> Option<String> {
    let listed = listed(cursor)?;
    Some(format!("name what it reads before a `=>`: `({listed})`"))
}

/// An expression after what it reads.
pub(super) fn listed(cursor: Cursor<'_>) -> Option<String> {
    let written = syn::parse2::<Expr>(cursor.token_stream()).ok();
    let written = written.filter(|written| !matches!(written, Expr::Let(_)))?;
    let mut names = Vec::new();
    read(cursor, &mut names);
    if names.is_empty() {
        return None;
    }
    let written = errors::expression(written);
    Some(format!("{} => {written}", names.join(", ")))
}

/// Adds the names that are neither fields, nor called, nor parts of paths. A guess: a name that the
/// code declares is among them.
fn read(mut cursor: Cursor<'_>, names: &mut Vec<String>) {
    let mut is_part = false;
    while let Some((_, after)) = cursor.token_tree() {
        if let Some((content, ..)) = cursor.any_group() {
            read(content, names);
        }
        if let Some((word, _)) = cursor.ident().filter(|_| !is_part) {
            let name = word.to_string();
            if is_value(&word, after) && !names.contains(&name) {
                names.push(name);
            }
        }
        let sign = cursor.punct().map(|(sign, _)| sign.as_char());
        is_part = matches!(sign, Some('.' | ':'));
        cursor = after;
    }
}

/// Whether a word can be the name of a value, by what follows it.
fn is_value(word: &Ident, after: Cursor<'_>) -> bool {
    let is_lower = word.to_string().starts_with(char::is_lowercase);
    let is_called = after.group(Delimiter::Parenthesis).is_some();
    let sign = after.punct().map(|(sign, _)| sign.as_char());
    is_lower && look::is_name(word) && !is_called && !matches!(sign, Some(':' | '!'))
}
