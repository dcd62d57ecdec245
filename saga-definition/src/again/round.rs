//! The rounds of a step: what begins another one, and whether a value is another one in it.

use crate::{
    definition::{Definition, Step},
    order::Side,
};

/// What begins another round of a step, in which a value may be the same as in the round before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// A rollback to this savepoint.
    Savepoint(u16),
    /// An attempt after the compensation has settled an unknown outcome.
    Retry,
}

impl Definition {
    /// What begins another round of the step, in the same run, in which what it reads under this name
    /// may be the same: a service that knows an operation by it would take the request for one of the
    /// round before. `undone`: it is the key of the compensation, not of the action.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[doc(hidden)]
    #[must_use]
    pub fn stale(&self, step: u16, read: &str, undone: bool) -> Option<Stale> {
        let declared = &self.steps[usize::from(step)];
        // It runs once; or it remains, and no rerun meets it, or says that it is called again.
        if self.side(step) == Side::AfterPivot || declared.may_stay() {
            return None;
        }
        let mut before = (0..=step).rev();
        let last = before.find(|at| {
            let is_savepoint = self.steps[usize::from(*at)].savepoint.is_some();
            is_savepoint && !self.excludes(*at, step)
        });
        if let Some(savepoint) = last.filter(|from| !self.is_of_the_round(step, read, *from)) {
            return Some(Stale::Savepoint(savepoint));
        }
        // An idempotent step has no attempts left once it is compensated to settle doubt.
        let is_repeated = self.is_attempted_again(step) && !declared.acting().idempotent;
        (undone && is_repeated).then_some(Stale::Retry)
    }

    /// Whether each round of the step has another value for what it reads under this name, as far as
    /// the declaration shows, if all steps from `from` on run again: it is made of an effect that each
    /// round makes, and that is not `()` or what a `fallback` returns.
    pub(super) fn is_of_the_round(&self, step: u16, read: &str, from: u16) -> bool {
        let is_made = |read: &str| {
            let effect = self.effect(read).filter(|effect| *effect >= from);
            effect.is_some_and(|effect| {
                let effect = &self.steps[usize::from(effect)];
                let is_constant = effect.effect == "()" || effect.acting().fallback.is_some();
                // What is not undone, and has a key of its own, may return what it did before.
                let is_same =
                    effect.is_left() || effect.is_again() && effect.acting().keyed_by.is_some();
                !is_constant && !is_same && !self.may_be_skipped(effect, step)
            })
        };
        let items = self.steps[usize::from(step)].items.as_ref();
        match items.filter(|items| items.item == *read) {
            Some(items) => items.reads.iter().any(|read| is_made(read)),
            None => is_made(read),
        }
    }

    /// The step whose effect is read under this name.
    pub(super) fn effect(&self, read: &str) -> Option<u16> {
        let mut steps = (0..).zip(self.steps.iter());
        let (step, _) = steps.find(|(_, step)| step.read_as() == read)?;
        Some(step)
    }

    /// Whether a step, or each item of it, may have been skipped that this one reads: its value may
    /// then be the same in each round.
    fn may_be_skipped(&self, effect: &Step, step: u16) -> bool {
        let of_items = effect.acting().when.is_some();
        let by_version = effect.retired || effect.introduced;
        let own = effect.own_when().is_some() || of_items || by_version;
        let block = self.steps[usize::from(step)].condition;
        own || effect.condition.is_some() && effect.condition != block
    }
}
