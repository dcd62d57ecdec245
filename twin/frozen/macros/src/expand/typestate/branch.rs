//! The moves of a walk around a `when` block: into it, out of it, and back.

use proc_macro2::TokenStream;

use super::State;
use super::behind::{Back, taken};
use super::moves::Own;
use super::stand::Stand;
use crate::expand::code::{arguments, condition_function};
use crate::expand::ident::emit;
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
        let args = arguments(reads.map(|read| self.argument(first, read, Own::Field)));
        let (more, predicates) = plan.more_params(&plan.all, &self.params());
        let (vis, services, shared) = (plan.vis(), plan.services_type(), plan.all_shared());
        let (inside_ty, behind_ty) = (inside.ty(), behind.ty());
        let (inside, behind) = (self.renamed(&inside), self.renamed(&behind));
        let body = plan.unless_broken(emit! {
            let __taken = {
                let __state = &*self.0;
                #function::<#all>(#args)
            };
            if __taken {
                #p::Branch::Taken(#inside)
            } else {
                #p::Branch::Skipped(#behind)
            }
        });
        emit! {
            #[doc = "Evaluates the condition of the `when` block, and enters the block or skips it."] #[must_use] #[inline]
            #vis fn enter<'__w, #more>(self, __services: &'__w #services)
                -> #p::Branch<#inside_ty, #behind_ty>
            where #predicates #shared { #body }
        }
    }

    /// `leave`, at the end of the block.
    pub(super) fn leave(&self, block: usize) -> TokenStream {
        let plan = self.plan;
        let behind = plan.state(plan.at(plan.inside(block).end));
        let doc = "Leaves the `when` block, all of whose steps have happened.";
        self.renaming("leave", doc, &behind)
    }

    /// `reopen` of the `when` block before this position, to undo its steps or to pass it if it was
    /// skipped.
    pub(super) fn reopen_when(&self, block: usize) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let (inside, before) = (
            plan.state(Stand::Leaving(block)),
            plan.state(Stand::When(block)),
        );
        let flag = taken(block);
        let (vis, method) = (plan.vis(), self.free("reopen"));
        let (inside_ty, before_ty) = (inside.ty(), before.ty());
        let (inside, before) = (self.renamed(&inside), self.renamed(&before));
        let body = plan.unless_broken(emit! {
            if self.0.#flag {
                #p::Branch::Taken(#inside)
            } else {
                #p::Branch::Skipped(#before)
            }
        });
        emit! {
            #[doc = "Steps back into the `when` block before this position, or before that block if it was skipped."]
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
        let doc = "Steps back before the `when` block.";
        self.renaming(&self.free("back_out").to_string(), doc, &before)
    }
}
