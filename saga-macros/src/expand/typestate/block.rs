//! The typestates of a block: siblings in any order that their reads allow, the way out of it, and
//! the way back in.

use proc_macro2::TokenStream;

use super::{Sibling, State};
use crate::expand::plan::{Plan, Unit};

impl Plan<'_> {
    /// One `impl` for each sibling and direction, one to go back out of the block, one to go on.
    pub(super) fn block_impls(&self, position: usize, block: &Unit) -> TokenStream {
        let mut impls = TokenStream::new();
        for &step in &block.steps {
            let stands_on = self.all_awaited(step);
            let ready = self.state_where(position, |other| match other {
                other if other == step => Sibling::Pending,
                other if stands_on.contains(&other) => Sibling::Done,
                _ => Sibling::Any,
            });
            impls.extend(ready.implement(&[ready.methods(&ready.forward(step))]));
            impls.extend(ready.proof(step));
            let last = self.state_where(position, |other| match other {
                other if other == step || stands_on.contains(&other) => Sibling::Done,
                other if self.all_awaited(other).contains(&step) => Sibling::Pending,
                _ => Sibling::Any,
            });
            impls.extend(last.implement(&[last.methods(&last.undo_sibling(step))]));
        }
        let start = self.state(position);
        impls.extend(start.implement(&[start.methods(&start.back()), start.reopen()]));
        let end = self.state_where(position, |_| Sibling::Done);
        impls.extend(end.implement(&[end.join()]));
        impls
    }

    /// The siblings that must be there when it runs, directly or through others.
    fn all_awaited(&self, step: usize) -> Vec<usize> {
        let mut found = self.awaits(step);
        let mut next = 0;
        while let Some(&sibling) = found.get(next) {
            let mut more = self.awaits(sibling);
            more.retain(|more| !found.contains(more));
            found.extend(more);
            next += 1;
        }
        found
    }
}

impl<'s, 'a> State<'s, 'a> {
    /// The same block with a sibling in another state.
    pub(super) fn with_sibling(&self, step: usize, state: Sibling) -> State<'s, 'a> {
        let changed = self
            .block()
            .map(|(other, sibling)| if other == step { state } else { sibling });
        State {
            plan: self.plan,
            position: self.position,
            siblings: changed.collect(),
        }
    }

    /// `join` out of a block whose siblings have all happened.
    fn join(&self) -> TokenStream {
        let doc = "Leaves the block: all of it has happened.";
        self.renamed("join", doc, &self.plan.state(self.position + 1))
    }

    /// `reopen` of the block before this position, to walk back through it; with an underscore
    /// behind it where a step is called so.
    pub(super) fn reopen(&self) -> TokenStream {
        let plan = self.plan;
        let block = self.before().filter(|unit| unit.concurrent);
        if !block.is_some_and(|block| plan.is_undone(block.first())) {
            return TokenStream::new();
        }
        let is_step = |name: &str| {
            let unit = self.unit();
            unit.is_some_and(|unit| plan.has_step_called(unit, name))
        };
        let mut name = "reopen".to_owned();
        while is_step(&name) {
            name.push('_');
        }
        let doc = "Goes back into the block before, all of which has happened.";
        let end = plan.state_where(self.position - 1, |_| Sibling::Done);
        self.renamed(&name, doc, &end)
    }
}
