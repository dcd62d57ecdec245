//! Sagas that are steps: the program compares the shape of each with what it was.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use saga_definition::{Released, Step as Was};
use syn::spanned::Spanned;

use super::{Shown, note};
use crate::errors::list;
use crate::expand::journal_name;
use crate::model::Saga;

/// One assertion for each shape that a step had: the first that fails is the error.
pub(super) fn compare(saga: &Saga, alike: &[Vec<&Released>]) -> TokenStream {
    let krate = saga.krate();
    let children = saga.steps().filter_map(|step| Some((step, step.child()?)));
    let constants = children.map(|(step, child)| {
        let (path, span) = (&child.path, child.path.span());
        let asserted = shapes(&journal_name(step), alike).into_iter();
        let asserted = asserted.map(|(shape, versions)| {
            let said = format!(
                "the saga that `{}` is has changed, and may have completed in runs of a released version\n\n\
                 note: {}\n\
                 help: declare it as it was: a saga that may have completed as a step can change in nothing; \
                 a test with `saga::engine::Versions` says what has changed; or run `saga released --prune` \
                 once no run of that version is in flight",
                step.name,
                note(&versions),
            );
            quote_spanned! {span=>
                ::core::assert!(<#path as #krate::__private::Durable>::SHAPE == #shape, "{}", #said);
            }
        });
        quote_spanned!(span=> const _: () = { #(#asserted)* };)
    });
    constants.collect()
}

/// The shapes that a step had, each with the versions in which it had that.
fn shapes<'a>(step: &str, alike: &[Vec<&'a Released>]) -> Vec<(u64, Vec<Shown<'a>>)> {
    let mut shapes: Vec<(u64, Vec<Shown<'_>>)> = Vec::new();
    for versions in alike {
        let mut steps = versions[0].definition.steps.iter();
        let was = steps.find(|was| was.name == step).and_then(Was::saga);
        let Some(was) = was.map(|was| &was.definition) else {
            continue;
        };
        let had = was.steps.iter().map(|step| &step.name);
        let had = format!("the saga `{}` with the steps {}", was.name, list(had));
        let (shape, shown) = (was.shape(), Shown::all(versions, &had));
        match shapes.iter_mut().find(|(known, _)| *known == shape) {
            Some((_, versions)) => versions.extend(shown),
            None => shapes.push((shape, shown)),
        }
    }
    shapes
}
