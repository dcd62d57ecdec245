//! The types that generated code names, and which of the saga's parameters they mention.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::generics::Params;
use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model::{Output, Step};

impl<'a> Plan<'a> {
    /// The type of a step's value.
    pub(super) fn value_type(&self, step: usize) -> TokenStream {
        let effect = self.steps[step].effect.as_ref();
        effect.map_or_else(|| self.written_value(step), |ty| self.checked(ty))
    }

    /// The same as it is written: what rustc says of the user's code shows it.
    pub(super) fn written_value(&self, step: usize) -> TokenStream {
        let Step { name, effect, .. } = self.steps[step];
        let unit = || quote_spanned!(name.span()=> ());
        effect.as_ref().map_or_else(unit, |ty| emit!(#ty))
    }

    /// The type of its effect to all who read it outside of its `when` block: optional behind a
    /// `when` of any kind, a list behind a loop.
    pub(super) fn effect_type(&self, step: usize) -> TokenStream {
        self.seen_type(step, None)
    }

    /// The same of one item, if it is a loop.
    pub(super) fn own_type(&self, step: usize) -> TokenStream {
        self.own_of(step, self.value_type(step))
    }

    /// The type of its effect as it is read in this `when` block: optional where it may not be
    /// there.
    pub(super) fn seen_type(&self, step: usize, block: Option<usize>) -> TokenStream {
        self.seen_of(step, block, self.value_type(step))
    }

    /// The same, made of the type of its value.
    pub(super) fn seen_of(
        &self,
        step: usize,
        block: Option<usize>,
        value: TokenStream,
    ) -> TokenStream {
        let (private, declared) = (&self.private, self.steps[step]);
        let whole = if declared.looped.is_some() {
            let own = self.own_of(step, value);
            emit!(#private::Vec<#own>)
        } else {
            value
        };
        if self.may_lack(step) && !self.is_plain_in(step, block) {
            emit!(#private::Option<#whole>)
        } else {
            whole
        }
    }

    fn own_of(&self, step: usize, value: TokenStream) -> TokenStream {
        let (private, declared) = (&self.private, self.steps[step]);
        let of_loop = declared.looped.is_some() && !declared.decides_each();
        if declared.attrs.when.is_some() && !of_loop {
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

    pub(super) fn input_type(&self) -> TokenStream {
        self.inputs_params().applied(&self.input())
    }

    pub(super) fn services_type(&self) -> TokenStream {
        self.services_params().applied(&self.name("Services"))
    }

    pub(super) fn run_type(&self) -> TokenStream {
        self.all.applied(&self.name("Run"))
    }

    pub(super) fn slots_type(&self) -> TokenStream {
        self.effects_params().applied(&ident("__Slots"))
    }

    pub(super) fn snapshot_type(&self) -> TokenStream {
        self.effects_params().applied(&self.name("Snapshot"))
    }

    pub(super) fn output_type(&self) -> TokenStream {
        match &self.saga.output {
            Output::Type(ty) => self.checked(ty),
            Output::Effects(_) => self.effects_params().applied(&self.name("Effects")),
        }
    }

    /// The same as it is written: what rustc says of the last expression shows it.
    pub(super) fn shown_output(&self) -> TokenStream {
        let written = self.written_output().map(|ty| emit!(#ty));
        written.unwrap_or_else(|| self.output_type())
    }

    pub(super) fn error_type(&self) -> TokenStream {
        self.checked(&self.saga.error)
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

    /// `Result<ty, E>`, so that a mismatch is reported where `ty` is written.
    pub(super) fn result_of(&self, ty: &TokenStream, written: Span) -> TokenStream {
        let error = self.error_type();
        let [core, result, result_type] = ["core", "result", "Result"].map(ident);
        quote_spanned!(written=> ::#core::#result::#result_type<#ty, #error>)
    }
}
