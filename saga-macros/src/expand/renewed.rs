//! Whether a saga may be begun anew as a step of another, under inputs that stay the same.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::{
    ident::{emit, ident},
    plan::Plan,
};
use crate::check::keyed_by_input;
use crate::model::{Child, Compensate, Kind, Limit, Step};

impl Plan<'_> {
    fn steps_that_are_sagas(&self) -> impl Iterator<Item = (usize, &Step, &Child)> {
        let steps = self.steps.iter().enumerate();
        steps.filter_map(|(k, step)| Some((k, *step, step.child()?)))
    }

    /// That this saga may be begun anew, if it may: the sagas that are steps of it must be fit, too.
    pub(super) fn renewed_impl(&self) -> TokenStream {
        if keyed_by_input(self.saga) {
            return TokenStream::new();
        }
        let (p, input, inputs) = (&self.p, self.input(), self.inputs_params());
        let (declared, names, shared) = (inputs.declared(), inputs.names(), inputs.shared(p));
        let renewed = ident("Renewed");
        let within = self.steps_that_are_sagas().map(|(_, _, child)| {
            let path = &child.path;
            quote_spanned!(path.span()=> for<'__t> #path: #p::#renewed<'__t>,)
        });
        emit!(impl<'__r, #declared> #p::Renewed<'__r> for #input<#names> where #shared #(#within)* {})
    }

    /// That the sagas which this one may begin anew are fit for it, reported at their paths.
    pub(super) fn renewed_proofs(&self) -> TokenStream {
        let p = &self.p;
        let begun = self.steps_that_are_sagas();
        let again = begun.filter(|(k, step, _)| self.may_begin_anew(*k, step));
        let proofs = again.map(|(_, _, child)| {
            let (path, renewed) = (&child.path, ident("renewed"));
            quote_spanned!(path.span()=> let _ = || #p::#renewed::<#path>();)
        });
        let proofs: TokenStream = proofs.collect();
        if proofs.is_empty() {
            return proofs;
        }
        emit!(const _: () = { #proofs };)
    }

    fn may_begin_anew(&self, k: usize, step: &Step) -> bool {
        let is_behind = self.pivot().is_some_and(|pivot| pivot < k);
        let retried = match self.action_retry(step) {
            Some(retry) => retry.limit != Limit::Times(1),
            // What is behind the pivot is tried for ever.
            None => is_behind,
        };
        // Applied, it is kept where the saga turns.
        let is_left = matches!(step.compensate, Compensate::None(_));
        let mut before = self.steps.iter().take(k + 1);
        let turned = before.any(|step| step.attrs.savepoint.is_some());
        step.kind == Kind::Step && (retried || turned && !is_left && !is_behind)
    }
}
