//! The typestates of a block: siblings in any order that their reads allow, the move out of the
//! block, and the move back into it.

use proc_macro2::TokenStream;

use super::behind::Back;
use super::stand::Stand;
use super::{Sibling, State};
use crate::expand::plan::{Plan, Unit};

impl Plan<'_> {
    /// One `impl` for each sibling and direction, one to leave the block backward, one to leave it
    /// forward.
    pub(super) fn block_impls(&self, stand: Stand, block: &Unit, back: TokenStream) -> TokenStream {
        let mut impls = TokenStream::new();
        for &step in &block.steps {
            let ready = self.state_where(stand, |other| match other {
                other if other == step => Sibling::Pending,
                other if self.awaits(step, other) => Sibling::Done,
                _ => Sibling::Any,
            });
            let signal = ready.signal(step);
            impls.extend(ready.implement(&[ready.methods(&ready.forward(step)), signal]));
            impls.extend(ready.proof(step));
            let last = self.state_where(stand, |other| match other {
                other if other == step || self.awaits(step, other) => Sibling::Done,
                other if self.awaits(other, step) => Sibling::Pending,
                _ => Sibling::Any,
            });
            impls.extend(last.implement(&[last.methods(&last.undo_sibling(step))]));
        }
        impls.extend(self.state(stand).implement(&[back]));
        let end = self.state_where(stand, |_| Sibling::Done);
        impls.extend(end.implement(&[end.join()]));
        impls
    }
}

impl<'s, 'a> State<'s, 'a> {
    /// This block with one sibling in another state.
    pub(super) fn with_sibling(&self, step: usize, state: Sibling) -> State<'s, 'a> {
        let changed = self
            .block()
            .map(|(other, sibling)| if other == step { state } else { sibling });
        State {
            plan: self.plan,
            stand: self.stand,
            siblings: changed.collect(),
        }
    }

    /// `join` out of a block whose siblings have all happened.
    fn join(&self) -> TokenStream {
        let doc = "Leaves the block, all of whose steps have happened.";
        let next = match self.stand {
            Stand::Unit(unit) => self.plan.state(self.plan.behind(unit)),
            Stand::When(_) | Stand::Leaving(_) | Stand::End => return TokenStream::new(),
        };
        self.renaming("join", doc, &next)
    }

    /// `reopen` of the block before this position, to undo its steps; with an underscore after the
    /// name if a step has that name.
    pub(super) fn reopen(&self) -> TokenStream {
        let plan = self.plan;
        let is_undone = |unit: usize| plan.is_undone(plan.units[unit].first());
        match self.way_back() {
            Back::Into(block) if is_undone(plan.inside(block).start) => self.reopen_when(block),
            Back::Unit(unit) if plan.units[unit].concurrent && is_undone(unit) => {
                let doc = "Steps back into the block before this position, all of whose steps \
                    have happened.";
                let end = plan.state_where(Stand::Unit(unit), |_| Sibling::Done);
                self.renaming(&self.free("reopen").to_string(), doc, &end)
            }
            Back::Unit(_) | Back::Into(_) | Back::Out(_) | Back::Nowhere => TokenStream::new(),
        }
    }
}
