//! What a child saga must allow if its inputs stay the same: that it starts again, and that it runs
//! for each item of a loop.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Ident;

use super::{
    child::{child_type, found_type},
    ident::{emit, ident},
    plan::Plan,
};
use crate::check::keyed_by_input;
use crate::model::{Child, Kind, Limit, Origin, Source, Step};
use crate::names::{mentions, text};

impl Plan<'_> {
    /// Declares that this saga may start again, if it may; its child sagas must allow that, too.
    pub(super) fn renewed_impl(&self) -> TokenStream {
        if !self.broken && keyed_by_input(self.saga) {
            return TokenStream::new();
        }
        let (p, input, inputs) = (&self.p, self.input_type(), self.inputs_params());
        let (declared, shared) = (inputs.declared(), inputs.shared(p));
        let renewed = ident("Renewed");
        let children = self.children().filter(|_| !self.broken);
        let within = children.map(|(_, step, _)| {
            let child = child_type(step);
            emit!(for<'__t> #child: #p::#renewed<'__t>,)
        });
        emit!(impl<'__r, #declared> #p::Renewed<'__r> for #input where #shared #(#within)* {})
    }

    /// Declares, for each input, whether several runs of this saga may have that input in common.
    /// If so, its child sagas must allow the same for their inputs that are made of that input
    /// alone.
    pub(super) fn common_impls(&self) -> TokenStream {
        let (p, input, inputs) = (&self.p, self.input_type(), self.inputs_params());
        let (declared, shared) = (inputs.declared(), inputs.shared(p));
        let keys = self.saga.key_inputs();
        if self.broken || keys.is_empty() && !self.nests() {
            return emit! {
                impl<'__r, #declared const __INPUT: #p::u64> #p::Common<'__r, __INPUT>
                    for #input where #shared {}
            };
        }
        let fields = self.saga.inputs.iter().enumerate();
        let impls = fields.filter(|(index, _)| !keys.contains(index));
        let impls = impls.map(|(index, field)| {
            let (number, handed_on) = (number(&field.name), self.handed_on(index));
            emit! {
                impl<'__r, #declared> #p::Common<'__r, #number> for #input
                    where #shared #handed_on {}
            }
        });
        impls.collect()
    }

    /// The predicates that child sagas may have in common the inputs that are made of this input
    /// alone.
    fn handed_on(&self, input: usize) -> TokenStream {
        let (p, common) = (&self.p, ident("Common"));
        let mut predicates = TokenStream::new();
        for (_, step, child) in self.children() {
            let (ty, reads) = (child_type(step), &step.reads[..child.written]);
            for (given, value) in child.given() {
                let origin = Origin::of_tokens(step, reads, &value);
                if origin.shared().contains(&input) {
                    let number = number(&given);
                    predicates.extend(emit!(for<'__t> #ty: #p::#common<'__t, #number>,));
                }
            }
        }
        predicates
    }

    /// The checks that the child saga of a loop's item may have in common with those of the other
    /// items the inputs that do not depend on the item.
    pub(super) fn common_inputs(&self, step: &Step, child: &Child) -> TokenStream {
        let (p, ty) = (&self.p, found_type(step));
        if step.looped.is_none() {
            return TokenStream::new();
        }
        let reads = &step.reads[..child.written];
        let in_common = child.given().into_iter().filter(|(_, value)| {
            let mut own = reads
                .iter()
                .filter(|read| matches!(read.source, Source::Item(_) | Source::Key | Source::Ctx));
            !own.any(|read| mentions(value, &read.binding))
        });
        let [common, checked] = ["Common", "CHECKED"].map(ident);
        in_common
            .map(|(given, _)| {
                let (number, at) = (number(&given), given.span());
                let itself = self.said_at(at, &emit!(#ty));
                quote_spanned!(at=> + <#itself as #p::#common<'static, #number>>::#checked)
            })
            .collect()
    }

    /// Whether the child saga of a step may start again.
    pub(super) fn may_begin_anew(&self, k: usize, step: &Step) -> bool {
        let is_behind = self.is_after_pivot(k);
        let retried = match self.action_retry(step) {
            Some(retry) => retry.limit != Limit::Times(1),
            // A step after the pivot is retried forever.
            None => is_behind,
        };
        let mut before = self.steps.iter().take(k + 1);
        let turned = before.any(|step| step.attrs.savepoint.is_some());
        // An applied step with `compensate none` keeps its effect when the saga rolls back to a
        // savepoint.
        step.kind == Kind::Step && (retried || turned && !step.is_left() && !is_behind)
    }
}

/// A number that identifies an input where its name cannot be written.
fn number(input: &Ident) -> u64 {
    saga_definition::fnv_1a(text(input).as_bytes())
}
