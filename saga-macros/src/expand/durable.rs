//! What a durable saga must be able to keep beside its effects: inputs and output.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model::Output;

impl Plan<'_> {
    /// One line for each type, spanned at the type: that it is not serde is reported there, once.
    pub(super) fn durable(&self) -> TokenStream {
        let Some(durable) = self.saga.durable.filter(|_| !self.broken) else {
            return TokenStream::new();
        };
        let (p, codec, feature) = (&self.p, ident("codec"), ident("durable"));
        let (declared, predicates) = (self.all.declared(), self.all.shared(p));
        let output = match &self.saga.output {
            Output::Type(ty) => Some(ty),
            // Made of effects, which are kept one by one.
            Output::Effects(_) => None,
        };
        let types = self.inputs().map(|input| &input.ty).chain(output);
        let kept = types.map(|ty| quote_spanned!(ty.span()=> let _ = #p::#codec::<#ty>();));
        let feature = quote_spanned!(durable=> #p::#feature!{});
        emit! {
            #feature
            #[allow(dead_code)]
            fn __kept<#declared>() where #predicates { #(#kept)* }
        }
    }
}
