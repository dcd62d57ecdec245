//! A step that is a child saga: what it must not declare, and which sagas cannot be a step.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use typed_saga_definition::language::Attribute;

use crate::errors::{Errors, code};
use crate::model::{Child, Compensate, Field, Kind, Saga, Source, Step};
use crate::names::{mentions, text};

pub(super) fn check(saga: &Saga, step: &Step, errors: &mut Errors) {
    let Some(child) = step.child() else { return };
    let name = &step.name;
    if step.kind != Kind::Step {
        let word = step.kind.word();
        let what = format!("a `{word}` cannot be a child saga");
        let why = "a child saga changes something, and is rolled back with its parent";
        let help = format!("write `step {name}`, before the pivot or after it");
        errors.add_noted(step.kind_span, what, why, help);
        return;
    }
    check_parameters(saga, step, child, errors);
    for service in &child.services {
        let read = step.reads.iter().find(|read| read.name == *service);
        let source = read.map_or(Source::Unknown, |read| read.source);
        if !matches!(source, Source::Service(_) | Source::Unknown) {
            let service_name = text(service);
            let what = format!("`{service_name}` is not a service");
            let why = "`with (…)` passes services to the child saga; its inputs go into the braces";
            let help = "name a service of this saga";
            errors.add_noted(service.span(), what, why, help);
        }
    }
    for (field, value) in child.given() {
        let is_service = |service: &Field| service.name == field;
        if saga.services.iter().any(is_service) && value.to_string() == text(&field) {
            let what = format!("the service `{field}` is not an input of the child saga");
            let why = "the braces have its inputs, and `with (…)` its services";
            let help = format!("write `saga {} {{ … }} with ({field})`", code(&child.path));
            errors.add_noted(field.span(), what, why, help);
        }
    }
    for (span, what, why) in unneeded(step) {
        let help = format!("remove {what}");
        let what = format!("the child saga `{name}` takes no {what}");
        errors.add_noted(span, what, why, help);
    }
}

/// The path, services, effect and error of a child saga must not mention the parameters of its
/// parent.
fn check_parameters(saga: &Saga, step: &Step, child: &Child, errors: &mut Errors) {
    let types = saga.generics.type_params().map(|param| &param.ident);
    let consts = saga.generics.const_params().map(|param| &param.ident);
    let params: Vec<_> = types.chain(consts).collect();
    let services = child.services.iter().filter_map(|name| {
        let field = saga.services.iter().find(|field| field.name == *name)?;
        Some((
            name.span(),
            field.ty.to_token_stream(),
            format!("the type of the service `{name}`"),
        ))
    });
    let path = (
        child.path.span(),
        child.path.to_token_stream(),
        "its path".to_owned(),
    );
    let effect = step.effect.as_ref();
    let effect = effect.map(|ty| (ty.span(), ty.to_token_stream(), "its effect".to_owned()));
    let error = saga.error.to_token_stream();
    let error = (
        child.path.span(),
        error,
        "the error of this saga".to_owned(),
    );
    for (span, tokens, what) in [path]
        .into_iter()
        .chain(services)
        .chain(effect)
        .chain([error])
    {
        let Some(param) = params.iter().find(|param| mentions(&tokens, param)) else {
            continue;
        };
        let (name, param) = (&step.name, text(param));
        let headline =
            format!("the child saga `{name}` cannot depend on the type parameter `{param}` yet");
        let why = format!("{what} contains `{param}`");
        let help =
            "use a concrete type, such as `Arc<dyn Trait>`, or run the saga in the block of a step";
        return errors.add_noted(span, headline, why, help);
    }
}

fn unneeded(step: &Step) -> impl Iterator<Item = (Span, &'static str, &'static str)> {
    const DOUBT: &str =
        "a child saga is never in doubt: its own steps declare what follows when an answer is lost";
    let attrs = &step.attrs;
    let idempotent = attrs.idempotent.as_ref().map(|keyed| keyed.span);
    let compensate = match &step.compensate {
        Compensate::Clause(clause) => Some((clause.span, "`compensate`")),
        Compensate::With(span, _) => Some((*span, "`compensate with`")),
        Compensate::Missing | Compensate::None(..) => None,
    };
    let undone = "when the parent rolls back, the child saga is undone by its own compensations";
    let resolve = step.resolve.as_ref().map(|clause| clause.span);
    let all = [
        idempotent.map(|span| (span, "`#[idempotent]`", DOUBT)),
        attrs
            .span_of(Attribute::Late)
            .map(|span| (span, "`#[late]`", DOUBT)),
        resolve.map(|span| (span, "`resolve`", DOUBT)),
        compensate.map(|(span, what)| (span, what, undone)),
    ];
    all.into_iter().flatten()
}
