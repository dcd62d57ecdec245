//! The place of a step among the others: on which side of the pivot, in which unit, after which
//! siblings.

use std::{collections::BTreeSet, ops::Range};

use crate::definition::Definition;

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
