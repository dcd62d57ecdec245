//! What a type shows by itself: that it borrows, or that the effect of a step is written as a
//! `Result`.
//!
//! In place of such a type stands its error, which rustc takes for any type, so that nothing that
//! uses it is reported as well.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::{GenericArgument, Lifetime, PathArguments, Type, TypeReference};

use crate::errors::{Errors, code, noted};
use crate::model::{Output, Saga};
use crate::names::text;

pub(super) fn check(saga: &mut Saga, errors: &mut Errors) {
    let lives = "a saga may outlive its caller";
    for input in &mut saga.inputs {
        owned(&mut input.ty, "inputs", lives, errors);
    }
    for service in &mut saga.services {
        owned(&mut service.ty, "services", lives, errors);
    }
    let error = saga.error.clone();
    for step in saga.steps_mut() {
        let name = text(&step.name);
        if let Some(looped) = &mut step.looped {
            owned(
                &mut looped.ty,
                "items",
                "a loop keeps its items until the saga has ended",
                errors,
            );
        }
        if let Some(effect) = &mut step.effect {
            result(effect, &error, &name, errors);
            let why = format!("later steps read the effect of `{name}` when the step is over");
            owned(effect, "effects", &why, errors);
        }
    }
    if let Output::Type(ty) = &mut saga.output {
        owned(ty, "output", lives, errors);
    }
    owned(&mut saga.error, "error", lives, errors);
}

/// `-> Result<Hold, E>` with the saga's error, or `-> Result<Hold>`: it is the code that returns
/// that.
fn result(effect: &mut Type, error: &Type, step: &str, errors: &mut Errors) {
    let Type::Path(path) = &*effect else { return };
    let Some(segment) = path.path.segments.last() else {
        return;
    };
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return;
    };
    let mut types = arguments.args.iter();
    let (Some(GenericArgument::Type(value)), second) = (types.next(), types.next()) else {
        return;
    };
    let is_returned = match second {
        Some(GenericArgument::Type(second)) => code(second) == code(error),
        Some(_) => false,
        None => path.path.segments.len() == 1,
    };
    if segment.ident != "Result" || !is_returned {
        return;
    }
    let value = value.clone();
    let what = format!("expected the effect of `{step}`, not a `Result`");
    let why = "the effect is what the `Ok` of the code holds; its error is that of the saga";
    let help = format!("write `-> {}`", code(&value));
    errors.add_noted(segment.ident.span(), what, why, help);
    *effect = value;
}

/// Puts an error in place of a type that borrows.
fn owned(ty: &mut Type, what: &str, why: &str, errors: &mut Errors) {
    let mut finder = Finder(None);
    finder.visit_type(ty);
    let Some((tokens, help)) = finder.0 else {
        return;
    };
    let mut error = noted(
        Span::call_site(),
        format!("a saga owns its {what}"),
        why,
        help,
    );
    error = syn::Error::new_spanned(tokens, error);
    let poison = error.to_compile_error();
    *ty = Type::Verbatim(quote!([(); #poison]));
    errors.push(error);
}

/// The first part of a type that borrows from somebody, and what to write in its place.
struct Finder(Option<(TokenStream, String)>);

impl Visit<'_> for Finder {
    fn visit_type_reference(&mut self, reference: &TypeReference) {
        let lifetime = reference.lifetime.as_ref();
        if lifetime.is_some_and(|lifetime| lifetime.ident != "_") {
            return visit::visit_type_reference(self, reference);
        }
        let help = match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => {
                "write `String` or `Arc<str>`".to_owned()
            }
            Type::Slice(slice) => {
                let element = code(&slice.elem);
                format!("write `Vec<{element}>` or `Arc<[{element}]>`")
            }
            Type::TraitObject(object) => {
                format!("write `Arc<{} + Send + Sync>`", code(object))
            }
            owned => {
                let owned = code(owned);
                format!("write `{owned}` or `Arc<{owned}>`")
            }
        };
        let tokens = reference.to_token_stream();
        self.0.get_or_insert((tokens, help));
    }

    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        if lifetime.ident == "_" {
            let help = "write a type that owns what it holds".to_owned();
            self.0.get_or_insert((lifetime.to_token_stream(), help));
        }
    }

    /// What functions take and return is theirs.
    fn visit_type_fn_ptr(&mut self, _: &syn::TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &syn::ParenthesizedGenericArguments) {}
}
