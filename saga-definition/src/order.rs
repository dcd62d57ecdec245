//! Where a step stands among the others: before or after the pivot, in which unit, after which
//! siblings.

use std::ops::Range;

use crate::definition::Definition;

/// A step's place in the saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All can still be undone.
    BeforePivot,
    /// The point of no return.
    Pivot,
    /// Nothing is undone any more.
    AfterPivot,
}

impl Definition {
    /// Where the step stands.
    #[must_use]
    #[inline]
    pub const fn place(&self, step: u16) -> Place {
        match self.pivot {
            Some(pivot) if step == pivot => Place::Pivot,
            Some(pivot) if step > pivot => Place::AfterPivot,
            _ => Place::BeforePivot,
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

    /// Whether a step starts after a sibling of it has committed, because of that one or of others
    /// between.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn awaits(&self, step: u16, sibling: u16) -> bool {
        // Each once: there may be many paths through a block.
        let (mut open, mut seen) = (vec![step], Vec::new());
        while let Some(at) = open.pop() {
            for &awaited in self.steps[usize::from(at)].awaits.iter() {
                if !seen.contains(&awaited) {
                    seen.push(awaited);
                    open.push(awaited);
                }
            }
        }
        seen.contains(&sibling)
    }
}
