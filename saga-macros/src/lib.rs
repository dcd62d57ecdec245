//! The `saga!` macro. Use it through the `saga` crate, which documents it.

mod cfg;
mod check;
mod errors;
mod expand;
mod model;
mod names;
mod parse;
mod similar;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::expand::Mode;
use crate::parse::Declaration;

/// Declares sagas: steps, the compensation that undoes each, and what they read. See the
/// documentation of the `saga` crate.
#[proc_macro]
pub fn saga(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    sagas(input.into()).into()
}

/// All sagas of one call: parsed, checked, expanded, with every error of each.
pub(crate) fn sagas(input: TokenStream) -> TokenStream {
    let mut names = HashSet::new();
    parse::declarations(input)
        .into_iter()
        .map(|declared| declaration(declared, &mut names))
        .collect()
}

/// `names` has the sagas before it in the same call.
fn declaration(declaration: Declaration, names: &mut HashSet<String>) -> TokenStream {
    match declaration {
        Declaration::Split(calls) => calls,
        Declaration::Unreadable(errors) => errors.into_token_stream(),
        Declaration::Saga {
            mut saga,
            lost,
            errors,
        } => {
            let mut errors = check::check(&mut saga, &lost, errors);
            let is_first = names.insert(names::text(&saga.name));
            if !is_first {
                let what = format!("`{}` is already the name of a saga", saga.name);
                errors.add(saga.name.span(), what, "choose another name");
            }
            let items = if errors.is_empty() {
                expand::expand(&saga, Mode::Complete)
            } else if is_first && check::is_whole(&saga) {
                expand::expand(&saga, Mode::Broken)
            } else {
                TokenStream::new()
            };
            quote!(#items #errors)
        }
    }
}
