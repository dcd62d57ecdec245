//! The identifiers of generated code.
//!
//! No identifier has the span of a user's token, unless it declares an item that is named after
//! that token: otherwise an editor's "go to definition" would offer it, too. Where rustc should
//! underline a user's token, the punctuation around the identifier has its span.

use proc_macro2::{Ident, Span};

/// `quote!`, except that locals neither shadow the user's nor are shadowed by them. All other names
/// have the meaning that they have where the macro is called.
macro_rules! emit {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}
pub(super) use emit;

/// An identifier with the span of [`emit!`], for use among tokens that have a user's span.
pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The name of an item that is named after a user's word, where it is used.
pub(super) fn item(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// The user's name of an item, where generated code uses it.
pub(super) fn used(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(Span::call_site());
    name
}

/// A user's name with which generated code declares something. It keeps the user's place, but
/// counts as part of the expansion, so that no lint reports there what the user did not write.
pub(super) fn declared(name: &Ident) -> Ident {
    let mut name = written(name);
    name.set_span(name.span().resolved_at(Span::mixed_site()));
    name
}

/// A user's name with which the user declares something, and which lints are about.
pub(super) fn written(name: &Ident) -> Ident {
    // A keyword since edition 2024, which is this crate's: in that of the user it may be a name.
    if *name == "gen" {
        Ident::new_raw("gen", name.span())
    } else {
        name.clone()
    }
}
