//! The place of a step among the others: on which side of the pivot, in which unit, after which
//! siblings.

use std::{collections::BTreeSet, ops::Range};

use crate::definition::{Definition, Kind, Step};

/// The side of the pivot on which a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Everything can still be undone.
    BeforePivot,
    /// The point of no return.
    Pivot,
    /// Nothing is undone any more.
    AfterPivot,
}

/// What a saga has twice of which it can have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubled {
    /// Pivots.
    Pivot,
    /// Blocks of `when`s around this step.
    Block(u16),
}

/// All steps that `next` leads to from this one, directly or through others. `next` is called once
/// for each step, since many paths may lead to it.
pub fn reached<I: IntoIterator<Item = u16>>(from: u16, next: impl Fn(u16) -> I) -> BTreeSet<u16> {
    let (mut open, mut reached) = (vec![from], BTreeSet::new());
    while let Some(at) = open.pop() {
        open.extend(next(at).into_iter().filter(|&step| reached.insert(step)));
    }
    reached
}

impl Definition {
    /// Sets what follows from the kinds of the steps, and from where the blocks of `when`s are: the
    /// pivot, and the block of each step, which has none yet. Of what is there twice, the first one
    /// counts, and the result says so.
    #[doc(hidden)]
    pub fn arrange(&mut self) -> Option<Doubled> {
        let mut doubled = None;
        let steps = self.steps.to_mut();
        for (block, condition) in (0..).zip(self.conditions.iter()) {
            let from_first = (0..).zip(steps.iter_mut()).skip(condition.first.into());
            for (place, step) in from_first.take(condition.len.into()) {
                if step.condition.is_some() {
                    doubled.get_or_insert(Doubled::Block(place));
                }
                step.condition.get_or_insert(block);
            }
        }
        let places = (0..).zip(steps.iter());
        let mut pivots = places.filter(|(_, step)| step.kind == Kind::Pivot);
        self.pivot = pivots.next().map(|(place, _)| place);
        let second = pivots.next().map(|_| Doubled::Pivot);
        doubled.or(second)
    }

    /// The side of the pivot on which the step is.
    #[must_use]
    #[inline]
    pub const fn side(&self, step: u16) -> Side {
        match self.pivot {
            Some(pivot) if step == pivot => Side::Pivot,
            Some(pivot) if step > pivot => Side::AfterPivot,
            _ => Side::BeforePivot,
        }
    }

    /// The step and its siblings: its `concurrent` block, or the step alone.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    #[inline]
    pub fn unit_of(&self, step: u16) -> Range<u16> {
        match self.steps[usize::from(step)].group {
            Some(group) => group.first..group.first.saturating_add(group.len),
            None => step..step + 1,
        }
    }

    /// Single steps and the steps of each `concurrent` block, in order; none of them is empty.
    pub fn units(&self) -> impl Iterator<Item = Range<u16>> + use<'_> {
        let steps = (0..).zip(self.steps.iter());
        let firsts = steps.filter(|(step, declared)| {
            let group = declared.group;
            group.is_none_or(|group| group.first == *step)
        });
        firsts.map(|(first, _)| self.unit_of(first))
    }

    /// Whether a step starts only after a sibling has committed: it awaits that sibling directly,
    /// or through others.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn awaits(&self, step: u16, sibling: u16) -> bool {
        let awaits = |step: u16| self.steps[usize::from(step)].awaits.iter().copied();
        reached(step, awaits).contains(&sibling)
    }
}

impl Step {
    /// The steps that it may await, if it is at this place: the siblings before it.
    #[doc(hidden)]
    #[must_use]
    pub fn earlier_siblings(&self, place: u16) -> Range<u16> {
        self.group.map_or(place, |group| group.first)..place
    }
}

#[cfg(test)]
mod tests {
    use super::{Doubled, Side};
    use crate::definition::{
        Condition, Definition, Group, Items,
        Kind::{self, Pivot, Read},
        Step,
    };

    fn saga(kinds: [Kind; 3], blocks: &[(u16, u16)]) -> Definition {
        let step = |kind| Step {
            kind,
            ..Step::PLAIN
        };
        let block = |&(first, len): &(u16, u16)| Condition {
            first,
            len,
            ..Condition::PLAIN
        };
        Definition {
            steps: kinds.into_iter().map(step).collect(),
            conditions: blocks.iter().map(block).collect(),
            ..Definition::EMPTY
        }
    }

    #[test]
    fn the_first_pivot_and_the_first_block_around_a_step_count() {
        let block = Some(Doubled::Block(2));
        for (kinds, blocks, doubled, pivot, inside) in [
            ([Read; 3], vec![], None, None, [None; 3]),
            (
                [Read, Pivot, Read],
                vec![(0, 1), (2, 1)],
                None,
                Some(1),
                [Some(0), None, Some(1)],
            ),
            (
                [Read, Pivot, Pivot],
                vec![(0, 0)],
                Some(Doubled::Pivot),
                Some(1),
                [None; 3],
            ),
            (
                [Read, Pivot, Pivot],
                vec![(1, 2), (2, 1)],
                block,
                Some(1),
                [None, Some(0), Some(0)],
            ),
        ] {
            let mut saga = saga(kinds, &blocks);
            assert_eq!(saga.arrange(), doubled);
            assert_eq!(saga.pivot, pivot);
            let blocks: Vec<_> = saga.steps.iter().map(|step| step.condition).collect();
            assert_eq!(blocks, inside);
        }
    }

    #[test]
    fn an_item_is_on_the_side_of_the_pivot_on_which_its_loop_is() {
        for (behind, side) in [(false, Side::BeforePivot), (true, Side::AfterPivot)] {
            let each = Items::each_of(Step::PLAIN, false, false, behind);
            assert_eq!(each.side(Items::STEP), side);
        }
    }

    #[test]
    fn a_step_may_await_the_siblings_before_it() {
        let group = Some(Group { first: 1, len: 3 });
        let sibling = Step {
            group,
            ..Step::PLAIN
        };
        assert_eq!(sibling.earlier_siblings(3), 1..3);
        assert!(sibling.earlier_siblings(1).is_empty());
        assert!(Step::PLAIN.earlier_siblings(3).is_empty());
    }
}
