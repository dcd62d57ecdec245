//! The `saga!` macro. Use it through `typed-saga`, which documents it.

mod cfg;
mod check;
mod declare;
mod errors;
mod expand;
mod known;
mod model;
mod names;
mod nesting;
mod parse;
mod promises;
#[cfg(feature = "durable")]
mod released;
mod reruns;
mod similar;
#[cfg(test)]
mod tests;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::declare::Declared;
use crate::errors::Errors;
use crate::expand::Mode;
use crate::known::Known;
use crate::model::Saga;
use crate::nesting::Nesting;
use crate::parse::Declaration;

/// Declares sagas: steps, the compensation that undoes each, and what they read. See the
/// documentation of `typed-saga`.
#[proc_macro]
pub fn saga(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    sagas(input.into()).into()
}

/// All sagas of one call: parsed, checked, expanded, with every error of each.
pub(crate) fn sagas(input: TokenStream) -> TokenStream {
    let declared = parse::declarations(input);
    let (mut names, nesting) = (Names::default(), Nesting::of(&declared));
    let checked = declared.into_iter();
    let checked: Vec<_> = checked
        .map(|declared| Checked::of(declared, &nesting, &mut names))
        .collect();
    let known = Known::of(checked.iter().filter_map(Checked::good));
    checked
        .iter()
        .map(|checked| checked.items(&known))
        .collect()
}

/// The earlier sagas of the same call of the macro.
#[derive(Default)]
struct Names {
    sagas: HashSet<String>,
    /// For each name in keys and journals, the saga that has it.
    records: HashMap<String, String>,
}

impl Names {
    /// Whether the saga is the first of its name; reports each name that it shares with another
    /// saga.
    fn declare(&mut self, saga: &Saga, errors: &mut Errors) -> bool {
        let name = names::text(&saga.name);
        if !self.sagas.insert(name.clone()) {
            let what = format!("`{name}` is already the name of a saga");
            errors.add(saga.name.span(), what, "choose another name");
            return false;
        }
        let (recorded, span) = match &saga.attrs.name {
            Some(written) => (written.value(), written.span()),
            None => (name.clone(), saga.name.span()),
        };
        match self.records.entry(recorded) {
            Entry::Vacant(free) => drop(free.insert(name)),
            Entry::Occupied(owner) => {
                let (recorded, owner) = (owner.key(), owner.get());
                let what = format!(
                    "`{recorded}` is already the name of the saga `{owner}` in keys and journals"
                );
                errors.add(span, what, "give it another `#[name = \"…\"]`");
            }
        }
        true
    }
}

/// A declaration after the checks that need no other saga.
enum Checked {
    /// There is no saga: its errors, or calls of the macro for each branch of a `#[cfg]`.
    Tokens(TokenStream),
    Saga {
        saga: Box<Saga>,
        /// The saga as data, if it has no mistakes.
        declared: Option<Box<Declared>>,
        errors: Errors,
        /// Whether no earlier saga of the call has its name.
        is_first: bool,
    },
}

impl Checked {
    /// `names` has the earlier sagas of the same call of the macro.
    fn of(declaration: Declaration, nesting: &Nesting, names: &mut Names) -> Self {
        match declaration {
            Declaration::Split(tokens) | Declaration::Half(tokens) => Self::Tokens(tokens),
            Declaration::Unreadable(errors) => Self::Tokens(errors.into_token_stream()),
            Declaration::Saga {
                mut saga,
                lost,
                mut errors,
            } => {
                let is_read = errors.is_empty();
                nesting.check(&saga, &mut errors);
                let (mut errors, declared) = check::check(&mut saga, &lost, errors);
                // The type of a step that is half typed is not missing.
                if is_read {
                    check::untyped(&mut saga, &mut errors);
                }
                #[cfg(not(feature = "durable"))]
                without_its_feature(&mut saga, &mut errors);
                let is_first = names.declare(&saga, &mut errors);
                let is_good = errors.is_empty();
                Self::Saga {
                    saga,
                    declared: is_good.then(|| Box::new(known::complete(declared))),
                    errors,
                    is_first,
                }
            }
        }
    }

    /// The saga, and the saga as data, if it has no mistakes.
    fn good(&self) -> Option<(&Saga, &Declared)> {
        match self {
            Self::Saga { saga, declared, .. } => Some((saga, declared.as_deref()?)),
            Self::Tokens(_) => None,
        }
    }

    fn items(&self, known: &Known<'_>) -> TokenStream {
        let (saga, declared, known_errors, is_first) = match self {
            Self::Tokens(tokens) => return tokens.clone(),
            Self::Saga {
                saga,
                declared,
                errors,
                is_first,
            } => (saga, declared.as_deref(), errors, *is_first),
        };
        let Some(declared) = declared else {
            let items =
                (is_first && check::is_whole(saga)).then(|| expand::expand(saga, Mode::Broken));
            return quote!(#items #known_errors);
        };
        let (definition, mut errors) = (&declared.definition, Errors::default());
        reruns::check(saga, definition, known, &mut errors);
        // Another saga that it runs in the wrong way would be reported again.
        let mode = if errors.is_empty() {
            Mode::Complete(declared)
        } else {
            Mode::Broken
        };
        promises::check(saga, definition, &mut errors);
        #[cfg(feature = "durable")]
        let tracked = released::check(saga, definition, &mut errors);
        #[cfg(not(feature = "durable"))]
        let tracked = TokenStream::new();
        let items = expand::expand(saga, mode);
        quote!(#items #tracked #errors)
    }
}

/// Reports a `durable saga` where the feature is missing, and makes it one that is not durable, so
/// that this is the only error.
#[cfg(not(feature = "durable"))]
fn without_its_feature(saga: &mut Saga, errors: &mut Errors) {
    if let Some(durable) = saga.durable.take() {
        let what = "a `durable saga` needs the feature `durable` of the crate `typed-saga`";
        let help = "add `features = [\"durable\"]` to `typed-saga` in Cargo.toml";
        errors.add(durable, what, help);
    }
}
