//! `sagas.released`: whether the runs of released versions of a durable saga could continue under
//! its current declaration, wherever these runs are.
//!
//! `typed-saga-definition` compares two versions. This module finds the file (`file`), and writes
//! the messages about differences, each with the token that it is about (`said`). Only the program
//! knows the declaration of a child saga, and the name of a lock; constants in the program compare
//! these (`steps`, `locks`).

mod clauses;
mod file;
mod inputs;
mod locks;
mod now;
mod said;
mod shown;
mod steps;
mod words;

use std::collections::HashSet;
use std::ptr;

use proc_macro2::TokenStream;
use quote::quote;
use typed_saga_definition::{Definition, Difference, Released, Text, differences};

use self::said::Said;
use self::shown::{Shown, note};
use crate::errors::{Errors, error_over_noted};
use crate::model::Saga;

/// Reports each difference, for a saga without other mistakes. Returns items that make cargo
/// compile the saga again when the file changes.
pub(crate) fn check(saga: &Saga, declared: &Definition, errors: &mut Errors) -> TokenStream {
    if saga.durable.is_none() {
        return TokenStream::new();
    }
    let Some(path) = file::find() else {
        return TokenStream::new();
    };
    let compared = match file::read(&path) {
        _ if file::is_off() => TokenStream::new(),
        Ok(text) => compare(saga, declared, &text, errors),
        Err(error) => {
            let what = format!("`{}` cannot be read: {error}", path.display());
            errors.add(
                saga.name.span(),
                what,
                "restore the file from your repository",
            );
            TokenStream::new()
        }
    };
    let Some(path) = path.to_str() else {
        return compared;
    };
    // Neither constant reaches the binary. An absolute path is valid wherever the saga is declared.
    quote! {
        #compared
        const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
        const _: ::core::option::Option<&::core::primitive::str> =
            ::core::option_env!("SAGA_RELEASED");
    }
}

/// Compares the saga with the text of a file. Returns the comparisons that the program makes.
pub(crate) fn compare(
    saga: &Saga,
    declared: &Definition,
    text: &str,
    errors: &mut Errors,
) -> TokenStream {
    let mut released = match Released::all(text, Some(&declared.name)) {
        Ok(released) => released,
        Err(unreadable) => {
            let (file, line) = (Released::FILE, unreadable.line);
            let what = format!("line {line} of `{file}` cannot be read: {}", unreadable.why);
            let help =
                "restore the line from your repository, or remove it and run `saga released`";
            errors.add(saga.name.span(), what, help);
            return TokenStream::new();
        }
    };
    // Two branches may have added a version on different days.
    let mut known = HashSet::new();
    released.retain(|version| known.insert(version.fingerprint));
    let alike = alike(&released);
    let mut found: Vec<(Said, Vec<Shown<'_>>)> = Vec::new();
    for versions in &alike {
        let definition = &versions[0].definition;
        let differences = differences(definition, declared);
        for difference in &differences {
            if is_explained(difference, &differences) {
                continue;
            }
            let said = Said::of((saga, declared), definition, difference);
            let shown = Shown::all(versions, &said.had);
            match found.iter_mut().find(|(known, _)| known.what == said.what) {
                Some((known, versions)) => {
                    // The help proposes to return to the latest version.
                    known.help = said.help;
                    versions.extend(shown);
                }
                None => found.push((said, shown)),
            }
        }
    }
    for (Said { at, what, help, .. }, versions) in found {
        errors.push(error_over_noted(at, what, note(&versions), help));
    }
    let steps = steps::compare(saga, declared, &alike);
    let locks = locks::compare(saga, declared, &alike);
    quote!(#steps #locks)
}

/// The versions in groups that share a definition, in order.
fn alike(released: &[Released]) -> Vec<Vec<&Released>> {
    let mut alike: Vec<Vec<&Released>> = Vec::new();
    for version in released {
        let definition: &Definition = &version.definition;
        let shares = |other: &&mut Vec<&Released>| {
            let other: &Definition = &other[0].definition;
            ptr::eq(other, definition)
        };
        match alike.iter_mut().find(shares) {
            Some(versions) => versions.push(version),
            None => alike.push(vec![version]),
        }
    }
    alike
}

/// Whether another difference explains this one: that of an input that a clause reads; or one of
/// the same step, since a step depends on what its clauses read, and in a block waits for what it
/// depends on, and a loop has another effect than a step.
fn is_explained(difference: &Difference, all: &[Difference]) -> bool {
    let is_of_input = |name: &Text| {
        all.iter().any(|other| match other {
            Difference::Input { was, is } => {
                let mut inputs = was.iter().chain(is);
                inputs.any(|input| input.name == *name)
            }
            _ => false,
        })
    };
    match difference {
        Difference::Reads { was, is, .. } => return was.iter().chain(&**is).any(is_of_input),
        Difference::Key { was, is, .. } => return is_of_input(was) || is_of_input(is),
        _ => {}
    }
    let is_reason = |other: &&Difference| match difference {
        Difference::StandsOn { .. } => matches!(
            other,
            Difference::With { .. }
                | Difference::Compensation { .. }
                | Difference::Reads { .. }
                | Difference::Resolve { .. }
        ),
        Difference::Awaits { .. } => matches!(other, Difference::StandsOn { .. }),
        // The effect of a loop is a list.
        Difference::Effect { .. } => {
            matches!(other, Difference::Loop { was, is, .. } if was.is_some() != is.is_some())
        }
        _ => false,
    };
    let mut reasons = all.iter().filter(is_reason);
    reasons.any(|other| other.step() == difference.step())
}
