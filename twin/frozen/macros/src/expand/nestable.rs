//! The items that let a saga be named where it is used, and be a child saga.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use super::{
    code::{arguments, parameters},
    ident::{declared, emit, ident},
    lints,
    plan::Plan,
};
use crate::model::{Kind, Output, Source, Step};
use crate::names::{mentions, recorded, text};

impl Plan<'_> {
    /// Lets code name the saga by the struct of its inputs alone, which must therefore have all its
    /// type parameters.
    pub(super) fn named(&self) -> TokenStream {
        if !self.all.minus(&self.inputs_params()).is_empty() {
            return TokenStream::new();
        }
        let (p, run, input) = (&self.p, self.run_type(), self.input_type());
        let (declared, predicates) = (self.all.declared(), self.all_shared());
        emit! {
            impl<#declared> #p::Saga for #input where #predicates {
                type Machine = #run;
            }
        }
    }

    /// The items that let this saga be a step of another.
    pub(super) fn nestable(&self) -> TokenStream {
        let params = self.params_of(|| {
            let fields = self.inputs().chain(self.services());
            fields.map(|field| &field.ty).map(|ty| emit!(#ty)).collect()
        });
        // A parameter that neither inputs nor services mention could not be named by the parent.
        if !self.all.minus(&params).is_empty() {
            return TokenStream::new();
        }
        if self.broken {
            return self.nestable_broken();
        }
        let (p, run, input) = (&self.p, self.run_type(), self.input_type());
        let (all, predicates) = (self.all.declared(), self.all_shared());
        // The types as the user wrote them: rustc lists them if a parent has other services.
        let types: Vec<_> = self.services().map(|service| &service.ty).collect();
        let services = self.services().map(|service| declared(&service.name));
        let held = self.inputs().map(|field| self.checked(&field.ty));
        let body = self.run_literal(&emit!(self.), &emit!());
        let codec = self.saga.durable.map(|_| {
            emit! {
                fn codec() -> #p::Codec<Self> { <Self as #p::Durable>::INPUT }
            }
        });
        let goes_back = self.goes_back();
        let tail = self.tail_impl();
        let (hashed, keys) = self.input_keys();
        emit! {
            impl<#all> #p::Nest<(#(#types,)*)> for #input where #predicates #hashed {
                type Machine = #run;
                type This = <Self as #p::Beside<(#(#held,)*)>>::Type;
                fn give(self, (#(#services,)*): (#(#types,)*)) -> Self::Machine { #body }
                #keys
                #codec
            }
            #goes_back
            #tail
        }
    }

    /// The inputs that steps name as their keys: the predicates of their types, and `Nest::keys`.
    fn input_keys(&self) -> (TokenStream, TokenStream) {
        let (p, key_value) = (&self.p, ident("KeyValue"));
        let named = self.saga.steps().flat_map(Step::keys);
        let named: BTreeSet<_> = named
            .filter_map(|source| match source {
                Source::Input(index) => Some(index),
                _ => None,
            })
            .collect();
        if named.is_empty() {
            return Default::default();
        }
        let inputs = || named.iter().map(|index| &self.saga.inputs[*index]);
        let hashed = inputs().map(|input| {
            let ty = self.checked(&input.ty);
            emit!(for<'__c> #ty: #p::#key_value<'__c>,)
        });
        let keys = inputs().map(|input| {
            let (field, name) = (&input.name, recorded(&input.name));
            emit!(#p::KeyDigest::under(#p::#key_value::digest(&self.#field), #name),)
        });
        let keys = emit! {
            fn keys(&self) -> #p::Vec<#p::KeyDigest> {
                #p::list_of([#(#keys)*])
            }
        };
        (hashed.collect(), keys)
    }

    /// Declares that the saga can be rolled back with its parent. If it has pivots, signals or
    /// locks, only the first of them is reported.
    fn goes_back(&self) -> TokenStream {
        let (p, input, inputs) = (&self.p, self.input_type(), self.inputs_params());
        let (declared, shared) = (inputs.declared(), inputs.shared(p));
        let kinds = [
            (Kind::Pivot, "Unpivoted"),
            (Kind::Signal, "Unsignalled"),
            (Kind::Lock, "Unlocked"),
        ];
        let mut steps = self.saga.steps();
        let first = steps.find(|step| kinds.iter().any(|(kind, _)| *kind == step.kind));
        let lacks = kinds
            .iter()
            .filter(|(kind, _)| first.is_none_or(|first| first.kind != *kind))
            .map(|(_, name)| ident(name));
        emit!(#(impl<#declared> #p::#lacks for #input where #shared {})*)
    }

    /// After an error: accepts any services, so that nothing is reported where the saga is a step.
    fn nestable_broken(&self) -> TokenStream {
        let (p, run, input) = (&self.p, self.run_type(), self.input_type());
        let (declared, predicates) = (self.all.declared(), self.all_shared());
        let (inputs, goes_back) = (self.inputs_params(), self.goes_back());
        // Parameters that only services mention can be inferred only from the services' types.
        let (any, given) = if self.all.minus(&inputs).is_empty() {
            (emit!(__V), emit!(__V))
        } else {
            let types = self.services().map(|service| &service.ty);
            (emit!(), emit!((#(#types,)*)))
        };
        emit! {
            impl<#declared #any> #p::Nest<#given> for #input where #predicates {
                type Machine = #run;
                type This = Self;
                fn give(self, _: #given) -> Self::Machine { #p::unreachable!() }
            }
            #goes_back
            impl<#declared> #p::Tail for #run where #predicates {
                fn made(&self, (): &Self::Slots) -> Self::Output { #p::unreachable!() }
            }
        }
    }

    /// The output of the final expression, made from clones of the effects that it names and may
    /// move.
    fn tail_impl(&self) -> TokenStream {
        let p = &self.p;
        let all = matches!(self.saga.output, Output::Effects(_));
        let tail = self.saga.tail.clone().unwrap_or_default();
        let (mut params, mut args) = (Vec::new(), Vec::new());
        let (mut cloned, mut lets) = (TokenStream::new(), TokenStream::new());
        let mut add =
            |name: &Ident, ty: TokenStream, value: TokenStream, moves: bool, lent: bool| {
                let param = ident(&format!("__{}", text(name)));
                let level = lints::of_repeated(name);
                lets.extend(if text(name).starts_with('_') {
                    emit!(#level let #name = #p::same(#param);)
                } else {
                    emit!(#level let #name = #param; let _ = &#name;)
                });
                if moves && !lent {
                    args.push(emit!(#p::cloned(#value)));
                    let clone = ident("Cloned");
                    cloned.extend(quote_spanned!(ty.span()=> for<'__c> #ty: #p::#clone<'__c>,));
                    params.push((param, ty));
                } else {
                    params.push((param, emit!(&#ty)));
                    args.push(value);
                }
            };
        for (index, input) in self.saga.inputs.iter().enumerate() {
            let (name, ty) = (&input.name, &input.ty);
            let value = self.run_field(&emit!(self), name);
            let moves = !all && mentions(&tail, name);
            add(
                name,
                emit!(#ty),
                value,
                moves,
                self.is_lent(Source::Input(index)),
            );
        }
        for shown in self.shown_effects() {
            let (ty, value) = self.shown_in_slots(&shown);
            let moves = all || mentions(&tail, shown.name);
            add(shown.name, ty, value, moves, false);
        }
        let (declared, names, predicates) =
            (self.all.declared(), self.all.names(), self.all_shared());
        let (run, output, shared) = (self.run_type(), self.shown_output(), self.all.shared(p));
        let (tail, boxed) = (self.tail(), lints::of_output(&self.saga.output));
        let params = parameters(params.iter().map(|(name, ty)| (name, ty.clone())));
        let args = arguments(args.into_iter());
        emit! {
            #boxed
            fn __output_of<#declared>(#params) -> #output where #shared {
                #lets
                let __made: #output = (|| -> #output #tail)();
                __made
            }

            impl<#declared> #p::Tail for #run where #predicates #cloned {
                fn made(&self, __slots: &Self::Slots) -> Self::Output {
                    __output_of::<#names>(#args)
                }
            }
        }
    }
}
