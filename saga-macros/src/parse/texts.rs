//! The argument that is a text: `#[name = "…"]`.

use syn::{Expr, ExprLit, Lit, LitStr, Meta};

use super::given::{Given, example};
use super::timing;
use crate::errors::{error, noted};
use crate::names::span_of;

pub(super) fn name(given: Given<'_>) -> syn::Result<LitStr> {
    let name = text(given)?;
    let value = name.value();
    if value.is_empty() {
        return Err(noted(
            name.span(),
            "a name cannot be empty",
            "it becomes part of keys and journals",
            "write one, or remove `#[name]`",
        ));
    }
    let mut letters = value.chars();
    match letters.find(|&letter| !letter.is_alphanumeric() && !"_-.".contains(letter)) {
        Some(odd) => Err(noted(
            name.span(),
            format_args!("a name cannot contain `{}`", odd.escape_default()),
            "it becomes part of keys and journals",
            "use letters, digits, `_`, `-` and `.`",
        )),
        None => Ok(name),
    }
}

fn text((entry, attribute): Given<'_>) -> syn::Result<LitStr> {
    let span = span_of(attribute.path());
    let help = format!("write it as in `{}`", example(entry));
    let Meta::NameValue(meta) = &attribute.meta else {
        return Err(error(span, "expected a name", help));
    };
    if let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = timing::bare(&meta.value)
    {
        return Ok(text.clone());
    }
    Err(error(span, "a name must be a string literal", help))
}
