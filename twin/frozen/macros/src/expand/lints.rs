//! Lint levels: those that the user wrote apply to the user's code. Generated code sets none by itself: one
//! that somebody forbids would not compile.

use proc_macro2::TokenStream;
use syn::{Attribute, Ident, Type};

use super::ident::{emit, ident};
use crate::model::{Kind, Output, Saga, Step};
use crate::names::{is_lint, text, word};

/// The level for generated code if the saga or an input is deprecated, of which that makes use.
pub(super) fn of_deprecated(saga: &Saga) -> Option<TokenStream> {
    let fields = saga.inputs.iter().flat_map(|field| &field.attrs);
    let mut attrs = saga.attrs.others.iter().chain(fields);
    attrs
        .any(|attr| attr.path().is_ident("deprecated"))
        .then(|| emit!(#[allow(deprecated)]))
}

/// The attributes that set levels, such as `#[allow(…)]`.
pub(super) fn levels(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| is_lint(&word(attr)))
}

/// The levels for the binding of an input or a service, to which lints about "unused" refer.
pub(super) fn of_binding(attrs: &[Attribute]) -> TokenStream {
    let own = levels(attrs).filter(|attr| !is_expect(attr) || is_about_use(attr));
    emit!(#(#own)*)
}

/// The levels for the binding of an effect, if rustc is to warn about one that nobody reads: only of a
/// `read` that says how. What a `step` has done counts, whoever reads what it returned; and without
/// a level of its own, the [macro](super::unread) warns about a `read`.
pub(super) fn of_effect(step: &Step) -> Option<TokenStream> {
    let own = &step.attrs.others;
    (step.kind == Kind::Read && levels(own).any(is_about_use)).then(|| of_binding(own))
}

/// The level for one more binding of a name that is not in snake case, about which rustc warns where the name
/// is declared.
pub(super) fn of_repeated(name: &Ident) -> Option<TokenStream> {
    let name = text(name);
    let name = name.trim_matches('_');
    let is_warned_of = name.chars().any(char::is_uppercase) || name.contains("__");
    is_warned_of.then(|| emit!(#[allow(non_snake_case)]))
}

/// What a public field with a `_` needs, which nobody is to read: to be hidden.
pub(super) fn of_field(name: &Ident) -> Option<TokenStream> {
    text(name).starts_with('_').then(|| emit!(#[doc(hidden)]))
}

/// The level for a struct that users fill, for fields that they have called `_x`.
pub(super) fn of_fields<'n>(mut names: impl Iterator<Item = &'n Ident>) -> Option<TokenStream> {
    let unused = names.any(|name| text(name).starts_with('_'));
    unused.then(|| emit!(#[allow(clippy::pub_underscore_fields)]))
}

/// The level for a function that takes such services, and passes them on.
pub(super) fn of_services<'n>(mut names: impl Iterator<Item = &'n Ident>) -> Option<TokenStream> {
    let unused = names.any(|name| text(name).starts_with('_'));
    unused.then(|| emit!(#[allow(clippy::used_underscore_binding)]))
}

/// The level for a function that returns the output: the user chose its type.
pub(super) fn of_output(ty: &Output) -> Option<TokenStream> {
    let is_boxed = match ty {
        Output::Type(Type::Path(ty)) => ty
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Box"),
        Output::Type(_) | Output::Effects(_) => false,
    };
    is_boxed.then(|| emit!(#[allow(clippy::unnecessary_box_returns)]))
}

/// The levels for all of a step's code. An `expect` is fulfilled once: if it is about the use of an effect,
/// where that is.
pub(super) fn of_step(step: &Step) -> TokenStream {
    let is_elsewhere = of_effect(step).is_some();
    levels(&step.attrs.others)
        .map(|attr| {
            if is_elsewhere && is_about_use(attr) {
                allowed(attr)
            } else {
                emit!(#attr)
            }
        })
        .collect()
}

/// The levels for code beside that for which they are meant. An `expect` is fulfilled once, there.
pub(super) fn of_clause(attrs: &[Attribute]) -> TokenStream {
    levels(attrs).map(allowed).collect()
}

/// Whether the attribute can stay on a field of the input struct, where no lint fires that it could
/// expect.
pub(super) fn is_for_field(attr: &Attribute) -> bool {
    !is_expect(attr)
}

fn is_expect(attr: &Attribute) -> bool {
    attr.path().is_ident("expect")
}

fn is_about_use(attr: &Attribute) -> bool {
    let mut about_use = false;
    // If the attribute does not parse, it is not a list of lints, and rustc reports that.
    let _ = attr.parse_nested_meta(|lint| {
        about_use |= lint.path.is_ident("unused") || lint.path.is_ident("unused_variables");
        Ok(())
    });
    about_use
}

/// The attribute, with `allow` in place of `expect`.
fn allowed(attr: &Attribute) -> TokenStream {
    let mut attr = attr.clone();
    if is_expect(&attr) {
        if let syn::Meta::List(list) = &mut attr.meta {
            list.path = syn::Path::from(ident("allow"));
        }
    }
    emit!(#attr)
}
