//! The arguments that are a text: `#[name = "…"]`, `#[stored_as = "Type"]`.

use syn::{Expr, ExprLit, Lit, LitStr, Meta, Type};

use super::given::{Given, example};
use super::timing;
use crate::errors::{error, noted};
use crate::names::span_of;

pub(super) fn name(given: Given<'_>) -> syn::Result<LitStr> {
    let name = text(given, "a name")?;
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

pub(super) fn stored_as(given: Given<'_>) -> syn::Result<LitStr> {
    let written = text(given, "a type")?;
    if written.parse::<Type>().is_ok() {
        return Ok(written);
    }
    Err(noted(
        written.span(),
        format_args!("`{}` is not a type", written.value()),
        "it is the type that values of earlier versions were written as",
        format_args!("write it as in `{}`", example(given.0)),
    ))
}

fn text((entry, attribute): Given<'_>, what: &str) -> syn::Result<LitStr> {
    let span = span_of(attribute.path());
    let help = format!("write it as in `{}`", example(entry));
    let Meta::NameValue(meta) = &attribute.meta else {
        return Err(error(span, format_args!("expected {what}"), help));
    };
    if let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = timing::bare(&meta.value)
    {
        return Ok(text.clone());
    }
    let what = format!("{what} must be a string literal");
    Err(error(span, what, help))
}
