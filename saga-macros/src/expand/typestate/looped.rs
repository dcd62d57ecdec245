//! A loop in a walk: one move takes all items, one after the other, and one undoes them. The state
//! keeps the items beside the effects, since a compensation may read them.

use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use syn::Ident;

use super::State;
use super::moves::{Move, Own};
use crate::expand::bodies::called;
use crate::expand::code::Part;
use crate::expand::ident::{self, emit};
use crate::expand::plan::{Plan, journal_name};
use crate::model::{Read, Source, Step};
use crate::names::text;

/// What is lent of the state, by name.
#[derive(Default)]
struct Lent(Vec<(String, TokenStream)>);

impl Plan<'_> {
    /// The loops among some steps, and what their states call the items. After an error there are
    /// none: that a name is taken may be that error.
    pub(super) fn loops(
        &self,
        steps: impl Iterator<Item = usize>,
    ) -> impl Iterator<Item = (usize, Ident, TokenStream)> {
        steps.filter(|_| !self.broken).filter_map(|step| {
            let name = format_ident!("__items_of_{}", text(&self.steps[step].name));
            Some((step, name, self.item_type(step)?))
        })
    }
}

impl<'s, 'a> State<'s, 'a> {
    /// All items, one after the other.
    pub(super) fn forward_loop(&self, step: usize) -> Move<'s, 'a> {
        let plan = self.plan;
        let declared = plan.steps[step];
        let (own, Some(item)) = (self.seen(step), plan.item_type(step)) else {
            unreachable!("a loop has items");
        };
        let (name, p) = (text(&declared.name), &plan.private);
        Move {
            name: ident::declared(&declared.name),
            doc: format!(
                "Takes the step `{name}` for each item, one after the other.\n\n# Errors\n\nIf one \
                 gives an error; those before it are undone, last first. If that gives an error, \
                 they stand, and it is that error."
            ),
            step: declared,
            reads: &declared.reads,
            call: self.loop_call(step),
            taken: emit!((#own, #p::Vec<#item>)),
            next: self.after(step),
            new: Some(step),
        }
    }

    fn loop_call(&self, step: usize) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let (declared, names) = (plan.steps[step], plan.all.names());
        let Some(looped) = &declared.looped else {
            return TokenStream::new();
        };
        let mut lent = Lent::default();
        let args = self.lend(declared, &looped.reads, Own::Field, &mut lent);
        let items = format_ident!("__items_{}", text(&declared.name));
        let mut call = |part, reads: &[Read]| {
            let (function, args) = (
                called(declared, part),
                self.lend(declared, reads, Own::Field, &mut lent),
            );
            emit!(#function::<#names>(#args))
        };
        let action = call(Part::Action, &declared.reads);
        let when = declared.attrs.when.as_ref();
        let condition = when.map(|when| call(Part::When, &when.reads));
        let (each, whole) = match &condition {
            Some(condition) if declared.decides_each() => (
                emit!(if #condition { #p::happens(#action).await } else {
                    #p::Result::Ok(#p::Option::None)
                }),
                emit!(__taken),
            ),
            Some(_) => (emit!(#action.await), emit!(#p::Option::Some(__taken))),
            None => (emit!(#action.await), emit!(__taken)),
        };
        let skips = condition
            .filter(|_| !declared.decides_each())
            .map(|condition| {
                emit! {
                    if !#condition {
                        return #p::Result::Ok((#p::Option::None, #p::Vec::new()));
                    }
                }
            });
        let undo = self.undo_item(step, &mut lent);
        let lent = lent.0.iter().map(|(_, binding)| binding);
        let (name, error, own) = (
            journal_name(declared),
            plan.error_type(),
            plan.own_type(step),
        );
        let item = plan.item_type(step);
        emit! {{
            #(#lent)*
            #p::Box::pin(async move {
                #skips
                let __items: #p::Vec<#item> = #p::collected(#items::<#names>(#args));
                let mut __taken: #p::Vec<#own> = #p::Vec::new();
                for __item in &__items {
                    let __context = &#p::Context::of_item(#p::Clone::clone(__context), __taken.len());
                    let __key = &#p::Context::key(__context);
                    let __result: #p::Result<#own, #error> = #each;
                    match __result {
                        #p::Result::Ok(__value) => __taken.push(__value),
                        #p::Result::Err(__error) => {
                            let __failed = #p::failed(#name, __error);
                            let __failure = &__failed;
                            while let #p::Option::Some(__last) = __taken.pop() {
                                let __own = &__last;
                                let __index = __taken.len();
                                let __item = &__items[__index];
                                #undo
                            }
                            return #p::Result::Err(#p::error_of(__failed));
                        }
                    }
                }
                #p::Result::Ok((#whole, __items))
            })
        }}
    }

