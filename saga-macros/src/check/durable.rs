//! What a `durable` saga says on top.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{GenericParam, Type};

use super::shape::{is_used, mention};
use crate::errors::{self, Errors, code, error};
use crate::model::{Kind, Output, Saga, Step};
use crate::parse::Lost;

pub(super) fn check(saga: &Saga, lost: &Lost, errors: &mut Errors) {
    let Some(durable) = saga.durable else { return };
    if saga.attrs.classify.is_none() && !lost.classify {
        let verdict = format!(
            "`#[classify(path)]`: the path of a `fn(&{}) -> saga::Verdict`",
            code(&saga.error)
        );
        let transient =
            "`#[classify(saga::transient)]`: a failed attempt never leaves anything behind";
        let help = errors::ways(
            "add one of two things to the saga:",
            &[verdict, transient.to_owned()],
        );
        errors.add(
            durable,
            "a `durable` saga must say what an `Err` means",
            help,
        );
    }
    if saga.attrs.timeout.is_none() {
        timeouts(saga, durable, errors);
    }
}

/// One error if no step has a timeout, since one default mends them all.
fn timeouts(saga: &Saga, durable: Span, errors: &mut Errors) {
    const WHY: &str = "an attempt without one can hold up the saga for ever";
    let has_none = |step: &&Step| step.attrs.timeout.is_none();
    if saga.nodes.is_empty() {
        return;
    }
    if saga.steps().all(|step| has_none(&step)) {
        let what = "a `durable` saga must limit how long an attempt may take";
        let help = format!("add `#[timeout(30s)]` to the saga, or one to each step: {WHY}");
        return errors.add(durable, what, help);
    }
    for step in saga.steps().filter(has_none) {
        let what = format!(
            "`{}` has no `#[timeout]`, and a `durable` saga must limit how long an attempt may take",
            step.name
        );
        let help = format!("add one to it, or `#[timeout(30s)]` to the saga: {WHY}");
        errors.add(step.name.span(), what, help);
    }
}

/// An early "no" from `resolve` would be false.
pub(super) fn lateness(saga: &Saga, step: &Step, errors: &mut Errors) {
    if saga.durable.is_none() {
        return;
    }
    let known =
        step.attrs.late.is_some() || saga.attrs.late.is_some() || step.attrs.idempotent.is_some();
    let Some(resolve) = step
        .resolve
        .as_ref()
        .filter(|_| !known && step.kind != Kind::Read)
    else {
        return;
    };
    let what = format!(
        "`resolve` could answer too early: nothing says how late `{}` may still arrive",
        step.name
    );
    let ways = [
        "`#[late(30s)]`: an attempt that is given up may still arrive for 30s, so `resolve` waits for that long",
        "`#[late(0s)]`: it cannot arrive late",
        "`#[idempotent]`: another attempt under the same `key` has the effect once and gives it back",
    ];
    let help = errors::ways(
        "add one of three things to the step:",
        &ways.map(str::to_owned),
    );
    errors.add(resolve.span, what, help);
}

/// What is on record is read without the services: types of it that only these fix are reported. Gives back an error to stand in their place.
pub(super) fn parameters(saga: &Saga, lost: &Lost, errors: &mut Errors) -> Option<syn::Error> {
    saga.durable?;
    let parameters = saga.generics.params.iter().filter_map(name);
    let of_services =
        parameters.filter(|name| is_used(&saga.services, name) && !is_used(&saga.inputs, name));
    let found: Vec<_> = of_services.filter_map(|name| kept(saga, name)).collect();
    let first = found.first()?.clone();
    if lost.unnamed || !lost.names.is_empty() {
        // An input may have named them, and that it is lost is on record.
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

/// The error at the first place where a type that is kept names a parameter of the services.
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
    let mut types = output.into_iter().chain([error_type]).chain(effects);
    types.find_map(|(what, ty): (String, &Type)| {
        let span = mention(ty.to_token_stream(), parameter)?;
        let what = format!(
            "{what} depends on `{parameter}`, which only services name, but a `durable` saga is read without its services"
        );
        let help = format!("write a type that does not depend on `{parameter}`, or let an input name `{parameter}`");
        Some(error(span, what, help))
    })
}
