//! The arms of a `when`: each is a block of steps, of which at most one is taken.
//!
//! ```text
//! when (a) { x }        a is true:   x runs; y and z are skipped, and b is not evaluated
//! else when (b) { y }   a is false:  x is skipped, and b is evaluated
//! else { z }            b is false:  y is skipped, and z runs
//! ```

use std::ops::Range;

use crate::definition::{Arm, Definition};

impl Definition {
    /// The arms of the `when` that this block is an arm of, by their indices.
    #[must_use]
    pub fn arms(&self, block: u16) -> Range<u16> {
        let (mut first, mut end) = (block, block.saturating_add(1));
        while first > 0 && self.arm(first) != Some(Arm::When) {
            first -= 1;
        }
        while self.arm(end).is_some_and(|arm| arm != Arm::When) {
            end += 1;
        }
        first..end
    }

    /// The steps of an arm; empty if it has none, or if there is no such arm.
    #[must_use]
    pub fn steps_of_arm(&self, block: u16) -> Range<u16> {
        let condition = self.conditions.get(usize::from(block));
        condition.map_or(0..0, |condition| {
            condition.first..condition.first.saturating_add(condition.len)
        })
    }

    /// The steps of all arms of the `when` that this block is an arm of.
    #[must_use]
    pub fn steps_of_arms(&self, block: u16) -> Range<u16> {
        let arms = self.arms(block);
        self.steps_of_arm(arms.start).start..self.steps_of_arm(arms.end - 1).end
    }

    /// The steps that are skipped once the condition of this arm is evaluated: those of the later
    /// arms if the arm is `taken`, and otherwise its own.
    #[must_use]
    pub fn skipped_by(&self, block: u16, taken: bool) -> Range<u16> {
        let own = self.steps_of_arm(block);
        if taken {
            own.end..self.steps_of_arms(block).end
        } else {
            own
        }
    }

    /// The `else` that is taken because this arm, the one before it, is not.
    #[must_use]
    pub fn else_of(&self, block: u16) -> Option<u16> {
        let next = block.saturating_add(1);
        (self.arm(next) == Some(Arm::Else)).then_some(next)
    }

    /// Whether a run takes at most one of two steps: they are in different arms of one `when`.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn excludes(&self, one: u16, other: u16) -> bool {
        let block = |step: u16| self.steps[usize::from(step)].condition;
        let both = block(one).zip(block(other));
        both.is_some_and(|(one, other)| one != other && self.arms(one) == self.arms(other))
    }

    fn arm(&self, block: u16) -> Option<Arm> {
        let condition = self.conditions.get(usize::from(block));
        condition.map(|condition| condition.arm)
    }
}

#[cfg(test)]
mod tests {
    use crate::definition::{Arm, Condition, Definition};

    /// Two arms with an `else`, a block alone, and an arm whose `else` has no steps.
    fn saga() -> Definition {
        let block = |arm, first, len| Condition {
            first,
            len,
            arm,
            ..Condition::PLAIN
        };
        let conditions = [
            block(Arm::When, 1, 2),
            block(Arm::ElseWhen, 3, 1),
            block(Arm::Else, 4, 2),
            block(Arm::When, 6, 1),
            block(Arm::When, 7, 1),
            block(Arm::Else, 8, 0),
        ];
        Definition {
            conditions: conditions.into_iter().collect(),
            ..Definition::EMPTY
        }
    }

    #[test]
    fn each_arm_knows_the_others() {
        let arms = [0..3, 0..3, 0..3, 3..4, 4..6, 4..6];
        for (block, arms) in (0..).zip(arms) {
            assert_eq!(saga().arms(block), arms, "{block}");
        }
        assert_eq!(saga().steps_of_arms(1), 1..6);
        assert_eq!(saga().steps_of_arm(2), 4..6);
    }

    #[test]
    fn a_decision_skips_the_later_arms_or_its_own() {
        let taken = [3..6, 4..6, 6..6, 7..7, 8..8, 8..8];
        let not = [1..3, 3..4, 4..6, 6..7, 7..8, 8..8];
        for (block, (taken, not)) in (0..).zip(taken.into_iter().zip(not)) {
            assert_eq!(saga().skipped_by(block, true), taken, "{block}");
            assert_eq!(saga().skipped_by(block, false), not, "{block}");
        }
    }

    #[test]
    fn an_else_is_taken_after_the_last_condition() {
        let found: Vec<_> = (0..6).map(|block| saga().else_of(block)).collect();
        assert_eq!(found, [None, Some(2), None, None, Some(5), None]);
    }
}
