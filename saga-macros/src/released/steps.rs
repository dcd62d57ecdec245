//! Child sagas: the program compares the shape of each with the recorded one.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;
use typed_saga_definition::{Definition, Released, Step as Was};

use super::now::Now;
use super::shown::{Shown, note};
use super::words::or_prune;
use crate::errors::list;
use crate::model::Saga;

const RESTORE: &str = "restore its declaration: a child saga that may have completed may only gain steps with \
    `#[introduced]` (a test with `typed_saga::engine::Versions` shows what has changed)";

/// One assertion for each shape that a step had; the first that fails is the error.
pub(super) fn compare(saga: &Saga, declared: &Definition, alike: &[Vec<&Released>]) -> TokenStream {
    let krate = &saga.facade;
    let steps = Now::steps(saga, declared);
    let children = steps.filter_map(|now| now.step.child().map(|child| (now, child)));
    let constants = children.map(|(now, child)| {
        let (path, span) = (&child.path, child.path.span());
        let asserted = shapes(&now.declared.name, alike).into_iter();
        let asserted = asserted.map(|((shape, once_required), versions)| {
            let once_required = once_required.into_iter();
            let said = format!(
                "the child saga of `{}` has changed, and may have completed in runs of a released version\n\n\
                 note: {}\n\
                 help: {}",
                now.step.name,
                note(&versions),
                or_prune(RESTORE),
            );
            quote_spanned! {span=>
                ::core::assert!(<#path as #krate::__private::Durable>::SHAPE == #shape
                    #(|| <#path as #krate::__private::Durable>::SHAPE == #once_required)*, "{}", #said);
            }
        });
        quote_spanned!(span=> const _: () = { #(#asserted)* };)
    });
    constants.collect()
}

/// The shape that a step had, and the shape that it has if each of its introduced steps is
/// required.
type Shapes = (u64, Option<u64>);

/// The shapes that a step had, each with its versions.
fn shapes<'a>(step: &str, alike: &[Vec<&'a Released>]) -> Vec<(Shapes, Vec<Shown<'a>>)> {
    let mut shapes: Vec<(Shapes, Vec<Shown<'_>>)> = Vec::new();
    for versions in alike {
        let mut steps = versions[0].definition.steps.iter();
        let was = steps.find(|was| was.name == step).and_then(Was::saga);
        let Some(was) = was.map(|was| &was.definition) else {
            continue;
        };
        let had = was.steps.iter().map(|step| &step.name);
        let had = format!("the saga `{}` with the steps {}", was.name, list(had));
        let had_shapes = (was.shape(), was.shape_once_required());
        let shown = Shown::all(versions, &had);
        match shapes.iter_mut().find(|(known, _)| *known == had_shapes) {
            Some((_, versions)) => versions.extend(shown),
            None => shapes.push((had_shapes, shown)),
        }
    }
    shapes
}
