//! The positions of a walk: before each unit, before the condition of each `when` block, at the end of
//! each block, and at the end.

use std::ops::Range;

use crate::expand::plan::Plan;
use crate::model::index;

/// A position of a walk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Before a step, or in a `concurrent` block.
    Unit(usize),
    /// Before the decision on a `when` block; all earlier arms were skipped.
    When(usize),
    /// At the end of a `when` block, all of whose steps have happened.
    Leaving(usize),
    End,
}

impl Plan<'_> {
    /// All positions, in order.
    pub(super) fn stands(&self) -> Vec<Stand> {
        let mut stands = Vec::new();
        for unit in 0..self.units.len() {
            if let when @ Stand::When(_) = self.at(unit) {
                stands.push(when);
            }
            stands.push(Stand::Unit(unit));
            if let leaving @ Stand::Leaving(_) = self.behind(unit) {
                stands.push(leaving);
            }
        }
        stands.push(Stand::End);
        stands
    }

    /// The `when` block that contains a unit.
    pub(super) fn governs(&self, unit: usize) -> Option<usize> {
        self.condition_of(self.units.get(unit)?.first())
    }

    /// The units of a `when` block.
    pub(super) fn inside(&self, block: usize) -> Range<usize> {
        let is_inside = |unit: &usize| self.governs(*unit) == Some(block);
        let mut units = (0..self.units.len()).filter(is_inside);
        let first = units.next().unwrap_or_default();
        first..units.next_back().unwrap_or(first) + 1
    }

    /// The position from which a unit is reached from outside of its `when` block.
    pub(super) fn at(&self, unit: usize) -> Stand {
        let before = unit.checked_sub(1).and_then(|before| self.governs(before));
        match self.governs(unit) {
            _ if unit == self.units.len() => Stand::End,
            Some(block) if before != Some(block) && self.asks(block) => Stand::When(block),
            _ => Stand::Unit(unit),
        }
    }

    /// Whether the block has a condition: `else` has none.
    fn asks(&self, block: usize) -> bool {
        self.saga.conditions[block].when.is_some()
    }

    /// The arms with steps of the `when` that a block is an arm of, in order.
    pub(super) fn arms(&self, block: usize) -> Vec<usize> {
        let mut arms: Vec<_> = self
            .data
            .definition
            .arms(index(block))
            .map(usize::from)
            .collect();
        let has_steps = |arm| (0..self.units.len()).any(|unit| self.governs(unit) == Some(arm));
        arms.retain(|arm| has_steps(*arm));
        arms
    }

    /// The position before the `when` that a block is an arm of.
    pub(super) fn before(&self, block: usize) -> Stand {
        self.at(self.inside(self.arms(block)[0]).start)
    }

    /// The position after all arms of the `when` that a block is an arm of.
    pub(super) fn past(&self, block: usize) -> Stand {
        let last = self.arms(block).pop();
        self.at(self.inside(last.unwrap_or(block)).end)
    }

    /// The position after a unit.
    pub(super) fn behind(&self, unit: usize) -> Stand {
        match self.governs(unit) {
            Some(block) if self.governs(unit + 1) != Some(block) => Stand::Leaving(block),
            _ => self.at(unit + 1),
        }
    }

    /// The number of units that are over.
    pub(super) fn over(&self, stand: Stand) -> usize {
        match stand {
            Stand::Unit(unit) => unit,
            Stand::When(block) => self.inside(block).start,
            Stand::Leaving(block) => self.inside(block).end,
            Stand::End => self.units.len(),
        }
    }
}
