//! A child saga as the code of a step.

use proc_macro2::{Delimiter, Punct};
use quote::ToTokens;
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{ExprPath, Ident, Token};

use super::block::block;
use super::look;
use super::notes::Notes;
use crate::errors::{code, error, noted};
use crate::model::Child;
use crate::names::{span_of, text};

const GIVEN: &str = "`with (…)` passes services of this saga to the child saga, as clones";

/// `saga Path { … } with (…)`. If this cannot be read, the step does not also get errors about
/// missing clauses, since a child saga needs none.
pub(super) fn child(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    owner: &Ident,
) -> syn::Result<Child> {
    let child = readable_child(input, owner);
    if child.is_err() {
        notes.lost.clauses.insert(text(owner));
    }
    child
}

fn readable_child(input: &ParseBuffer<'_>, owner: &Ident) -> syn::Result<Child> {
    let span = input.call(Ident::parse_any)?.span();
    let path = input.parse::<ExprPath>()?;
    let saga = code(&path);
    let Some(fields) = block(input) else {
        let what = "expected the inputs of the child saga in braces";
        let why = "they are written like the fields of a struct";
        let help = format!("write `{owner}(…) = saga {saga} {{ … }}`, with the name of each");
        let is_list = input.cursor().group(Delimiter::Parenthesis).is_some();
        let span = if is_list {
            input.span()
        } else {
            span_of(&path.path)
        };
        return Err(noted(span, what, why, help));
    };
    if let Some(sign) = sign_before_with(input.cursor()) {
        for _ in ["sign", "with", "services"] {
            look::advance(input);
        }
        let what = "`with (…)` must follow the inputs of the child saga directly";
        let help = format!("remove the `{}`", sign.as_char());
        return Err(noted(sign.span(), what, GIVEN, help));
    }
    let mut services = Vec::new();
    if look::word(input.cursor(), "with").is_some() {
        let with = input.call(Ident::parse_any)?.span();
        if input.cursor().group(Delimiter::Parenthesis).is_none() {
            let what = "expected the services of the child saga in parentheses";
            let (span, name) = match input.cursor().ident() {
                Some((name, _)) => (name.span(), text(&name)),
                None => (with, "…".to_owned()),
            };
            return Err(error(span, what, format!("write `with ({name})`")));
        }
        let content;
        syn::parenthesized!(content in input);
        while !content.is_empty() {
            services.push(service(&content)?);
        }
    }
    Ok(Child {
        span,
        path: path.into_token_stream(),
        fields,
        services,
        written: 0,
    })
}

/// One name of a service, and the comma after it.
fn service(input: &ParseBuffer<'_>) -> syn::Result<Ident> {
    let begin = input.span();
    let name = input.call(Ident::parse_any);
    let is_alone = input.is_empty() || input.peek(Token![,]);
    let name = name.ok().filter(|_| is_alone).ok_or_else(|| {
        let help = "write only the name of a service of this saga";
        noted(begin, "expected the name of a service", GIVEN, help)
    })?;
    drop(input.parse::<Option<Token![,]>>());
    Ok(name)
}

/// A `.` or a `;` that separates `with (…)` from its saga.
fn sign_before_with(cursor: Cursor<'_>) -> Option<Punct> {
    let (sign, rest) = cursor.punct()?;
    let rest = look::word(rest, "with").filter(|_| matches!(sign.as_char(), '.' | ';'))?;
    rest.group(Delimiter::Parenthesis).map(|_| sign)
}

/// The error for a child saga that is written as a plain literal of its inputs.
pub(super) fn without_its_word(
    notes: &mut Notes<'_>,
    path: &ExprPath,
    next: Cursor<'_>,
    owner: &Ident,
) -> Option<syn::Error> {
    let last = path.path.segments.last()?.ident.to_string();
    next.group(Delimiter::Brace)?;
    last.starts_with(char::is_uppercase).then(|| {
        notes.lost.clauses.insert(text(owner));
        let path = code(path);
        let what = "expected a path, not a struct literal";
        let help = format!("if `{path}` is a saga, write `= saga {path} {{ … }}`");
        error(next.span(), what, help)
    })
}
