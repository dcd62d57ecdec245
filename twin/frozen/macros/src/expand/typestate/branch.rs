//! The moves of a walk around a `when` block: into it, out of it, and back.

use proc_macro2::TokenStream;

use super::State;
use super::behind::{Back, taken};
use super::moves::Own;
use super::stand::Stand;
use crate::expand::code::{arguments, condition_function};
use crate::expand::ident::emit;

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
        let reads = condition.reads().iter();
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
        let behind = plan.state(plan.past(block));
        let doc = "Leaves the `when` block, all of whose steps have happened.";
        self.renaming("leave", doc, &behind)
    }

    /// `reopen` of the `when` before this position, to undo the steps of the arm that was taken, or to pass
    /// it if none was: a branch for each arm, the last one first.
    pub(super) fn reopen_when(&self, block: usize) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let before = plan.state(plan.before(block));
        let (mut ty, mut value) = (before.ty(), self.renamed(&before));
        for arm in plan.arms(block) {
            let inside = plan.state(Stand::Leaving(arm));
            let (flag, inside_ty, inside) = (taken(arm), inside.ty(), self.renamed(&inside));
            ty = emit!(#p::Branch<#inside_ty, #ty>);
            value = emit! {
                if self.0.#flag {
                    #p::Branch::Taken(#inside)
                } else {
                    #p::Branch::Skipped(#value)
                }
            };
        }
        let (vis, method) = (plan.vis(), self.free("reopen"));
        let body = plan.unless_broken(value);
        emit! {
            #[doc = "Steps back into the `when` block before this position, or before that block if it was skipped."]
            #[must_use] #[inline]
            #vis fn #method(self) -> #ty { #body }
        }
    }

    /// `back_out` of the `when` block, or the arm of one, that begins here.
    pub(super) fn back_out(&self) -> TokenStream {
        let Back::Out(block) = self.way_back() else {
            return TokenStream::new();
        };
        let plan = self.plan;
        if !plan.is_undone(plan.units[plan.inside(block).start].first()) {
            return TokenStream::new();
        }
        let before = plan.state(plan.before(block));
        let doc = "Steps back before the `when` block.";
        self.renaming(&self.free("back_out").to_string(), doc, &before)
    }
}
