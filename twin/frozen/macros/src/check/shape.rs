//! The saga as a whole: it has steps, an output, and inputs of its own.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{GenericParam, Type};

use crate::errors::{Errors, code, error_over, expression};
use crate::model::{Arm, Condition, Emit, Field, Node, Output, Saga, Siblings};
use crate::names::{mentions, text};
use crate::parse::Lost;

pub(super) fn check(saga: &Saga, lost: &Lost, errors: &mut Errors) {
    if saga.nodes.is_empty() && !lost.node {
        let help = "add a `read`, a `step` or a `pivot`";
        errors.add(
            saga.name.span(),
            format_args!("`{}` has no steps", saga.name),
            help,
        );
    }
    for node in &saga.nodes {
        if let Node::Group(siblings) = node {
            enough(siblings, lost, errors);
        }
    }
    for (block, condition) in saga.conditions.iter().enumerate() {
        let is_otherwise = condition.arm == Arm::Else;
        let emits = |emit: &Emit| emit.condition == Some(block);
        let has_events = is_otherwise && saga.events.iter().any(emits);
        if condition.steps.is_empty() && !has_events && !lost.node {
            no_steps(saga, block, condition, errors);
        }
    }
    output(saga, lost, errors);
    for parameter in &saga.generics.params {
        generic(parameter, saga, lost, errors);
    }
}

fn no_steps(saga: &Saga, block: usize, condition: &Condition, errors: &mut Errors) {
    let what = format!("`{}` has no steps", condition.arm.words());
    let emits = |emit: &Emit| emit.condition == Some(block);
    match &condition.when {
        Some(when) if saga.events.iter().any(emits) => {
            let why =
                "the condition is evaluated when the saga reaches the first step of the block";
            let reads = when.reads.iter().map(|read| text(&read.name));
            let reads: Vec<_> = reads.collect();
            let help = format!(
                "`emit` can decide without a block: return an `Option`, as in `emit({} => ({}).then(…))`",
                reads.join(", "),
                expression(&when.condition)
            );
            errors.add_noted(condition.span, what, why, help);
        }
        _ => {
            let help = "add a step, or remove the block";
            errors.add(condition.span, what, help);
        }
    }
}

fn enough(siblings: &Siblings, lost: &Lost, errors: &mut Errors) {
    let (what, help) = match siblings.steps.as_slice() {
        _ if lost.node => return,
        [] => (
            "`concurrent` has no steps",
            "add two or more steps, or remove the block".to_owned(),
        ),
        [only] => (
            "`concurrent` has only one step",
            format!(
                "add a second step, or take `{}` out of the block",
                only.name
            ),
        ),
        _ => return,
    };
    errors.add(siblings.span, what, help);
}

fn output(saga: &Saga, lost: &Lost, errors: &mut Errors) {
    match (&saga.output, &saga.tail) {
        (Output::Type(ty), None) if !is_unit(ty) && !lost.node => {
            let what = format!("the saga ends without an expression of type `{}`", code(ty));
            let error = code(&saga.error);
            let help = format!(
                "end it with one, or write `Result<_, {error}>` to return the struct of all effects"
            );
            errors.push(error_over(ty, what, help));
        }
        (Output::Effects(span), Some(_)) => {
            let what = "the type of the saga's output must be written out";
            let why = "`_` means the struct of all effects, but an expression ends this saga";
            let help = "write its type in place of `_`, or remove the expression";
            errors.add_noted(*span, what, why, help);
        }
        _ => {}
    }
    if let Type::Infer(infer) = &saga.error {
        let help = "write it in place of `_`: all code of the saga returns this type";
        errors.add(
            infer.span(),
            "the type of the saga's error must be written out",
            help,
        );
    }
}

fn is_unit(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Group(group) => is_unit(&group.elem),
        Type::Paren(paren) => is_unit(&paren.elem),
        _ => false,
    }
}

fn generic(parameter: &GenericParam, saga: &Saga, lost: &Lost, errors: &mut Errors) {
    let name = match parameter {
        GenericParam::Lifetime(lifetime) => {
            let span = lifetime.lifetime.span();
            let what = "a saga cannot have lifetime parameters";
            let why = "it owns its inputs, because it may outlive its caller";
            errors.add_noted(span, what, why, "use an owned type or an `Arc`");
            return;
        }
        GenericParam::Type(ty) => &ty.ident,
        GenericParam::Const(constant) => &constant.ident,
    };
    let fields = saga.inputs.iter().chain(&saga.services);
    if lost.names.is_empty() && !lost.unnamed && !is_used(fields, name) {
        let help = "use it in the type of an input or a service, or remove it";
        errors.add(
            name.span(),
            format_args!("`{name}` is not used by any input or service"),
            help,
        );
    }
}

/// Whether the type of an input or a service names the parameter.
pub(super) fn is_used<'f>(fields: impl IntoIterator<Item = &'f Field>, parameter: &Ident) -> bool {
    let mut fields = fields.into_iter();
    fields.any(|field| mentions(&field.ty.to_token_stream(), parameter))
}
