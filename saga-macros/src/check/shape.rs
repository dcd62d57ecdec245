//! The saga as a whole: it has steps, an output, and no borrowed inputs.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{GenericParam, Type};

use crate::errors::{Errors, code, error_over};
use crate::model::{Field, Node, Output, Saga, Siblings};
use crate::parse::Lost;

pub(super) fn check(saga: &Saga, lost: &Lost, errors: &mut Errors) {
    if saga.nodes.is_empty() && !lost.node {
        let help = "a saga has at least one `read`, `step` or `pivot`";
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
    output(saga, lost, errors);
    for parameter in &saga.generics.params {
        generic(parameter, saga, lost, errors);
    }
}

fn enough(siblings: &Siblings, lost: &Lost, errors: &mut Errors) {
    let (what, help) = match siblings.steps.as_slice() {
        _ if lost.node => return,
        [] => (
            "`concurrent` has no steps",
            "put two or more steps into it, or remove it".to_owned(),
        ),
        [only] => (
            "`concurrent` has only one step",
            format!(
                "put a second step into it, or take `{}` out of it",
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
            errors.push(error_over(ty, what, "end it with one, as in `Receipt { charge }`, or write `Result<_, …>` for the struct of all effects"));
        }
        (Output::Effects(span), Some(_)) => {
            let help = "write the type out; `_` stands for the struct of all effects, and then no expression ends the saga";
            errors.add(
                *span,
                "the saga ends with an expression whose type is not written",
                help,
            );
        }
        _ => {}
    }
    if let Type::Infer(infer) = &saga.error {
        let help = "write it in place of `_`: all code of the saga gives it";
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
            let help = "a saga owns its inputs, because one that is dropped while it runs is handed to the runtime: use an owned type or an `Arc`";
            errors.add(
                lifetime.lifetime.span(),
                "a saga has no lifetime parameters",
                help,
            );
            return;
        }
        GenericParam::Type(ty) => &ty.ident,
        GenericParam::Const(constant) => &constant.ident,
    };
    let fields = saga.inputs.iter().chain(&saga.services);
    if lost.names.is_empty() && !lost.unnamed && !is_used(fields, name) {
        let help = "inputs and services are what a caller gives: name it in one of their types, or drop it";
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
    fields.any(|field| mention(field.ty.to_token_stream(), parameter).is_some())
}

/// The first place where `tokens` have this name.
pub(super) fn mention(tokens: TokenStream, name: &Ident) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => (ident == *name).then(|| ident.span()),
        TokenTree::Group(group) => mention(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}
