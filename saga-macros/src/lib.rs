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

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::expand::Mode;
use crate::parse::Declaration;

/// Declares sagas: steps, the compensation that undoes each, and what they read. See the documentation of the `saga` crate.
#[proc_macro]
pub fn saga(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    sagas(input.into()).into()
}

/// All sagas of one call: parsed, checked, expanded, with every error of each.
pub(crate) fn sagas(input: TokenStream) -> TokenStream {
    parse::declarations(input)
        .into_iter()
        .map(declaration)
        .collect()
}

fn declaration(declaration: Declaration) -> TokenStream {
    match declaration {
        Declaration::Split(calls) => calls,
        Declaration::Unreadable(errors) => errors.into_token_stream(),
        Declaration::Saga {
            mut saga,
            lost,
            errors,
        } => {
            let errors = check::check(&mut saga, &lost, errors);
            let items = if errors.is_empty() {
                expand::expand(&saga, Mode::Complete)
            } else if saga.generics.lifetimes().next().is_some() {
                // No item could declare them: rustc would say so at every use.
                TokenStream::new()
            } else {
                expand::expand(&saga, Mode::Broken)
            };
            quote!(#items #errors)
        }
    }
}
