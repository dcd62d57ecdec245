//! Texts that the messages share.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Ident;
use typed_saga_definition::Text;

use crate::errors::list;

/// The token, the mistake, what the version had, and how to restore it.
pub(super) type Parts = (TokenStream, String, String, String);

pub(super) fn changed(name: &Ident, what: &str) -> String {
    format!("`{name}` {what} than in a released version")
}

/// The mistake for what a step is now, or is no longer.
pub(super) fn unlike(name: &Ident, what: &str) -> String {
    format!("`{name}` {what}, unlike in a released version")
}

/// A help, with the last resort of every help.
pub(super) fn or_prune(help: &str) -> String {
    format!("{help}; or run `saga released --prune` once no run of that version is in flight")
}

/// The help for an input or an effect whose type is written differently.
pub(super) fn retyped(was: &Text) -> String {
    format!(
        "keep the type `{was}`, and let its JSON grow (`#[serde(default)]` on a new field); if it is the same type \
         under another name or path, go on writing `{was}`: a `type` or a `pub use` keeps an old name"
    )
}

/// A keyword at this span.
pub(super) fn at(span: Span) -> TokenStream {
    Ident::new("here", span).into_token_stream()
}

pub(super) fn names(names: &[Text]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    list(names)
}
