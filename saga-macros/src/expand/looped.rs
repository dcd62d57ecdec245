//! Loops: the list of items as a function, the calls of the loop, and the calls of one item.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::calls::call_name;
use super::code::{Part, asked, called, hidden, lifetime, parameters};
use super::definition::index;
use super::ident::{emit, ident};
use super::plan::Plan;
use super::shared::last_span;
use crate::model::{Source, Step};
use crate::names::text;

impl Plan<'_> {
    /// `fn __items_x(reads) -> impl ListOf<…>`, if the step is a loop.
    pub(super) fn looped_functions(&self, k: usize) -> TokenStream {
        let step = self.steps[k];
        let Some(looped) = &step.looped else {
            return TokenStream::new();
        };
        let ty = &looped.ty;
        let p = &self.p;
        let (name, life) = (items_name(step), emit!('__r));
        let list = ident("ListOf");
        let place = Some((k, Part::When));
        let known = looped.reads.iter().filter(|read| self.is_known(read));
        let params = parameters(known.map(|read| {
            let ty = self.read_type(place, read, &life);
            (&read.binding, emit!(&#life #ty))
        }));
        let (life, bound) = lifetime(&looped.reads);
        let generics = self.all.declared();
        // If rustc reports the list, it underlines all of the expression.
        let end = last_span(&looped.items);
        let end = quote_spanned!(end=> >);
        let gives = quote_spanned!(looped.items.span()=> impl #bound #p::#list<#ty #end);
        let predicates = self.step_shared(step);
        let items = if self.broken {
            emit!(#p::nothing::<#ty>())
        } else {
            looped.items.clone()
        };
        let hidden = hidden();
        let body = quote_spanned!(looped.around=> { #hidden #items });
        let used = self.item_used(k);
        emit! {
            fn #name<#life #generics>(#params) -> #gives where #predicates #body
            #used
        }
    }

    /// The item as a local of its own name, which is used if it is read; otherwise rustc warns
    /// about it.
    fn item_used(&self, k: usize) -> TokenStream {
        let (step, Some(ty)) = (self.steps[k], self.item_type(k)) else {
            return TokenStream::new();
        };
        let Some(looped) = &step.looped else {
            return TokenStream::new();
        };
        let (item, name) = (&looped.item, ident(&format!("__item_{}", text(&step.name))));
        let reads = step
            .all_reads()
            .filter(|read| read.source == Source::Item(k));
        let used: TokenStream = reads
            .map(|read| &read.name)
            .map(|name| emit!(let _ = &#name;))
            .collect();
        let (p, generics, predicates) = (&self.p, self.all.declared(), self.all.shared(&self.p));
        emit! {
            fn #name<#generics>((__0,): (&#ty,)) where #predicates {
                let #item = #p::same(__0);
                #used
            }
        }
    }

    /// The call that makes the items, from the run and the slots.
    fn items(&self, k: usize, step: &Step) -> TokenStream {
        let (asked, name, names) = (asked(), items_name(step), self.all.names());
        let reads = step.looped.as_ref().map(|looped| &*looped.reads);
        let args = self.args(k, Part::When, reads.unwrap_or_default());
        emit!(#asked::#name::<#names>(#args))
    }

    /// `async fn __call_x` of a loop, and `async fn __each_x` of one item.
    pub(super) fn loop_call(&self, k: usize, step: &Step) -> TokenStream {
        let p = &self.p;
        let (name, each, error) = (call_name(step), each_name(step), self.error_type());
        let (run, slots) = (self.run_type(), self.slots_type());
        let (declared, names) = (self.all.declared(), self.all.names());
        let predicates = self.step_shared(step);
        let (field, own, Some(item)) = (&step.name, self.own_type(k), self.item_type(k)) else {
            return TokenStream::new();
        };
        let when = step.attrs.when.as_ref().filter(|_| !step.decides_each());
        let when = when.map(|when| {
            let function = called(step, Part::When);
            let (args, skip) = (self.args(k, Part::When, &when.reads), self.skip(k));
            emit! {
                if !#function::<#names>(#args) {
                    #skip
                    return #p::Report::Decided(false);
                }
            }
        });
        let (items, arms) = (self.items(k, step), self.item_arms(k, step));
        let (codec, key, step_name) = (
            self.item_codec(step),
            self.item_key(step),
            step.journal_name(),
        );
        let k = index(k);
        emit! {
            async fn #name<'a, #declared __J>(
                __run: &'a #run, __slots: &'a #slots,
                mut __call: #p::Call<'a, #error>, __scope: &'a #p::Scope<'a, __J>,
            ) -> #p::Report<#error> where #predicates __J: #p::Journal {
                if let #p::CallKind::When = __call.at.call {
                    #when
                    let __most = #p::Call::most_items(&__call);
                    return #p::Call::items::<#item, #own, __J>(
                        &mut __call, __scope, #codec, (#step_name, #key), || #p::first_of(#items, __most),
                    );
                }
                #p::Call::each::<#run, #item, #own, _, _, __J>(
                    __call, __scope, &__slots.#field,
                    &|__each| #p::pinned(#p::lane(1, move |__call| #p::here(#p::whole(#each::<#names __J>(
                        __run, __slots, #p::cloned(&__each), __call, __scope,
                    ))))),
                ).await
            }

            async fn #each<'a, #declared __J>(
                __run: &'a #run, __slots: &'a #slots,
                __each: #p::Each<#item, #own>, __call: #p::Call<'a, #error>,
                __scope: &'a #p::Scope<'a, __J>,
            ) -> #p::Report<#error> where #predicates __J: #p::Journal {
                let __place = #p::Each::place::<#run, __J>(&__each, #k, __scope);
                let __scope = &#p::Each::scope(&__each, __scope, &__place);
                match __call.at.call {
                    #arms
                    _ => #p::CallSite::undeclared(__call.at),
                }
            }
        }
    }

    /// The digest of an item, if the step names the item as its key.
    fn item_key(&self, step: &Step) -> TokenStream {
        let p = &self.p;
        let is_key = step.keys().any(|source| matches!(source, Source::Item(_)));
        match &step.looped {
            Some(looped) if is_key => {
                let item = self.said_at(looped.ty.span(), &self.checked(&looped.ty));
                emit!(#p::Option::Some(<#item as #p::KeyValue>::digest))
            }
            _ => emit!(#p::Option::None),
        }
    }

    /// The codec with which a durable saga stores an item.
    fn item_codec(&self, step: &Step) -> TokenStream {
        let items = step.looped.as_ref().filter(|_| self.saga.durable.is_some());
        let p = &self.p;
        let none = || emit!(#p::Codec::none());
        items.map_or_else(none, |looped| self.codec_of(&looped.ty.to_token_stream()))
    }

    /// `Machine::load_items`, for a durable saga with loops.
    pub(super) fn load_items_method(&self) -> Option<TokenStream> {
        self.saga.durable?;
        let p = &self.p;
        let arms = self.every_step().filter_map(|(k, step)| {
            step.looped.as_ref()?;
            let (items, read) = (self.item_codec(step), self.read_item(k, step));
            let (k, key) = (index(k), self.item_key(step));
            Some(emit!(#k => #p::load_items(#items, __recorded, #read, #key),))
        });
        let arms: Vec<_> = arms.collect();
        (!arms.is_empty()).then(|| {
            emit! {
                fn load_items(__step: #p::u16, __recorded: &#p::RecordedItems<'_>)
                    -> #p::Result<#p::LoadedItems, #p::String> {
                    match __step { #(#arms)* _ => #p::load_unknown(__step) }
                }
            }
        })
    }

    /// The closure that decodes the recorded effect of an item.
    pub(super) fn read_item(&self, k: usize, step: &Step) -> TokenStream {
        let (p, codec) = (&self.p, self.codec_of(&self.written_value(k)));
        let read = ident(if step.decides_each() {
            "read_or_skip"
        } else {
            "read"
        });
        emit!(|__effect| #p::#read(#codec, __effect))
    }

    /// The calls of one item.
    fn item_arms(&self, k: usize, step: &Step) -> TokenStream {
        let when = step
            .decides_each()
            .then(|| self.when_arm(k, step))
            .flatten();
        let action = match step.child() {
            Some(child) => self.child_arms(k, step, child),
            None => self.arm(self.action(k)),
        };
        let clauses = self.clause_arms(k, step, true);
        emit!(#when #action #clauses)
    }
}

fn items_name(step: &Step) -> Ident {
    ident(&format!("__items_{}", text(&step.name)))
}

fn each_name(step: &Step) -> Ident {
    ident(&format!("__each_{}", text(&step.name)))
}
