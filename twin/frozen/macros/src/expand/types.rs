//! The types that generated code names, and the parameters of the saga that they mention.

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

    /// The type of a step's value as the user wrote it: rustc's messages about the user's code show
    /// it.
    pub(super) fn written_value(&self, step: usize) -> TokenStream {
        let Step { name, effect, .. } = self.steps[step];
        let unit = || quote_spanned!(name.span()=> ());
        effect.as_ref().map_or_else(unit, |ty| emit!(#ty))
    }

    /// The type of a step's effect for all code that reads it outside of the step's `when` block:
    /// an `Option` if the step has a `when` or is in a `when` block, a list if it is a loop.
    pub(super) fn effect_type(&self, step: usize) -> TokenStream {
        self.seen_type(step, None)
    }

    /// The type of a step's own effect; for a loop, that of one item.
    pub(super) fn own_type(&self, step: usize) -> TokenStream {
        self.own_of(step, self.value_type(step))
    }

    /// The type of a step's effect as it is read in this `when` block: an `Option` if the effect
    /// may be absent there.
    pub(super) fn seen_type(&self, step: usize, block: Option<usize>) -> TokenStream {
        self.seen_of(step, block, self.value_type(step))
    }

    /// The type of a step's effect as it is read in this `when` block, made of `value`, the type of
    /// the step's value.
    pub(super) fn seen_of(
        &self,
        step: usize,
        block: Option<usize>,
        value: TokenStream,
    ) -> TokenStream {
        let (private, whole) = (&self.private, self.whole_of(step, value));
        if self.may_lack(step) && !self.is_plain_in(step, block) {
            emit!(#private::Option<#whole>)
        } else {
            whole
        }
    }

    /// The type of a step's effect, if there is one: for a loop, a list.
    pub(super) fn whole_of(&self, step: usize, value: TokenStream) -> TokenStream {
        if self.steps[step].looped.is_none() {
            return value;
        }
        let (private, own) = (&self.private, self.own_of(step, value));
        emit!(#private::Vec<#own>)
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

    /// The type of the output as the user wrote it: rustc's messages about the final expression
    /// show it.
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

    /// The parameters that some tokens mention.
    pub(super) fn params_of(&self, tokens: impl FnOnce() -> TokenStream) -> Params<'a> {
        Params::mentioned(&self.saga.generics, tokens)
    }

    /// `Result<ty, E>`, so that rustc reports a mismatch where `ty` is written.
    pub(super) fn result_of(&self, ty: &TokenStream, written: Span) -> TokenStream {
        let error = self.error_type();
        let [core, result, result_type] = ["core", "result", "Result"].map(ident);
        quote_spanned!(written=> ::#core::#result::#result_type<#ty, #error>)
    }
}
