//! Where generated code finds the library.
//!
//! The `saga!` that users call is a `macro_rules!` of the facade (`src/lib.rs`), which passes its
//! `$crate` and the tokens on to the procedural macro. So neither a manifest nor a re-export can
//! hide the library.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Path, parse_quote};

/// The path of the library, however the user's program names it.
#[derive(Clone)]
pub(crate) enum Facade {
    /// The token `$crate` of the library's own `saga!`, which passes it on. Only this very token
    /// leads to the library from everywhere.
    Passed(Ident),
    /// `#[saga(crate = path)]`, or `::typed_saga` in a call without either.
    Written(Path),
}

impl Facade {
    /// What `$crate` looks like among the tokens of a call.
    pub(crate) const TOKEN: &'static str = "$crate";

    /// The path of the macro for calls that the macro writes itself, with the token that they pass
    /// on.
    pub(crate) fn call(&self) -> (TokenStream, Option<&Ident>) {
        match self {
            Self::Passed(token) => (quote::quote!(#token::__macros::saga), Some(token)),
            Self::Written(path) => (quote::quote!(#path::saga), None),
        }
    }
}

impl Default for Facade {
    fn default() -> Self {
        Self::Written(parse_quote!(::typed_saga))
    }
}

impl ToTokens for Facade {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Passed(token) => token.to_tokens(tokens),
            Self::Written(path) => path.to_tokens(tokens),
        }
    }
}
