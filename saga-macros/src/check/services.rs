//! A saga without its `with (…)`: every service that its code reads is unknown, but that is one
//! mistake.

use proc_macro2::Ident;

use super::scope::Scope;
use crate::errors::{Errors, list, noted, poison};
use crate::model::{Field, Read, Saga, Step};
use crate::names::{RESERVED, camel, text};
use crate::parse::Lost;
use crate::similar::similar;

/// If the saga has no services, declares one for each name that steps read and nothing declares.
/// The types of these services are the error: rustc accepts it as any type, so it reports nothing
/// that uses them.
pub(super) fn check(saga: &mut Saga, lost: &Lost, errors: &mut Errors) {
    if !saga.services.is_empty() || lost.unnamed {
        return;
    }
    let missing = missing(saga, &Scope::of(saga, lost), lost);
    let mut names: Vec<&Ident> = Vec::new();
    for name in &missing {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let ([first, ..], true) = (&names[..], missing.len() > 1) else {
        return;
    };
    let declared: Vec<_> = names
        .iter()
        .map(|name| format!("{}: {}", text(name), camel(name)))
        .collect();
    let error = noted(
        first.span(),
        format!(
            "the saga has no services, and no input or effect is called {}",
            list(&names)
        ),
        "`with (…)` after the inputs declares the services that its steps read",
        format!("write `with ({})`, with their types", declared.join(", ")),
    );
    saga.services = names
        .into_iter()
        .map(|name| Field {
            attrs: Vec::new(),
            name: name.clone(),
            ty: poison(&error),
        })
        .collect();
    errors.push(error);
}

/// The names that calls read and nothing declares, not even under a similar name, once for each
/// read.
fn missing(saga: &Saga, scope: &Scope, lost: &Lost) -> Vec<Ident> {
    let items = saga.steps().filter_map(|step| step.looped.as_ref());
    let items: Vec<_> = items.map(|looped| text(&looped.item)).collect();
    let known = || scope.order.iter().chain(&items).map(String::as_str);
    let is_known = |name: &str| known().any(|known| known == name) || RESERVED.contains(&name);
    // A step whose name is similar to that of its service does not mean itself.
    let is_missing = |name: &str, own: &str| {
        let bare = name.strip_prefix('_').unwrap_or(name);
        let others = known().filter(|other| *other != own);
        let near = || similar(name, others.chain(RESERVED));
        !is_known(name) && !is_known(bare) && !lost.names.contains(name) && near().is_none()
    };
    let mut missing = Vec::new();
    for step in saga.steps() {
        let (own, reads) = (text(&step.name), called(step).map(|read| &read.name));
        missing.extend(reads.filter(|name| is_missing(&text(name), &own)).cloned());
    }
    let publish = saga.publish.iter().flat_map(|publish| &publish.reads);
    let publish = publish.map(|read| &read.name);
    let publish = publish.filter(|name| text(name) != "event");
    missing.extend(publish.filter(|name| is_missing(&text(name), "")).cloned());
    let finally = saga.finally.iter().flat_map(|finally| &finally.reads);
    let finally = finally.map(|read| &read.name);
    missing.extend(finally.filter(|name| is_missing(&text(name), "")).cloned());
    missing
}

/// The reads of all calls of a step.
fn called(step: &Step) -> impl Iterator<Item = &Read> {
    let clauses = step.clauses().flat_map(|clause| &clause.reads);
    step.reads.iter().chain(clauses)
}
