//! Where generated code finds the library.
//!
//! The `saga!` that users call is a `macro_rules!` of the facade (`src/lib.rs`), which passes its
//! `$crate` and the tokens on to the procedural macro. So neither a manifest nor a re-export can
//! hide the library.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

/// The path of the library, however the user's program names it: the token `$crate` of the library's
/// own `saga!`, which passes it on (only this very token leads to the library from everywhere); or
/// `::typed_saga`, in a call without it.
#[derive(Clone, Default)]
pub(crate) struct Facade(pub(crate) Option<Ident>);

impl Facade {
    /// What `$crate` looks like among the tokens of a call.
    pub(crate) const TOKEN: &'static str = "$crate";

    /// The path of the macro for calls that the macro writes itself, with the token that they pass
    /// on.
    pub(crate) fn call(&self) -> (TokenStream, Option<&Ident>) {
        match &self.0 {
            Some(token) => (quote!(#token::__macros::saga), Some(token)),
            None => (quote!(#self::saga), None),
        }
    }
}

impl ToTokens for Facade {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(token) => token.to_tokens(tokens),
            None => tokens.extend(quote!(::typed_saga)),
        }
    }
}
