//! A saga as a step: what it does not need, and what it cannot be yet.

use proc_macro2::Span;

use crate::errors::Errors;
use crate::model::{Compensate, Kind, Saga, Source, Step};
use crate::names::text;

pub(super) fn check(saga: &Saga, step: &Step, errors: &mut Errors) {
    let Some(child) = step.child() else { return };
    let name = &step.name;
    if step.kind != Kind::Step {
        let word = step.kind.word();
        let what = format!("a `{word}` cannot be a saga");
        let why = "a saga changes something, and is called back to undo it";
        let help = format!("write `step {name}` before the pivot or behind it");
        errors.add_noted(step.kind_span, what, why, help);
        return;
    }
    if saga.generics.type_params().next().is_some() || saga.generics.const_params().next().is_some()
    {
        let what = "a saga with type parameters cannot have sagas as steps yet";
        errors.add(child.span, what, "run it in a block");
    }
    for service in &child.services {
        let read = step.reads.iter().find(|read| read.name == *service);
        let source = read.map_or(Source::Unknown, |read| read.source);
        if !matches!(source, Source::Service(_) | Source::Unknown) {
            let service_name = text(service);
            let what = format!("`{service_name}` is not a service");
            let why = "`with (…)` gives the saga its services; its inputs stand in the braces";
            let help = "name a service of this saga";
            errors.add_noted(service.span(), what, why, help);
        }
    }
    for (span, what, why) in unneeded(step) {
        let what = format!("{what} has no use on `{name}`, which is a saga");
        errors.add_noted(span, what, why, "remove it");
    }
}

fn unneeded(step: &Step) -> impl Iterator<Item = (Span, &'static str, &'static str)> {
    const DOUBT: &str =
        "a saga as a step is never in doubt: its own steps say how their doubt is settled";
    let attrs = &step.attrs;
    let idempotent = attrs.idempotent.as_ref().map(|keyed| keyed.span);
    let compensate = match &step.compensate {
        Compensate::Clause(clause) => Some((clause.span, "`compensate`")),
        Compensate::With(span, _) => Some((*span, "`compensate with`")),
        Compensate::Missing | Compensate::None(_) => None,
    };
    let undone = "it is called back, and undoes its own steps";
    let resolve = step.resolve.as_ref().map(|clause| clause.span);
    let all = [
        idempotent.map(|span| (span, "`#[idempotent]`", DOUBT)),
        attrs
            .late
            .as_ref()
            .map(|late| (late.span, "`#[late]`", DOUBT)),
        resolve.map(|span| (span, "`resolve`", DOUBT)),
        compensate.map(|(span, what)| (span, what, undone)),
    ];
    all.into_iter().flatten()
}
