//! Lint levels: those that the user wrote apply to the user's code. Generated code that sets a level by itself
//! does not compile where somebody forbids that lint. So it sets none of Clippy's, but for two that its user could
//! not heed: a function with a parameter for each of seven services, and one that returns the `Box` of an output.

use proc_macro2::TokenStream;
use syn::{Attribute, Ident, Type};

use super::ident::{emit, ident};
use crate::model::{Field, Kind, Output, Saga, Step};
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

/// The levels for the binding of an input or a service, to which lints about "unused" refer, and for a
/// service those about its name.
pub(super) fn of_binding(attrs: &[Attribute]) -> TokenStream {
    let is_here = |attr: &&Attribute| !is_expect(attr) || is_about_use(attr) || is_about_case(attr);
    let own = levels(attrs).filter(is_here);
    emit!(#(#own)*)
}

/// The levels for the binding of an input, whose name is that of a field.
pub(super) fn of_input(attrs: &[Attribute]) -> TokenStream {
    let own = levels(attrs).filter(|attr| !is_expect(attr) || is_about_use(attr));
    emit!(#(#own)*)
}

/// The levels for the binding of an effect, if rustc is to warn about one that nobody reads: only of a
/// `read` that says how. What a `step` has done counts, whoever reads what it returned; and without
/// a level of its own, the [macro](super::unread) warns about a `read`. An `expect` is here if it can be
/// fulfilled: if nothing reads the effect.
pub(super) fn of_effect(step: &Step, is_read: bool) -> Option<TokenStream> {
    let own = &step.attrs.others;
    (step.kind == Kind::Read && levels(own).any(is_about_use)).then(|| {
        let own = levels(own).filter(|attr| !is_about_case_of(step, attr));
        let own = own.filter(|attr| !is_expect(attr) || is_about_use(attr) && !is_read);
        emit!(#(#own)*)
    })
}

/// The levels for the binding of a step's name, if rustc reports there that it is not in snake case.
pub(super) fn of_name(step: &Step) -> TokenStream {
    let own = levels(&step.attrs.others).filter(|attr| is_about_case_of(step, attr));
    emit!(#(#own)*)
}

/// The level for one more binding of a name that is not in snake case, about which rustc warns where the name
/// is declared.
pub(super) fn of_repeated(name: &Ident) -> Option<TokenStream> {
    let name = text(name);
    let name = name.trim_matches('_');
    let is_warned_of = name.chars().any(char::is_uppercase) || name.contains("__");
    is_warned_of.then(|| emit!(#[allow(non_snake_case)]))
}

/// What a public field with a `_` needs, which nobody is to read: to be hidden. Clippy asks for that.
pub(super) fn of_field(name: &Ident) -> Option<TokenStream> {
    text(name).starts_with('_').then(|| emit!(#[doc(hidden)]))
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

/// The levels for all of a step's code. An `expect` is fulfilled once: if it is about an effect that nobody uses
/// or about the step's name, at the binding of that.
pub(super) fn of_step(step: &Step, is_effect_unused: bool) -> TokenStream {
    levels(&step.attrs.others)
        .map(|attr| {
            if is_effect_unused && is_about_use(attr) || is_about_case_of(step, attr) {
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

/// Whether the user allows a field a name that is not in snake case.
pub(super) fn allows_its_case(field: &Field) -> bool {
    let mut own = levels(&field.attrs).filter(|attr| is_about_case(attr));
    of_repeated(&field.name).is_some()
        && own.any(|attr| is_expect(attr) || attr.path().is_ident("allow"))
}

/// The level for the struct of these fields: rustc asks that of the struct about their names. The others are
/// reported where the final expression has them.
pub(super) fn of_fields<'f>(mut fields: impl Iterator<Item = &'f Field>) -> Option<TokenStream> {
    let is_allowed = fields.any(allows_its_case);
    is_allowed.then(|| emit!(#[allow(non_snake_case)]))
}

fn is_expect(attr: &Attribute) -> bool {
    attr.path().is_ident("expect")
}

fn is_about_use(attr: &Attribute) -> bool {
    is_about(attr, &["unused", "unused_variables"])
}

fn is_about_case(attr: &Attribute) -> bool {
    is_about(attr, &["nonstandard_style", "non_snake_case"])
}

/// Whether the attribute is about the name of this step, which is not in snake case.
fn is_about_case_of(step: &Step, attr: &Attribute) -> bool {
    is_about_case(attr) && of_repeated(&step.name).is_some()
}

fn is_about(attr: &Attribute, lints: &[&str]) -> bool {
    let mut is_about = false;
    // If the attribute does not parse, it is not a list of lints, and rustc reports that.
    let _ = attr.parse_nested_meta(|lint| {
        is_about |= lints.iter().any(|name| lint.path.is_ident(name));
        Ok(())
    });
    is_about
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
