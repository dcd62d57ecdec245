//! What is evaluated before a step: its `when`, the code of a wait, the condition of its block.

use typed_saga_definition::{Arm, CallKind, Limit, PANICS, Side};

use crate::{
    Analysis,
    bound::{Bound, of},
    times::{Part, Term},
};

impl Analysis<'_> {
    /// The first step of the `when` block that contains the step, if there is one: the condition is
    /// evaluated before it. An `else` has none.
    fn first_of_its_block(&self, step: u16) -> Option<u16> {
        let block = self.step(step).condition?;
        let block = &self.saga.conditions[usize::from(block)];
        (block.arm != Arm::Else).then_some(block.first)
    }

    /// Whether the condition of a `when` block is evaluated before the step.
    pub(crate) fn is_first_of_block(&self, step: u16) -> bool {
        self.first_of_its_block(step) == Some(step)
    }

    /// After the pivot, the code that is evaluated before the action may panic twice and be
    /// retried, with two waits of the action. The siblings of the first step of a block wait for its
    /// condition, too.
    pub(crate) fn evaluated(&self, step: u16) -> Term {
        let panics = Limit::Times(u32::from(PANICS));
        let part = Part::Waits(CallKind::When, panics);
        if self.saga.side(step) != Side::AfterPivot {
            return part.takes(Bound::ZERO);
        }
        let waits = |of_step: u16| {
            let backoff = self.backoff(of_step, CallKind::Action);
            of(of_step, CallKind::When).waits(backoff, panics)
        };
        let declared = self.step(step);
        let first = self.first_of_its_block(step);
        let own = declared.when.is_some() || !declared.kind.acts() || first == Some(step);
        let beside =
            first.filter(|first| *first != step && self.saga.unit_of(*first).contains(&step));
        let own = if own { waits(step) } else { Bound::ZERO };
        part.takes(own + beside.map_or(Bound::ZERO, waits))
    }
}
