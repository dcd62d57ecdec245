//! Steps that wait: `signal name -> Type;`, `sleep name(reads => expr);`, and `lock name(reads =>
//! expr) -> Type;`.

use proc_macro2::Span;
use syn::parse::ParseBuffer;
use syn::{Attribute, Ident, Type, parse_quote};

use super::arguments;
use super::attrs::attrs;
use super::look;
use super::notes::Notes;
use crate::errors::{error, noted};
use crate::model::{Attrs, Kind, Lock, Read, Wait, WaitEnd};
use typed_saga_definition::language::Place;

/// The function that reads the type after `->`.
type Effect = fn(&mut Notes<'_>, &ParseBuffer<'_>, &Ident) -> syn::Result<Option<Type>>;

/// The attributes of a signal or a sleep, and what follows its name: the type of the signal's
/// value. The duration of a sleep becomes an attribute.
pub(super) fn head(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    (kind, name): (Kind, &Ident),
    attributes: Vec<Attribute>,
    effect: Effect,
) -> syn::Result<(Attrs, Option<Type>)> {
    if kind == Kind::Sleep {
        let mut attrs = attrs(notes, attributes, Place::Sleep);
        attrs.wait = Some(sleep(notes, input, name)?);
        return Ok((attrs, None));
    }
    let attrs = attrs(notes, attributes, Place::Signal);
    let value = value(notes, input, name, effect)?;
    Ok((attrs, Some(value)))
}

/// The attributes of a lock, and what follows its name: the reads and the expression of its keys,
/// and its type.
pub(super) fn lock(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    name: &Ident,
    attributes: Vec<Attribute>,
    effect: Effect,
) -> syn::Result<(Attrs, Vec<Read>, Lock)> {
    let mut attrs = attrs(notes, attributes, Place::Lock);
    let wait = attrs.wait.as_mut();
    if let Some(wait) = wait.filter(|wait| matches!(wait.end, WaitEnd::Expr(_))) {
        notes.errors.push(noted(
            wait.span,
            "the timeout of a lock cannot read values",
            "it is the same for all sagas that wait for a key",
            "write a duration, as in `#[timeout(10m)]`, or `never`",
        ));
        (wait.reads, wait.end) = (Vec::new(), WaitEnd::Never);
    }
    let help = format!("write `lock {name}(reads => key) -> Type;`");
    let what = format!("expected `(reads => key)` after `{name}`");
    if !input.peek(syn::token::Paren) {
        return Err(error(name.span(), what, help));
    }
    let content;
    let paren = syn::parenthesized!(content in input);
    let (reads, keys) = if content.is_empty() {
        return Err(error(paren.span.join(), what, help));
    } else {
        arguments::of_reads(&content, "an expression", &help)?
    };
    if look::semicolon(input.cursor()) || look::ends_node(input.cursor()) {
        let what = format!("expected the type of `{name}`");
        let why = "the order of locks is checked while the saga is compiled, by their types";
        return Err(noted(name.span(), what, why, help));
    }
    let ty = effect(notes, input, name)?;
    let ty = ty.unwrap_or_else(|| parse_quote!(()));
    Ok((attrs, reads, Lock { ty, keys }))
}

/// The error for a signal, a sleep or a lock in a loop.
pub(super) fn looped(at: Span, kind: &Ident, name: &Ident) -> syn::Error {
    let what = format!("the {kind} `{name}` cannot be in a loop");
    if kind == "lock" {
        let why = "two sagas that take their keys one by one could wait for each other forever";
        let help = format!(
            "lock all of them at once, before the loop: \
             `lock {name}(items => items.iter().map(…).collect()) -> Vec<…>;`"
        );
        return noted(at, what, why, help);
    }
    let why = format!("a loop runs a step for each item, and a {kind} only waits");
    noted(
        at,
        what,
        why,
        format!("remove `for …`: one {kind} is enough"),
    )
}

/// The type of the value of a signal.
fn value(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    name: &Ident,
    effect: Effect,
) -> syn::Result<Type> {
    if input.peek(syn::token::Paren) {
        let help = format!(
            "write `signal {name} -> Type;`; its timeout may read values: \
             `#[timeout(reads => duration)]`"
        );
        notes
            .errors
            .add(input.span(), "a signal cannot read values", help);
        look::advance(input);
    }
    if look::semicolon(input.cursor()) || look::ends_node(input.cursor()) {
        let what = format!("expected the type of the value of `{name}`");
        let help = format!("write `signal {name} -> Type;`, with `()` if there is no value");
        notes.errors.add(name.span(), what, help);
        return Ok(parse_quote!(()));
    }
    let written = effect(notes, input, name)?;
    Ok(written.unwrap_or_else(|| parse_quote!(())))
}

/// The end of a sleep.
fn sleep(notes: &mut Notes<'_>, input: &ParseBuffer<'_>, name: &Ident) -> syn::Result<Wait> {
    let help = format!("write `sleep {name}(1h);`, or `sleep {name}(reads => duration);`");
    let what = format!("expected `(duration)` after `{name}`");
    if !input.peek(syn::token::Paren) {
        return Err(error(name.span(), what, help));
    }
    let content;
    let paren = syn::parenthesized!(content in input);
    let wait = if content.is_empty() {
        Err(error(paren.span.join(), what, help))
    } else {
        arguments::wait(name.span(), &content)
    };
    Ok(wait.unwrap_or_else(|error| {
        notes.errors.push(error);
        Wait {
            span: name.span(),
            reads: Vec::new(),
            end: WaitEnd::Never,
        }
    }))
}
