//! Differences of the inputs, which every run was submitted with.

use quote::ToTokens;
use saga_definition::{Definition, Field};

use super::words::{Parts, names, or_prune};
use crate::model::Saga;

pub(super) fn said(
    saga: &Saga,
    old: &Definition,
    was: Option<&Field>,
    is: Option<&Field>,
) -> Parts {
    let inputs: Vec<_> = old.inputs.iter().map(|input| input.name.clone()).collect();
    let declared = is.and_then(|is| saga.inputs.iter().find(|input| input.name == *is.name));
    let (at, what, had, help) = match (was, is.zip(declared)) {
        (Some(was), Some((is, input))) if was.name == is.name => (
            input.ty.to_token_stream(),
            format!(
                "the input `{}` has another type than in a released version",
                is.name
            ),
            format!("`{}`", was.ty),
            format!(
                "keep the type `{}`, and let its JSON grow (`#[serde(default)]` on a new field)",
                was.ty
            ),
        ),
        (Some(was), Some((is, input))) => (
            input.name.to_token_stream(),
            format!(
                "runs of a released version were submitted without the input `{}`",
                is.name
            ),
            format!("`{}: {}` in its place", was.name, was.ty),
            format!("call it `{}` again", was.name),
        ),
        (Some(was), None) => (
            saga.name.to_token_stream(),
            format!(
                "`{}` has no input `{}` any more, and runs of a released version were submitted with it",
                saga.name, was.name
            ),
            format!("`{}: {}`", was.name, was.ty),
            format!("put the input `{}` back", was.name),
        ),
        (None, declared) => (
            declared.map_or_else(
                || saga.name.to_token_stream(),
                |(_, input)| input.name.to_token_stream(),
            ),
            format!(
                "runs of a released version were submitted without the input `{}`",
                is.map_or("", |is| &is.name)
            ),
            format!("the inputs {}", names(&inputs)),
            "put it into the type of another input, as a field with `#[serde(default)]`".to_owned(),
        ),
    };
    (at, what, had, or_prune(&help))
}
