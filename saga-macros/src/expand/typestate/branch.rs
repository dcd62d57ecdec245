//! The moves of a walk around a `when` block: into it, out of it, and back.

use proc_macro2::TokenStream;

use super::behind::{Back, taken};
use super::moves::Own;
use super::stand::Stand;
use super::{Sibling, State};
use crate::expand::code::condition_function;
use crate::expand::ident::{emit, ident};
use crate::expand::plan::Unit;

impl State<'_, '_> {
    /// `enter`: the decision.
    pub(super) fn enter(&self, block: usize) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let units = plan.inside(block);
        let (inside, behind) = (
            plan.state(Stand::Unit(units.start)),
            plan.state(plan.at(units.end)),
        );
        let Some((_, first, condition)) = plan.conditions().find(|(other, ..)| *other == block)
        else {
            return TokenStream::new();
        };
        let (function, all) = (condition_function(first), plan.all.names());
        let reads = condition.when.reads.iter();
        let reads = reads.filter(|read| plan.is_known(read));
        let args = reads.map(|read| self.argument(first, read, Own::Field));
        let state = ident("__state");
        let loops = plan.parts(condition.steps.clone());
        let loops: Vec<_> = loops.map(|(_, name, _)| name).collect();
        let skipped = behind.literal_of(
            &state,
            None,
            |step: usize, sibling| {
                if condition.steps.contains(&step) {
                    Some(emit!(#p::Option::None))
                } else {
                    self.kept(sibling)
                }
            },
            |name| {
                if *name == taken(block) {
                    emit!(false)
                } else if loops.contains(name) {
                    emit!(#p::Vec::new())
                } else {
                    emit!(#state.#name)
                }
            },
        );
        let entered = inside.literal(&state, None);
        let (more, predicates) = plan.more_params(&plan.all, &self.params());
        let (vis, services, shared) = (plan.vis(), plan.services_type(), plan.all_shared());
        let (inside_ty, behind_ty) = (inside.ty(), behind.ty());
        let (inside, behind) = (inside.name(), behind.name());
        let body = plan.unless_broken(emit! {
            let __taken = {
                let __state = &*self.0;
                #function::<#all>(#(#args),*)
            };
            if __taken {
                #p::Branch::Taken(#inside(#p::rename(self.0, |__state| #entered)))
            } else {
                #p::Branch::Skipped(#behind(#p::rename(self.0, |__state| #skipped)))
            }
        });
        emit! {
            #[doc = "Decides on the `when` block: into it, or past it."] #[must_use] #[inline]
            #vis fn enter<'__w, #more>(self, __services: &'__w #services)
                -> #p::Branch<#inside_ty, #behind_ty>
            where #predicates #shared { #body }
        }
    }

    /// An effect as it is in the local; that of a sibling in the block behind is not there yet.
    fn kept(&self, sibling: Sibling) -> Option<TokenStream> {
        let p = &self.plan.p;
        (sibling == Sibling::Pending).then(|| emit!(#p::Pending))
    }

    /// `leave`, at the end of the block.
    pub(super) fn leave(&self, block: usize) -> TokenStream {
        let plan = self.plan;
        let behind = plan.state(plan.at(plan.inside(block).end));
        let (state, p) = (ident("__state"), &plan.p);
        let fields = behind.literal_of(
            &state,
            None,
            |step: usize, sibling| {
                if plan.is_plain_in(step, Some(block)) {
                    let name = &plan.steps[step].name;
                    Some(emit!(#p::Option::Some(#state.#name)))
                } else {
                    self.kept(sibling)
                }
            },
            |name| {
                if *name == taken(block) {
                    emit!(true)
                } else {
                    emit!(#state.#name)
                }
            },
        );
        let doc = "Leaves the `when` block: all of it has happened.";
        self.renamed("leave", doc, &behind, &fields)
    }

    /// `reopen` of the `when` block before this position, to walk back through it, or past it.
    pub(super) fn reopen_when(&self, block: usize) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let (inside, before) = (
            plan.state(Stand::Leaving(block)),
            plan.state(Stand::When(block)),
        );
        let (state, flag) = (ident("__state"), taken(block));
        let entered = inside.literal_of(
            &state,
            None,
            |step: usize, sibling| {
                if plan.is_plain_in(step, Some(block)) {
                    let name = &plan.steps[step].name;
                    Some(emit!(#p::there(#state.#name)))
                } else {
                    self.kept(sibling)
                }
            },
            |name| emit!(#state.#name),
        );
        let skipped = before.literal(&state, None);
        let (vis, method) = (plan.vis(), self.free("reopen"));
        let (inside_ty, before_ty) = (inside.ty(), before.ty());
        let (inside, before) = (inside.name(), before.name());
        let body = plan.unless_broken(emit! {
            if self.0.#flag {
                #p::Branch::Taken(#inside(#p::rename(self.0, |__state| #entered)))
            } else {
                #p::Branch::Skipped(#before(#p::rename(self.0, |__state| #skipped)))
            }
        });
        emit! {
            #[doc = "Goes back into the `when` block before; to before it, if it was skipped."]
            #[must_use] #[inline]
            #vis fn #method(self) -> #p::Branch<#inside_ty, #before_ty> { #body }
        }
    }

    /// `back_out` of the `when` block that begins here.
    pub(super) fn back_out(&self) -> TokenStream {
        let Back::Out(block) = self.way_back() else {
            return TokenStream::new();
        };
        let plan = self.plan;
        let first = self.unit().map(Unit::first);
        if !first.is_some_and(|first| plan.is_undone(first)) {
            return TokenStream::new();
        }
        let before = plan.state(Stand::When(block));
        let doc = "Goes back to before the `when` block.";
        let fields = before.literal(&ident("__state"), None);
        self.renamed(&self.free("back_out").to_string(), doc, &before, &fields)
    }
}
