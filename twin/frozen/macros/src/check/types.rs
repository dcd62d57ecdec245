//! The mistakes that a type shows by itself: that it borrows, that it has no size, or that the
//! effect of a step is written as a `Result`.
//!
//! The error replaces such a type.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{GenericArgument, Lifetime, LifetimeParam, PathArguments, Type, TypeReference};

use crate::errors::{Errors, code, error_over_noted, poison};
use crate::model::{Output, Saga};
use crate::names::text;

pub(super) fn check(saga: &mut Saga, errors: &mut Errors) {
    let lives = "a saga may outlive its caller";
    let kept = Held {
        is_kept: saga.durable.is_some(),
        has_lifetimes: saga.generics.lifetimes().next().is_some(),
    };
    let lent = Held {
        is_kept: false,
        ..kept
    };
    for input in &mut saga.inputs {
        held(&mut input.ty, ("inputs", kept), lives, errors);
    }
    for service in &mut saga.services {
        held(&mut service.ty, ("services", lent), lives, errors);
    }
    let error = saga.error.clone();
    for step in saga.steps_mut() {
        let name = text(&step.name);
        if let Some(looped) = &mut step.looped {
            let why = "a saga holds the items of a loop until it has ended";
            held(&mut looped.ty, ("items", kept), why, errors);
        }
        if let Some(effect) = &mut step.effect {
            result(effect, &error, &name, errors);
            let why = format!("later steps read the effect of `{name}` after the step has ended");
            held(effect, ("effects", kept), &why, errors);
        }
    }
    if let Output::Type(ty) = &mut saga.output {
        held(ty, ("output", kept), lives, errors);
    }
    held(&mut saga.error, ("error", kept), lives, errors);
}

/// How a saga holds the values of a type.
#[derive(Clone, Copy)]
struct Held {
    /// Whether they are stored, and loaded again.
    is_kept: bool,
    /// Whether the saga declares lifetimes, which is reported: then no type that names one is.
    has_lifetimes: bool,
}

/// Replaces a type that cannot be held, or not be stored, by an error.
fn held(ty: &mut Type, (what, held): (&str, Held), why: &str, errors: &mut Errors) {
    let found = borrowed(ty, (what, held), why)
        .or_else(|| without_size(ty, held.is_kept))
        .or_else(|| unreadable(ty).filter(|_| held.is_kept));
    let Some(error) = found else { return };
    *ty = poison(&error);
    errors.push(error);
}

/// Reports the effects `-> Result<Hold, E>` with the saga's error, and `-> Result<Hold>`: it is the
/// code that returns a `Result`.
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
    let why = "the effect is the value inside the `Ok` that the code returns";
    let help = format!("write `-> {}`", code(&value));
    errors.add_noted(segment.ident.span(), what, why, help);
    *effect = value;
}

fn borrowed(ty: &Type, (what, how): (&str, Held), why: &str) -> Option<syn::Error> {
    let mut finder = Finder {
        found: None,
        held: how,
        bound: BTreeSet::new(),
    };
    finder.visit_type(ty);
    let (tokens, help) = finder.found?;
    let what = format!("a saga owns its {what}");
    Some(error_over_noted(tokens, what, why, help))
}

/// The error for `dyn Trait`, `impl Trait`, `str` or `[T]` by itself.
fn without_size(ty: &Type, is_kept: bool) -> Option<syn::Error> {
    let written = code(ty);
    let (what, help) = match ty {
        Type::ImplTrait(_) => {
            let bounds = written.trim_start_matches("impl ");
            let object = format!("; or `Arc<dyn {bounds} + Send + Sync>`");
            let object = if is_kept { "" } else { &object };
            let help = format!(
                "write a parameter of the saga, `<T: {bounds}>` after its name, and `T` here{object}"
            );
            (format!("`{written}` is not possible here"), help)
        }
        Type::Path(path) if !path.path.is_ident("str") => return None,
        Type::Path(_) | Type::TraitObject(_) | Type::Slice(_) => {
            let what = format!("the size of `{written}` is not known when the saga is compiled");
            (what, instead(ty, is_kept))
        }
        _ => return None,
    };
    let why = "a saga is a struct that holds its inputs, services and effects";
    Some(error_over_noted(ty, what, why, help))
}

/// The error for a reference in a type that is loaded from records.
fn unreadable(ty: &Type) -> Option<syn::Error> {
    let Type::Reference(reference) = ty else {
        return None;
    };
    let what = format!(
        "`{}` cannot be loaded from the journal of a durable saga",
        code(ty)
    );
    let why = "a saga owns what it loads from its journal";
    let help = instead(&reference.elem, true);
    Some(error_over_noted(ty, what, why, help))
}

/// The help that names an owned type in place of a borrowed one. serde reads an `Arc` back only with a
/// feature that is off by default, and a trait object never, so no type that is kept is one of these.
fn instead(ty: &Type, is_kept: bool) -> String {
    let owned = match ty {
        Type::Path(path) if path.path.is_ident("str") && is_kept => {
            return "write `String` or `std::borrow::Cow<'static, str>`".to_owned();
        }
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", code(&slice.elem)),
        Type::TraitObject(_) if is_kept => {
            return "write a type that serde can load, such as an enum of what it may be"
                .to_owned();
        }
        Type::TraitObject(object) => {
            return format!("write `Arc<{} + Send + Sync>`", code(object));
        }
        owned => code(owned),
    };
    if is_kept {
        format!("write `{owned}`")
    } else {
        format!("write `{owned}` or `Arc<{}>`", code(ty))
    }
}

/// The first part of a type that borrows, and what to write in its place.
struct Finder {
    found: Option<(TokenStream, String)>,
    held: Held,
    /// The lifetimes that the type itself declares, by `for<'a>`.
    bound: BTreeSet<String>,
}

impl Finder {
    /// Whether what has this lifetime borrows: nothing is called `'a` where a saga has no lifetimes.
    fn borrows(&self, lifetime: &Lifetime) -> bool {
        let name = lifetime.ident.to_string();
        let is_known = name == "static" || self.held.has_lifetimes || self.bound.contains(&name);
        name == "_" || !is_known
    }
}

impl Visit<'_> for Finder {
    fn visit_type_reference(&mut self, reference: &TypeReference) {
        let lifetime = reference.lifetime.as_ref();
        if lifetime.is_some_and(|lifetime| !self.borrows(lifetime)) {
            return visit::visit_type_reference(self, reference);
        }
        let help = instead(&reference.elem, self.held.is_kept);
        let tokens = reference.to_token_stream();
        self.found.get_or_insert((tokens, help));
    }

    fn visit_lifetime_param(&mut self, param: &LifetimeParam) {
        self.bound.insert(param.lifetime.ident.to_string());
    }

    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        if self.borrows(lifetime) {
            let help = "write a type that owns what it holds".to_owned();
            self.found.get_or_insert((lifetime.to_token_stream(), help));
        }
    }

    /// The parameters and results of functions are not part of the value.
    fn visit_type_fn_ptr(&mut self, _: &syn::TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &syn::ParenthesizedGenericArguments) {}
}
