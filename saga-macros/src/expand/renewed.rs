//! What a child saga must allow: that it runs again, and that it runs for each item of a loop with
//! the same inputs.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Ident;
use typed_saga_definition::{Obstacle, fnv_1a};

use super::{
    child::{child_type, found_type},
    ident::{declared, emit, ident},
    plan::Plan,
};
use crate::model::{Child, Origin, Source, Step, index};
use crate::names::{mentions, recorded, text, uses};

impl Plan<'_> {
    /// Declares whether a parent may run this saga again. What is in the way is a type with the name of its
    /// step, which does not allow it; and the child sagas of this saga must allow it, too.
    pub(super) fn runs_again_impl(&self) -> TokenStream {
        let (p, input, inputs) = (&self.p, self.input_type(), self.inputs_params());
        let (declared, shared) = (inputs.declared(), inputs.shared(p));
        let definition = &self.data.definition;
        let obstacles = definition.obstacles_to_another_run(false);
        if self.broken || obstacles.is_empty() && !self.nests() {
            return emit! {
                impl<'__r, #declared const __COVERED: #p::bool> #p::RunsAgain<'__r, __COVERED>
                    for #input where #shared {}
            };
        }
        let markers = self.markers(&obstacles);
        let impls = [false, true].map(|covered| {
            let own = definition.obstacles_to_another_run(covered);
            let required = self.required(&own, covered);
            emit! {
                impl<'__r, #declared> #p::RunsAgain<'__r, #covered> for #input
                    where #shared #required {}
            }
        });
        emit!(const _: () = { #markers #(#impls)* };)
    }

    /// The types that stand for steps that are in the way.
    fn markers(&self, obstacles: &[Obstacle]) -> TokenStream {
        // At the place of the step, where rustc shows it.
        let markers = obstacles.iter().map(|obstacle| {
            let name = self.marker(obstacle.step);
            quote_spanned!(name.span()=> struct #name;)
        });
        markers.collect()
    }

    fn marker(&self, step: u16) -> Ident {
        let name = &self.steps[usize::from(step)].name;
        let params = &self.saga.generics.params;
        let is_taken = *name == self.saga.name || mentions(&emit!(#params), name);
        if is_taken {
            ident(&format!("step_{}", text(name)))
        } else {
            declared(name)
        }
    }

    /// The predicates that another run depends on.
    fn required(&self, obstacles: &[Obstacle], covered: bool) -> TokenStream {
        let (p, runs_again) = (&self.p, ident("RunsAgain"));
        let own = obstacles.iter().map(|obstacle| {
            let marker = self.marker(obstacle.step);
            emit!(for<'__t> #marker: #p::#runs_again<'__t, false>,)
        });
        let definition = &self.data.definition;
        let of_children = definition.children().map(|step| {
            let child = child_type(self.steps[usize::from(step)]);
            let covered = covered || definition.steps[usize::from(step)].is_again();
            emit!(for<'__t> #child: #p::#runs_again<'__t, #covered>,)
        });
        own.chain(of_children).collect()
    }

    /// The check that the child saga of a step may run again, if it does.
    pub(super) fn runs_again_check(&self, k: usize, itself: &TokenStream) -> TokenStream {
        let [runs_again, checked] = ["RunsAgain", "CHECKED"].map(ident);
        let (p, step) = (&self.p, index(k));
        let definition = &self.data.definition;
        if !definition.run_again().contains(&step) {
            return TokenStream::new();
        }
        let covered = definition.steps[k].is_again();
        emit!(+ <#itself as #p::#runs_again<'static, #covered>>::#checked)
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
            !own.any(|read| uses(value, &read.binding))
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
}

/// A number that identifies an input where its name cannot be written.
fn number(input: &Ident) -> u64 {
    fnv_1a(recorded(input).as_bytes())
}
