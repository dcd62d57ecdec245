//! Which `when` blocks run, as far as their conditions were evaluated.

use super::World;
use crate::{definition::Arm, kernel::tests::build::Saga};

/// The index of the first arm of the `when` that a block is an arm of.
fn first_arm(saga: &Saga, block: u16) -> u16 {
    let conditions = &saga.definition().conditions;
    let is_first = |arm: &u16| conditions[usize::from(*arm)].arm == Arm::When;
    (0..=block).rev().find(is_first).unwrap()
}

impl World {
    pub(super) fn decided(&mut self, saga: &Saga, block: u16, taken: bool) {
        let mut earlier = first_arm(saga, block)..block;
        assert!(
            earlier.all(|arm| self.2[usize::from(arm)] == Some(false)),
            "an earlier arm is taken, or may be"
        );
        let arm = saga.definition().conditions[usize::from(block)].arm;
        assert_ne!(arm, Arm::Else, "there is nothing to ask");
        let decision = self.2[usize::from(block)].replace(taken);
        assert_eq!(decision, None, "it is asked once");
    }

    /// Whether its steps are to happen.
    pub(super) fn is_taken(&self, saga: &Saga, block: u16) -> bool {
        let mut earlier = first_arm(saga, block)..block;
        let open = earlier.all(|arm| self.2[usize::from(arm)] == Some(false));
        let otherwise = saga.definition().conditions[usize::from(block)].arm == Arm::Else;
        open && (otherwise || self.2[usize::from(block)] == Some(true))
    }

    /// Whether its steps are to be skipped.
    pub(super) fn is_skipped(&self, saga: &Saga, block: u16) -> bool {
        let mut earlier = first_arm(saga, block)..block;
        self.2[usize::from(block)] == Some(false) || earlier.any(|arm| self.is_taken(saga, arm))
    }

    /// The saga turns to a savepoint: the conditions after it are evaluated again.
    pub(super) fn decides_again(&mut self, before: &Saga, savepoint: u16) {
        let conditions = &before.definition().conditions;
        for (block, decision) in (0..).zip(&mut self.2).take(conditions.len()) {
            let first = first_arm(before, block);
            if savepoint < conditions[usize::from(first)].first {
                *decision = None;
            }
        }
    }
}
