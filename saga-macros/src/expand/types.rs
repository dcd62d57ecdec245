//! The types that generated code names, and which of the saga's parameters they mention.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::generics::Params;
use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model::Output;

impl<'a> Plan<'a> {
    /// The written type of a step's value.
    pub(super) fn value_type(&self, step: usize) -> TokenStream {
        let step = self.steps[step];
        if let Some(ty) = &step.effect {
            self.checked(ty)
        } else {
            quote_spanned!(step.name.span()=> ())
        }
    }

    /// The type of its effect to all who read it outside of its `when` block: optional behind a
    /// `when` of any kind, a list behind a loop.
    pub(super) fn effect_type(&self, step: usize) -> TokenStream {
        let (private, declared) = (&self.private, self.steps[step]);
        if declared.looped.is_none() {
            return self.seen_type(step, None);
        }
        let own = self.own_type(step);
        if declared.attrs.when.is_some() && !declared.decides_each() {
            return emit!(#private::Option<#private::Vec<#own>>);
        }
        emit!(#private::Vec<#own>)
    }

    /// The same of one item, if it is a loop.
    pub(super) fn own_type(&self, step: usize) -> TokenStream {
        let (value, declared) = (self.value_type(step), self.steps[step]);
        let of_loop = declared.looped.is_some() && !declared.decides_each();
        if declared.attrs.when.is_some() && !of_loop {
            let private = &self.private;
            emit!(#private::Option<#value>)
        } else {
            value
        }
    }

    /// The type of its effect as it is read in this `when` block: optional where it may not be
    /// there.
    pub(super) fn seen_type(&self, step: usize, block: Option<usize>) -> TokenStream {
        if self.steps[step].looped.is_some() {
            return self.effect_type(step);
        }
        let value = self.value_type(step);
        if self.is_optional(step) && !self.is_plain_in(step, block) {
            let private = &self.private;
            emit!(#private::Option<#value>)
        } else {
            value
        }
    }

    /// The type of an item, if the step is a loop.
    pub(super) fn item_type(&self, step: usize) -> Option<TokenStream> {
        let looped = self.steps[step].looped.as_ref()?;
        Some(self.checked(&looped.ty))
    }

    pub(super) fn output_type(&self) -> TokenStream {
        match &self.saga.output {
            Output::Type(ty) => emit!(#ty),
            Output::Effects(_) => {
                let (effects, params) = (self.name("Effects"), self.effects_params().names());
                emit!(#effects<#params>)
            }
        }
    }

    pub(super) fn inputs_params(&self) -> Params<'a> {
        self.params_of(|| {
            self.inputs()
                .map(|input| &input.ty)
                .map(|ty| emit!(#ty))
                .collect()
        })
    }

    pub(super) fn services_params(&self) -> Params<'a> {
        self.params_of(|| {
            let types = self.services().map(|service| &service.ty);
            types.map(|ty| emit!(#ty)).collect()
        })
    }

    pub(super) fn effects_params(&self) -> Params<'a> {
        self.params_of(|| {
            let steps = self.every_step();
            steps.map(|(step, _)| self.value_type(step)).collect()
        })
    }

    /// Those parameters that some tokens mention.
    pub(super) fn params_of(&self, tokens: impl FnOnce() -> TokenStream) -> Params<'a> {
        Params::mentioned(&self.saga.generics, tokens)
    }

    /// `Result<ty, E>`, so that a mismatch is reported at `ty`.
    pub(super) fn result_of(&self, ty: &TokenStream) -> TokenStream {
        let error = &self.saga.error;
        let [core, result, result_type] = ["core", "result", "Result"].map(ident);
        quote_spanned!(ty.span()=> ::#core::#result::#result_type<#ty, #error>)
    }
}
