//! Loops and child sagas in a walk: one move runs all items, one after the other, and one move
//! undoes them. For that, the state has the items and the child sagas next to the effects.

use proc_macro2::TokenStream;

use super::State;
use super::moves::{Move, Own};
use crate::expand::code::{Part, arguments, asked, called};
use crate::expand::ident::{self, emit, ident};
use crate::expand::plan::{Plan, parts_of};
use crate::model::{Read, Source, Step};
use crate::names::text;

/// References into the state that a call reads, by name.
#[derive(Default)]
struct Lent(Vec<(String, TokenStream)>);

impl Plan<'_> {
    /// The type of one part of a loop or a child saga: the item, the child saga in a list of one or
    /// none, or both. `None` after an error, since that error may be about a name that is taken.
    pub(super) fn part(&self, step: usize) -> Option<TokenStream> {
        (!self.broken).then(|| self.part_type(step)).flatten()
    }

    pub(super) fn part_type(&self, step: usize) -> Option<TokenStream> {
        let (p, error) = (&self.private, self.error_type());
        let child = self.steps[step].child();
        let walked = child.map(|_| emit!(#p::Walked<#error>));
        match (self.item_type(step), walked) {
            (Some(item), Some(walked)) => Some(emit!((#item, #p::Vec<#walked>))),
            (item, walked) => item.or(walked),
        }
    }
}

impl<'s, 'a> State<'s, 'a> {
    /// The move that runs all items, one after the other.
    pub(super) fn forward_loop(&self, step: usize) -> Move<'s, 'a> {
        let plan = self.plan;
        let declared = plan.steps[step];
        let (own, Some(part)) = (self.seen(step), plan.part_type(step)) else {
            unreachable!("a loop has items");
        };
        let (name, p) = (text(&declared.name), &plan.private);
        Move {
            name: ident::declared(&declared.name),
            doc: format!(
                "Runs the step `{name}` for each item, one after the other.\n\n# Errors\n\nIf the step \
                 returns an error for an item. The items before it are undone then, the last one \
                 first; if that fails, they remain applied, and its error is returned."
            ),
            step: declared,
            reads: &declared.reads,
            call: self.loop_call(step),
            taken: emit!((#own, #p::Vec<#part>)),
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
        let (asked, items) = (asked(), ident(&format!("__items_{}", text(&declared.name))));
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
            Some(condition) if declared.decides_each() => {
                let (happens, skipped) = self.happens(declared, &action);
                (
                    emit!(if #condition { #happens.await } else { #p::Result::Ok(#skipped) }),
                    emit!(__taken),
                )
            }
            Some(_) => (emit!(#action.await), emit!(#p::Option::Some(__taken))),
            None => (emit!(#action.await), emit!(__taken)),
        };
        let skips = condition
            .filter(|_| !declared.decides_each())
            .map(|condition| {
                emit! {
                    if !#condition {
                        return #p::Result::Ok((#p::Option::None, #p::nothing()));
                    }
                }
            });
        let undo = self.undo_item(step, &mut lent);
        let lent = lent.0.iter().map(|(_, binding)| binding);
        let run = plan.run_type();
        let (name, error, own) = (
            declared.journal_name(),
            plan.error_type(),
            plan.own_type(step),
        );
        let item = plan.item_type(step);
        let child = declared.child().is_some();
        let (given, value, parts) = if child {
            (
                emit!((#own, #p::Vec<#p::Walked<#error>>)),
                emit!((__value, __child)),
                emit!(#p::zipped(__items, __children)),
            )
        } else {
            (own.clone(), emit!(__value), emit!(__items))
        };
        let children = child.then(|| emit!(let mut __children = #p::nothing();));
        let keep = child.then(|| emit!(__children.push(__child);));
        let kept = child.then(|| emit!(let __child = &__children[__index];));
        emit! {{
            #(#lent)*
            #p::pinned(async move {
                #skips
                let __items: #p::Vec<#item> = #p::collected(#asked::#items::<#names>(#args));
                let mut __taken: #p::Vec<#own> = #p::nothing();
                #children
                for __item in &__items {
                    let __context = &#p::Context::of_item(#p::cloned(__context), __taken.len());
                    let __key = &#p::Context::key(__context);
                    let __result: #p::Result<#given, #error> = #each;
                    match __result {
                        #p::Result::Ok(#value) => { __taken.push(__value); #keep }
                        #p::Result::Err(__error) => {
                            let __failed = #p::failed::<#run>(#name, __error);
                            let __failure = &__failed;
                            while let #p::Option::Some(__last) = __taken.pop() {
                                let __own = &__last;
                                let __index = __taken.len();
                                let __item = &__items[__index];
                                #kept
                                #undo
                            }
                            return #p::Result::Err(#p::error_of(__failed));
                        }
                    }
                }
                #p::Result::Ok((#whole, #parts))
            })
        }}
    }

    /// Reads as arguments of a call in a future that outlives this one expression. What the call
    /// reads from the state is borrowed before, so that the future holds no more of it.
    fn lend(&self, step: &Step, reads: &[Read], own: Own, lent: &mut Lent) -> TokenStream {
        let known = reads.iter().filter(|read| self.plan.is_known(read));
        let args = known.map(|read| {
            let argument = self.argument(step, read, own);
            let is_own = |of: usize| std::ptr::eq(self.plan.steps[of], step);
            let is_local = match read.source {
                Source::Item(of) => is_own(of),
                Source::Effect(of) => own == Own::Local(of),
                Source::Input(_) | Source::Service(_) | Source::Arms(_) => false,
                _ => true,
            };
            if is_local {
                return argument;
            }
            let word = text(&read.name);
            let name = ident(&format!("__lent_{word}"));
            if lent.0.iter().all(|(known, _)| *known != word) {
                lent.0.push((word, emit!(let #name = #argument;)));
            }
            emit!(#name)
        });
        arguments(args)
    }

    /// The compensation of one item, from the locals `__item`, `__index` and `__own`, or from
    /// `__child`, the child saga.
    fn undo_item(&self, step: usize, lent: &mut Lent) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let declared = plan.steps[step];
        if declared.is_called_back() && plan.is_undone(step) {
            return emit! {
                let _ = (__item, __own, __failure);
                #p::undo_by_hand(__child).await?;
            };
        }
        let Some(clause) = declared.compensation().filter(|_| plan.is_undone(step)) else {
            return emit!(let _ = (__item, __own, __failure););
        };
        let by_key = clause.attrs.by_key.as_ref().map(|_| Own::Absent(step));
        let own = by_key.unwrap_or(Own::Local(step));
        let (function, names) = (called(declared, Part::Compensate), plan.all.names());
        let args = self.lend(declared, &clause.reads, own, lent);
        let call = emit!(#function::<#names>(#args));
        let call = emit! {
            let __context = &#p::Context::of_item(#p::cloned(__context), __index);
            let __key = &#p::Context::key(__context);
            let __undo_key = &#p::Key::of_undo(__context);
            let _ = (__item, __own, __key, __undo_key, __failure);
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
        let clause = declared.compensation();
        if !plan.is_undone(step) || clause.is_none() && !declared.is_called_back() {
            return emit!(#p::pinned(#p::ready(#p::Result::Ok(()))));
        }
        let (field, parts) = (&declared.name, parts_of(declared));
        let mut reads = clause.into_iter().flat_map(|clause| &clause.reads);
        let failure = reads.any(|read| read.source == Source::Failure);
        let failure = (!failure).then(|| emit!(let __failure = ();));
        let part = if declared.child().is_some() {
            emit!((__item, __child))
        } else {
            emit!(__item)
        };
        let mut lent = Lent::default();
        let undo = self.undo_item(step, &mut lent);
        let lent = lent.0.iter().map(|(_, binding)| binding);
        emit! {{
            #(#lent)*
            #failure
            let (__effects, __parts) = (#p::Whole::list(&__state.#field), &__state.#parts);
            #p::pinned(async move {
                for (__index, __own) in #p::last_first(__effects) {
                    let #part = &__parts[__index];
                    #undo
                }
                #p::Result::Ok(())
            })
        }}
    }
}
