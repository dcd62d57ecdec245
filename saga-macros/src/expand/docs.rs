//! The picture of a saga and the table of its steps, for its documentation.

use proc_macro2::TokenStream;

use super::ident::emit;
use super::plan::Plan;

impl Plan<'_> {
    /// What the documentation says after the user's own words. It is for rustdoc alone: any other
    /// compiler drops the attribute. Durations that are expressions are shown as they are written.
    pub(super) fn drawn(&self) -> TokenStream {
        if self.broken {
            return TokenStream::new();
        }
        let definition = self.declared();
        let docs = format!(
            "\n\n# Steps\n\n<div>\n{}</div>\n\n{}",
            definition.to_svg(),
            definition.to_table()
        );
        emit!(#[cfg_attr(doc, doc = #docs)])
    }
}
