//! The order of a saga as data: what of its definition does not depend on the meaning of names.

use std::{collections::BTreeSet, slice};

use typed_saga_definition::{Condition as Block, Definition, Group, Step as Declared};

use super::{Node, Read, Saga};

impl Saga {
    /// The kinds of the steps, the blocks that they are in, the arms of the `when`s, and the pivot. Of
    /// several pivots, and of blocks in each other, which are reported, the first counts.
    pub(crate) fn outline(&self) -> Definition {
        let mut steps: Vec<Declared> = Vec::new();
        for node in &self.nodes {
            let (siblings, is_block) = match node {
                Node::Step(step) => (slice::from_ref(step), false),
                Node::Group(siblings) => (&siblings.steps[..], true),
            };
            let (first, len) = (index(steps.len()), index(siblings.len()));
            let group = is_block.then_some(Group { first, len });
            steps.extend(siblings.iter().map(|step| Declared {
                kind: step.kind,
                group,
                ..Declared::PLAIN
            }));
        }
        let conditions = self.conditions.iter().map(|condition| Block {
            first: index(condition.steps.start),
            len: index(condition.steps.len()),
            arm: condition.arm,
            ..Block::PLAIN
        });
        let mut outline = Definition {
            conditions: conditions.collect(),
            steps: steps.into(),
            ..Definition::EMPTY
        };
        outline.arrange();
        outline
    }

    /// The same, and which siblings each step awaits. The sources of reads are known.
    pub(crate) fn order(&self) -> Definition {
        let mut order = self.outline();
        for (index, step) in self.steps().enumerate() {
            await_siblings(
                &mut order,
                index,
                step.starts_with().flat_map(Read::effects),
            );
        }
        order
    }
}

/// Lets a step await those of the steps that it `starts_with` that are earlier siblings of it. Where
/// reads are left to rustc, a later sibling counts as one that may not have happened.
pub(crate) fn await_siblings(
    outline: &mut Definition,
    step: usize,
    starts_with: impl IntoIterator<Item = usize>,
) {
    let earlier = outline.steps[step].earlier_siblings(index(step));
    let siblings = starts_with.into_iter().map(index);
    let siblings: BTreeSet<_> = siblings.filter(|other| earlier.contains(other)).collect();
    if !siblings.is_empty() {
        outline.steps.to_mut()[step].awaits = siblings.into_iter().collect();
    }
}

/// An index as the definition has it. The number of steps of a saga is checked elsewhere.
pub(crate) fn index(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
