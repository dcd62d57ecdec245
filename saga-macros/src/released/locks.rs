//! Locks: the program compares the `NAME` of each lock with the recorded one, since no macro knows
//! it.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;
use typed_saga_definition::{Definition, Released};

use super::now::Now;
use super::shown::{Shown, note};
use super::words::or_prune;
use crate::model::Saga;

/// One assertion for each name that a lock had. If the name were different, sagas of that version
/// and of this one would not exclude each other.
pub(super) fn compare(saga: &Saga, declared: &Definition, alike: &[Vec<&Released>]) -> TokenStream {
    let krate = &saga.facade;
    let steps = Now::steps(saga, declared);
    let locks = steps.filter_map(|now| now.step.lock().map(|lock| (now, lock)));
    let constants = locks.flat_map(|(now, lock)| {
        let (ty, name) = (&lock.ty, &now.step.name);
        let names = names(&now.declared.name, alike).into_iter();
        let asserted = names.map(move |(was, versions)| {
            let said = format!(
                "the lock `{name}` has a different `NAME` than in a released version\n\n\
                 note: {}\n\
                 help: {}",
                note(&versions),
                or_prune(&format!("make its `NAME` \"{was}\" again")),
            );
            (ty.span(), ty, was, said)
        });
        asserted.collect::<Vec<_>>()
    });
    let constants = constants.map(|(span, ty, was, said)| {
        quote_spanned! {span=>
            const _: () = ::core::assert!(
                #krate::__private::is_named::<#ty>(#was), "{}", #said
            );
        }
    });
    constants.collect()
}

/// The names that a lock had, each with its versions.
fn names<'a>(step: &str, alike: &[Vec<&'a Released>]) -> Vec<(&'a str, Vec<Shown<'a>>)> {
    let mut names: Vec<(&str, Vec<Shown<'_>>)> = Vec::new();
    for versions in alike {
        let mut steps = versions[0].definition.steps.iter();
        let was = steps.find(|was| was.name == step);
        let Some(was) = was.and_then(|was| was.lock.as_ref()) else {
            continue;
        };
        let shown = Shown::all(versions, &format!("`{}`", was.name));
        match names.iter_mut().find(|(known, _)| *known == &*was.name) {
            Some((_, versions)) => versions.extend(shown),
            None => names.push((&was.name, shown)),
        }
    }
    names
}
