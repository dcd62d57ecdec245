//! Lint levels: those that the user wrote apply to the user's code; lints about what the user did
//! not choose are off.

use proc_macro2::TokenStream;
use syn::Attribute;

use super::ident::{emit, ident};
use crate::model::{Kind, Saga, Step};
use crate::names::{is_lint, word};

/// Turns off lints about signatures that the user did not choose, for all functions at once. The
/// bodies are the user's and are still linted.
pub(super) fn signatures() -> TokenStream {
    emit!(#[allow(
        clippy::missing_errors_doc, clippy::multiple_bound_locations,
        clippy::needless_lifetimes, clippy::needless_question_mark, clippy::ptr_arg,
        clippy::ref_option, clippy::return_self_not_must_use, clippy::too_many_arguments,
        clippy::trivially_copy_pass_by_ref, clippy::type_complexity, clippy::unnecessary_wraps,
        clippy::unused_async, clippy::unused_unit
    )])
}

/// Turns off lints about code for the executor, whose shape is the macro's, and which contains no
/// body of the user.
pub(super) fn executor() -> TokenStream {
    emit!(#[allow(
        clippy::multiple_bound_locations,
        clippy::redundant_closure, clippy::too_many_lines,
        clippy::used_underscore_binding
    )])
}

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

/// The levels for a step's action. To rustc each part of a step's code is a function of its own: an
/// `expect` that another part may fulfil allows.
pub(super) fn of_action(step: &Step) -> TokenStream {
    let (whole, is_elsewhere) = (is_whole_code(step), of_effect(step).is_some());
    levels(&step.attrs.others)
        .map(|attr| {
            if is_elsewhere && is_about_use(attr) || !whole {
                allowed(attr)
            } else {
                emit!(#attr)
            }
        })
        .collect()
}

/// The levels for the rest of a step's code. An `expect` is fulfilled once, elsewhere.
pub(super) fn of_clause(attrs: &[Attribute]) -> TokenStream {
    levels(attrs).map(allowed).collect()
}

/// Whether the action is all the code of a step.
fn is_whole_code(step: &Step) -> bool {
    let clauses = [
        step.compensation(),
        step.resolve.as_ref(),
        step.fallback.as_ref(),
    ];
    let has_clause = clauses.iter().any(Option::is_some);
    !has_clause && step.looped.is_none() && step.attrs.when.is_none()
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
