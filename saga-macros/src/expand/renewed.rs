//! Whether a saga may be begun anew as a step of another, under inputs that stay the same.

use proc_macro2::TokenStream;

use super::{
    child::child_type,
    ident::{emit, ident},
    plan::Plan,
};
use crate::check::keyed_by_input;
use crate::model::{Kind, Limit, Step};

impl Plan<'_> {
    /// That this saga may be begun anew, if it may: the sagas that are steps of it must be fit, too.
    pub(super) fn renewed_impl(&self) -> TokenStream {
        if !self.broken && keyed_by_input(self.saga) {
            return TokenStream::new();
        }
        let (p, input, inputs) = (&self.p, self.input(), self.inputs_params());
        let (declared, names, shared) = (inputs.declared(), inputs.names(), inputs.shared(p));
        let renewed = ident("Renewed");
        let children = self.children().filter(|_| !self.broken);
        let within = children.map(|(_, step, _)| {
            let child = child_type(step);
            emit!(for<'__t> #child: #p::#renewed<'__t>,)
        });
        emit!(impl<'__r, #declared> #p::Renewed<'__r> for #input<#names> where #shared #(#within)* {})
    }

    /// Whether the saga that a step is may be begun anew.
    pub(super) fn may_begin_anew(&self, k: usize, step: &Step) -> bool {
        let is_behind = self.pivot().is_some_and(|pivot| pivot < k);
        let retried = match self.action_retry(step) {
            Some(retry) => retry.limit != Limit::Times(1),
            // What is behind the pivot is tried for ever.
            None => is_behind,
        };
        let mut before = self.steps.iter().take(k + 1);
        let turned = before.any(|step| step.attrs.savepoint.is_some());
        // Applied, one that is left is kept where the saga turns.
        step.kind == Kind::Step && (retried || turned && !step.is_left() && !is_behind)
    }
}
