//! What a `durable` saga has to declare in addition to what any saga declares.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{GenericParam, Type};
use typed_saga_definition::language::Attribute;

use super::doubt::IDEMPOTENT;
use super::shape::is_used;
use crate::errors::{self, Errors, code, noted};
use crate::model::{Clause, Kind, Output, Saga, Step};
use crate::names::idents;
use crate::parse::Lost;

pub(super) fn check(saga: &Saga, lost: &Lost, errors: &mut Errors) {
    let Some(durable) = saga.durable else { return };
    if saga.attrs.classify.is_none() && !lost.classify {
        let verdict = format!(
            "`#[classify(path)]`: the path of a `fn(&{}) -> typed_saga::Verdict`",
            code(&saga.error)
        );
        let transient =
            "`#[classify(typed_saga::transient)]`: an attempt that fails has never taken effect";
        let what = "a `durable` saga needs `#[classify]`";
        let why = "an `Err` alone does not say whether the attempt may have taken effect";
        let help = errors::ways("add one of:", &[verdict, transient.to_owned()]);
        errors.add_noted(durable, what, why, help);
    }
    if saga.attrs.timeout.is_none() {
        timeouts(saga, durable, lost, errors);
    }
}

/// Reports one error if no step has a timeout, since one default would cover all steps.
fn timeouts(saga: &Saga, durable: Span, lost: &Lost, errors: &mut Errors) {
    const WHY: &str = "without one, an attempt could hold up a `durable` saga forever";
    let needs = |step: &&Step| step.kind.acts() && step.child().is_none();
    let strays = |step: &Step| lost.strays(&step.attrs, &[Attribute::Timeout]);
    let has_none = |step: &&Step| needs(step) && step.attrs.timeout.is_none() && !strays(step);
    let acts = || saga.steps().filter(needs);
    if acts().next().is_some() && acts().all(|step| has_none(&step)) {
        let what = "a `durable` saga needs `#[timeout]`";
        let help = "add `#[timeout(30s)]` to the saga, or a timeout to each step";
        return errors.add_noted(durable, what, WHY, help);
    }
    for step in saga.steps().filter(has_none) {
        let what = format!("`{}` has no `#[timeout]`", step.name);
        let help = format!("add `#[timeout(30s)]` to `{}` or to the saga", step.name);
        errors.add_noted(step.name.span(), what, WHY, help);
    }
    let publish = saga.publish.as_ref();
    let is_unlimited = |publish: &&Clause| {
        let strays = lost.strays(&publish.attrs, &[Attribute::Timeout]);
        publish.attrs.timeout.is_none() && !strays
    };
    if let Some(publish) = publish.filter(is_unlimited) {
        let help = "add `#[timeout(30s)]` to `publish` or to the saga";
        errors.add_noted(publish.span, "`publish` has no `#[timeout]`", WHY, help);
    }
}

/// Requires `late` where `resolve` could report too early that a call did not happen.
pub(super) fn lateness(saga: &Saga, step: &Step, lost: &Lost, errors: &mut Errors) {
    if saga.durable.is_none() {
        return;
    }
    let strays = lost.strays(&step.attrs, &[Attribute::Late, Attribute::Idempotent]);
    let own = step.attrs.late.is_some() || step.attrs.idempotent.is_some();
    let known = own || saga.attrs.late.is_some() || strays;
    let Some(resolve) = step
        .resolve
        .as_ref()
        .filter(|_| !known && step.kind != Kind::Read)
    else {
        return;
    };
    let name = &step.name;
    let why = format!(
        "a request of `{name}` that timed out may arrive after `resolve` has returned `None`"
    );
    let ways = [
        "`#[late(30s)]`: a request may still arrive for 30s after its attempt has ended, so \
         `resolve` waits that long",
        "`#[late(0s)]`: a request cannot arrive late",
        IDEMPOTENT,
    ];
    let help = errors::ways("add one of:", &ways.map(str::to_owned));
    errors.add_noted(
        resolve.span,
        "`resolve` could run while a request is still on its way",
        why,
        help,
    );
}

/// Records are read without the services, so this reports types in records that depend on
/// parameters which only the services mention. It returns the error that replaces these types.
pub(super) fn parameters(saga: &Saga, lost: &Lost, errors: &mut Errors) -> Option<syn::Error> {
    saga.durable?;
    let parameters = saga.generics.params.iter().filter_map(name);
    let of_services =
        parameters.filter(|name| is_used(&saga.services, name) && !is_used(&saga.inputs, name));
    let found: Vec<_> = of_services.filter_map(|name| kept(saga, name)).collect();
    let first = found.first()?.clone();
    if lost.unnamed || !lost.names.is_empty() {
        // An input that could not be parsed may have named the parameters; that is already
        // reported.
        return errors.first().cloned();
    }
    for error in found {
        errors.push(error);
    }
    Some(first)
}

fn name(parameter: &GenericParam) -> Option<&Ident> {
    match parameter {
        GenericParam::Type(ty) => Some(&ty.ident),
        GenericParam::Const(constant) => Some(&constant.ident),
        GenericParam::Lifetime(_) => None,
    }
}

/// The error at the first place where a recorded type names a parameter of the services.
fn kept(saga: &Saga, parameter: &Ident) -> Option<syn::Error> {
    let output = match &saga.output {
        Output::Type(ty) => Some(("the output".to_owned(), ty)),
        Output::Effects(_) => None,
    };
    let error_type = ("the error".to_owned(), &saga.error);
    let effects = saga.steps().filter_map(|step| {
        let effect = step.effect.as_ref()?;
        Some((format!("the effect of `{}`", step.name), effect))
    });
    let items = saga.steps().filter_map(|step| {
        let item = &step.looped.as_ref()?.ty;
        Some((format!("an item of `{}`", step.name), item))
    });
    let mut types = output
        .into_iter()
        .chain([error_type])
        .chain(effects)
        .chain(items)
        .chain(saga.emits.iter().map(|ty| ("the event".to_owned(), ty)));
    types.find_map(|(what, ty): (String, &Type)| {
        let mention = idents(ty.to_token_stream()).find(|ident| ident == parameter)?;
        let what = format!("{what} depends on `{parameter}`, which only services mention");
        let why = "the journal of a `durable` saga is read without its services";
        let help = format!(
            "write a type that does not depend on `{parameter}`, or mention `{parameter}` in the \
             type of an input"
        );
        Some(noted(mention.span(), what, why, help))
    })
}
