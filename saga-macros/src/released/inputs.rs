//! Differences in the inputs, with which every run was submitted.

use quote::ToTokens;
use syn::Ident;
use typed_saga_definition::{Definition, Field};

use super::words::{Parts, names, or_prune, retyped};
use crate::model::Saga;
use crate::names::recorded;

pub(super) fn said(
    saga: &Saga,
    old: &Definition,
    was: Option<&Field>,
    is: Option<&Field>,
) -> Parts {
    let named = |is: &Field| {
        saga.inputs
            .iter()
            .find(|input| recorded(&input.name) == *is.name)
    };
    let declared = is.and_then(named);
    let without = |name: &Ident| {
        format!("runs of a released version were submitted without the input `{name}`")
    };
    let (at, what, had, help) = match (was, declared) {
        (Some(was), Some(input)) if recorded(&input.name) == *was.name => (
            input.ty.to_token_stream(),
            format!(
                "the input `{}` has a different type than in a released version",
                was.name
            ),
            format!("`{}`", was.ty),
            retyped(&was.ty),
        ),
        (Some(was), Some(input)) => (
            input.name.to_token_stream(),
            without(&input.name),
            format!("`{}: {}` in its place", was.name, was.ty),
            format!("call it `{}` again", was.name),
        ),
        (Some(was), None) => (
            saga.name.to_token_stream(),
            format!(
                "`{}` no longer has the input `{}`, and runs of a released version were submitted with it",
                saga.name, was.name
            ),
            format!("`{}: {}`", was.name, was.ty),
            format!("put the input `{}` back", was.name),
        ),
        (None, Some(input)) => {
            let inputs: Vec<_> = old.inputs.iter().map(|input| input.name.clone()).collect();
            (
                input.name.to_token_stream(),
                without(&input.name),
                format!("the inputs {}", names(&inputs)),
                "put it into the type of another input, as a field with `#[serde(default)]`"
                    .to_owned(),
            )
        }
        (None, None) => unreachable!("what is new is declared"),
    };
    (at, what, had, or_prune(&help))
}