    /// Reads as arguments of a call in a future that outlives this one expression: what is of the
    /// state is lent before, so that the future holds no more of it than it reads.
    fn lend(&self, step: &Step, reads: &[Read], own: Own, lent: &mut Lent) -> TokenStream {
        let known = reads.iter().filter(|read| self.plan.is_known(read));
        let args = known.map(|read| {
            let argument = self.argument(step, read, own);
            let is_own = |of: usize| std::ptr::eq(self.plan.steps[of], step);
            let is_local = match read.source {
                Source::Item(of) => is_own(of),
                Source::Effect(of) => own == Own::Local(of),
                Source::Input(_) | Source::Service(_) => false,
                _ => true,
            };
            if is_local {
                return argument;
            }
            let word = text(&read.name);
            let name = format_ident!("__lent_{word}", span = Span::mixed_site());
            if lent.0.iter().all(|(known, _)| *known != word) {
                lent.0.push((word, emit!(let #name = #argument;)));
            }
            emit!(#name)
        });
        emit!(#(#args),*)
    }

    /// The compensation of one item: of the locals `__item`, `__index` and `__own`.
    fn undo_item(&self, step: usize, lent: &mut Lent) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let declared = plan.steps[step];
        let Some(clause) = declared.compensation().filter(|_| plan.is_undone(step)) else {
            return emit!(let _ = (__item, __own, __failure););
        };
        let by_key = clause.attrs.by_key.as_ref().map(|_| Own::Absent(step));
        let own = by_key.unwrap_or(Own::Local(step));
        let (function, names) = (called(declared, Part::Compensate), plan.all.names());
        let args = self.lend(declared, &clause.reads, own, lent);
        let call = emit!(#function::<#names>(#args));
        let call = emit! {
            let __context = &#p::Context::of_item(#p::Clone::clone(__context), __index);
            let __key = &#p::Context::key(__context);
            let _ = (__item, __own, __key, __failure);
            #call.await?;
        };
        if declared.decides_each() {
            emit!(if let #p::Option::Some(__own) = __own { #call })
        } else {
            call
        }
    }

    /// The compensations of all items, last first.
    pub(super) fn undo_loop(&self, step: usize) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let declared = plan.steps[step];
        let Some(clause) = declared.compensation().filter(|_| plan.is_undone(step)) else {
            return emit!(#p::Box::pin(#p::ready(#p::Result::Ok(()))));
        };
        let (field, items) = (
            &declared.name,
            format_ident!("__items_of_{}", text(&declared.name)),
        );
        let failure = clause.reads.iter();
        let failure = failure.clone().any(|read| read.source == Source::Failure);
        let failure = (!failure).then(|| emit!(let __failure = ();));
        let mut lent = Lent::default();
        let undo = self.undo_item(step, &mut lent);
        let lent = lent.0.iter().map(|(_, binding)| binding);
        emit! {{
            #(#lent)*
            #failure
            let (__effects, __items) = (#p::Whole::list(&__state.#field), &__state.#items);
            #p::Box::pin(async move {
                for (__index, __own) in #p::Iterator::rev(#p::Iterator::enumerate(__effects.iter())) {
                    let __item = &__items[__index];
                    #undo
                }
                #p::Result::Ok(())
            })
        }}
    }
}
