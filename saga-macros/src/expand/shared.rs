//! What a saga holds is `Send + Sync + 'static`: said as predicates at the user's types, so that rustc reports there, and once, what is not.
//!
//! Under a predicate that does not hold rustc believes what follows from it, so nothing else is reported; and the same report from several
//! items is shown once.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::ident::{emit, ident};
use super::plan::{Plan, reads_of};
use crate::model::{Source, Step};

impl Plan<'_> {
    /// The predicates for all that the saga holds.
    pub(super) fn all_shared(&self) -> TokenStream {
        let fields = self.inputs().chain(self.services());
        let steps = self.every_step().map(|(_, step)| step);
        let effects = steps.filter_map(|step| step.effect.as_ref());
        self.are_shared(fields.map(|field| &field.ty).chain(effects))
    }

    /// The same for what the code of a step reads and gives.
    pub(super) fn step_shared(&self, step: &Step) -> TokenStream {
        let read = reads_of(step).filter_map(|read| self.type_of(read.source));
        let mut types: Vec<&Type> = Vec::new();
        for ty in read.chain(&step.effect) {
            if !types.iter().any(|known| std::ptr::eq(*known, ty)) {
                types.push(ty);
            }
        }
        self.are_shared(types.into_iter())
    }

    /// The user's type behind a read.
    fn type_of(&self, source: Source) -> Option<&Type> {
        match source {
            Source::Input(index) => Some(&self.saga.inputs[index].ty),
            Source::Service(index) => Some(&self.saga.services[index].ty),
            Source::Effect(step) => self.steps[step].effect.as_ref(),
            _ => None,
        }
    }

    /// With the error's type, and with the saga's parameters, which are shared, too.
    fn are_shared<'t>(&'t self, types: impl Iterator<Item = &'t Type>) -> TokenStream {
        let types = types.chain([&self.saga.error]);
        let written = types.filter(|ty| !self.is_param(ty));
        let written = written.map(|ty| self.is_shared(ty));
        written.chain([self.all.shared(&self.p)]).collect()
    }

    fn is_shared(&self, ty: &Type) -> TokenStream {
        let (p, shared) = (&self.p, ident("Shared"));
        // `for<>` and `<>` are there for their spans: rustc underlines a bound from its first token to its last.
        let bound = quote_spanned!(ty.span()=> #ty: for<> #p::#shared);
        let end = quote_spanned!(last_span(ty)=> <>,);
        emit!(#bound #end)
    }

    /// Whether a type is just one of the saga's parameters.
    fn is_param(&self, ty: &Type) -> bool {
        let mut params = self.saga.generics.type_params();
        match ty {
            Type::Path(ty) => params.any(|param| ty.path.is_ident(&param.ident)),
            _ => false,
        }
    }
}

/// Of the last token: on stable, the span of several is that of the first.
fn last_span(tokens: impl ToTokens) -> Span {
    let last = tokens.into_token_stream().into_iter().last();
    last.map_or_else(Span::call_site, |token| token.span())
}
