//! The names that an expression seems to read, for help texts in the words of the user.

use proc_macro2::{Delimiter, Ident};
use syn::buffer::Cursor;
use syn::{BinOp, Expr, parse_quote};

use super::look;
use crate::errors;

/// A condition, as messages call it.
pub(super) const CONDITION: &str = "a condition";

/// The help for `what`, an expression that does not list what it reads; `None` if there is no expression.
pub(super) fn unlisted(cursor: Cursor<'_>, what: &str) -> Option<String> {
    let written = written(cursor)?;
    let Some(name) = alone(&written) else {
        let listed = listed(cursor, what)?;
        return Some(format!("name what it reads before a `=>`: `({listed})`"));
    };
    // It is a reference, with which nothing is done.
    Some(if what == CONDITION {
        format!(
            "name what it reads, then {what} of it: `({name} => *{name})`, if `{name}` is a `bool`"
        )
    } else {
        format!("name what it reads, then {what}: `({name} => …)`")
    })
}

/// An expression after what it reads.
pub(super) fn listed(cursor: Cursor<'_>, what: &str) -> Option<String> {
    let mut names = Vec::new();
    read(cursor, &mut names);
    if names.is_empty() {
        return None;
    }
    let mut written = written(cursor)?;
    if what == CONDITION {
        compare(&mut written);
    }
    let written = errors::expression(written);
    Some(format!("{} => {written}", names.join(", ")))
}

fn written(cursor: Cursor<'_>) -> Option<Expr> {
    let written = syn::parse2::<Expr>(cursor.token_stream()).ok();
    written.filter(|written| !matches!(written, Expr::Let(_)))
}

/// The name that is the whole expression.
fn alone(expr: &Expr) -> Option<&Ident> {
    let Expr::Path(path) = expr else {
        return None;
    };
    let name = path.path.get_ident();
    name.filter(|name| name.to_string().starts_with(char::is_lowercase))
}

/// Takes the value of each name where a condition needs it, and not the reference by which it is read.
fn compare(condition: &mut Expr) {
    match condition {
        Expr::Paren(inner) => compare(&mut inner.expr),
        Expr::Binary(both) => match both.op {
            BinOp::And(_) | BinOp::Or(_) => {
                compare(&mut both.left);
                compare(&mut both.right);
            }
            BinOp::Eq(_)
            | BinOp::Ne(_)
            | BinOp::Lt(_)
            | BinOp::Le(_)
            | BinOp::Gt(_)
            | BinOp::Ge(_) => match (alone(&both.left), alone(&both.right)) {
                (Some(_), None) => dereference(&mut both.left),
                (None, Some(_)) => dereference(&mut both.right),
                // Two references can be compared.
                (Some(_), Some(_)) | (None, None) => {}
            },
            _ => {}
        },
        name if alone(name).is_some() => dereference(name),
        _ => {}
    }
}

fn dereference(name: &mut Expr) {
    *name = parse_quote!(*#name);
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
