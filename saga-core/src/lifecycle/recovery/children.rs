//! Restores child sagas, of steps and of items, from their records.

use super::{Misfit, Recovery};
use crate::{
    generated::machine::{Machine, clear},
    history::RunHistory,
    kernel::Phase,
    values::node::Node,
};
use tokio::time::Instant;

impl<M: Machine> Recovery<M> {
    /// Restores the child sagas of steps, each up to the end of its records.
    pub(super) fn load_children(&mut self, history: &RunHistory<Instant>) -> Result<(), Misfit> {
        for step in (0..).take(M::DEFINITION.steps.len()) {
            self.load_child((history, step), Node::child(step))?;
        }
        Ok(())
    }

    /// Restores the child saga at a node. `step` is its step in the run of `history`: this saga, or
    /// an item.
    pub(super) fn load_child(
        &mut self,
        (history, step): (&RunHistory<Instant>, u16),
        node: Node,
    ) -> Result<(), Misfit> {
        let Some(child) = M::child(&self.slots, node) else {
            return Ok(());
        };
        let Some(nested) = history.nested(Node::child(step)) else {
            return Ok(());
        };
        let runs = matches!(history.kernel.phase(step), Phase::Running(_));
        let loaded = child.load(nested, runs);
        drop(child);
        loaded.map_err(|why| {
            clear::<M>(&mut self.slots);
            let step = node.step;
            Misfit { step, why }
        })
    }
}
