//! What a child saga must allow: that it runs again, and that it runs for each item of a loop with
//! the same inputs.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Ident;
use typed_saga_definition::{Ask, Obstacle, REST};

use super::{
    child::{child_type, found_type},
    ident::{declared, emit, ident},
    plan::Plan,
};
use crate::model::{Child, Origin, Source, Step};
use crate::names::{mentions, recorded, text, uses};

impl Plan<'_> {
    /// Declares what a parent may ask of this saga when it runs it again. What is in the way of that
    /// is a type with the name of its step, which does not allow it; and the child sagas of this
    /// saga must allow what follows for them.
    pub(super) fn renewed_impl(&self) -> TokenStream {
        let (p, input, inputs) = (&self.p, self.input_type(), self.inputs_params());
        let (declared, shared) = (inputs.declared(), inputs.shared(p));
        let all = self.answers();
        if all.iter().all(Answer::is_yes) {
            return emit! {
                impl<'__r, #declared const __ASK: #p::u64> #p::Renewed<'__r, __ASK>
                    for #input where #shared {}
            };
        }
        let markers = self.markers(&all);
        let impls = all.iter().map(|answer| {
            let number = answer.ask.number();
            let within = self.required(answer);
            emit! {
                impl<'__r, #declared> #p::Renewed<'__r, #number> for #input
                    where #shared #within {}
            }
        });
        emit!(const _: () = { #markers #(#impls)* };)
    }

    /// What a parent may ask of this saga, and what is in the way of each.
    fn answers(&self) -> Vec<Answer> {
        if self.broken {
            return Vec::new();
        }
        let definition = &self.data.definition;
        let inputs = definition.inputs.iter().map(|input| input.name.clone());
        let inputs = inputs.chain([REST.into()]).map(Ask::Input);
        let all = [Ask::Again, Ask::Items].into_iter();
        let all = all.chain(inputs).map(|ask| Answer {
            obstacles: definition.obstacles_beyond(&ask),
            asks: definition.asks_for(&ask),
            ask,
        });
        all.collect()
    }

    /// The types that stand for steps that are in the way.
    fn markers(&self, all: &[Answer]) -> TokenStream {
        let obstacles = all.iter().flat_map(|answer| &answer.obstacles);
        let steps: BTreeSet<_> = obstacles.map(|obstacle| obstacle.step).collect();
        // At the place of the step, where rustc shows it.
        let markers = steps.iter().map(|step| {
            let name = self.marker(*step);
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

    /// The predicates that an answer depends on.
    fn required(&self, answer: &Answer) -> TokenStream {
        let (p, renewed) = (&self.p, ident("Renewed"));
        let steps = answer.obstacles.iter().map(|obstacle| obstacle.step);
        // Whatever was asked: rustc reports a predicate once, and a parent asks for several things.
        let own = steps.map(|step| {
            let marker = self.marker(step);
            emit!(for<'__t> #marker: #p::#renewed<'__t, 0>,)
        });
        let of_children = answer.asks.iter().map(|(step, ask)| {
            let child = child_type(self.steps[usize::from(*step)]);
            let number = ask.number();
            emit!(for<'__t> #child: #p::#renewed<'__t, #number>,)
        });
        own.chain(of_children).collect()
    }

    /// The checks that the child saga of a step allows what this saga asks of it.
    pub(super) fn renewed_checks(&self, k: usize, itself: &TokenStream) -> TokenStream {
        let [renewed, checked] = ["Renewed", "CHECKED"].map(ident);
        let p = &self.p;
        if self.saga.reruns_unchecked() {
            return TokenStream::new();
        }
        let asks = self.data.definition.asks().into_iter();
        let asks = asks.filter(|(step, _)| usize::from(*step) == k);
        asks.map(|(_, ask)| {
            let number = ask.number();
            emit!(+ <#itself as #p::#renewed<'static, #number>>::#checked)
        })
        .collect()
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

/// What the saga answers if its parent asks something of it.
struct Answer {
    ask: Ask,
    /// The steps because of which it does not allow that.
    obstacles: Vec<Obstacle>,
    /// What it asks of its own child sagas for that, with the index of each one's step.
    asks: Vec<(u16, Ask)>,
}

impl Answer {
    fn is_yes(&self) -> bool {
        self.obstacles.is_empty() && self.asks.is_empty()
    }
}

/// A number that identifies an input where its name cannot be written.
fn number(input: &Ident) -> u64 {
    Ask::Input(recorded(input).into()).number()
}
