//! Reruns, from a savepoint or of a child saga, and what is still applied when one begins.
//!
//! A rerun repeats what was undone. A step that says `compensate none` remains, and a rerun that meets
//! it would repeat its effect: so it says `compensate none again`. Which reruns may meet it is
//! [`Definition::left_at`]. The kernel decides the same by what has happened (`kernel/rerun.rs`), also
//! where a step is in doubt.

mod round;
#[cfg(test)]
mod tests;

pub use round::Stale;

use crate::{
    definition::{Arm, Compensation, Definition, Items, Kind, Step},
    order::Side,
    policy::{Limit, Timing},
    text::{List, Text},
};

/// The beginning of a rerun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Begin {
    /// The saga has rolled back to this savepoint.
    Savepoint(u16),
    /// The saga is a child saga. It has been undone, apart from what remains, and runs again.
    Child,
}

/// A step because of which a rerun would do harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The index of the step.
    pub step: u16,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a step that a rerun may meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It remains, and may be applied when the rerun begins, which would repeat its effect.
    Left {
        /// The rerun.
        begin: Begin,
        /// The last step whose failure leads to a rerun from a savepoint.
        after: Option<u16>,
    },
    /// It is undone, and called in a new round under the key that this value is, which is the same in
    /// each round: a service would take the request for the one that was undone.
    SameKey {
        /// What serves as the key.
        by: Text,
    },
}

impl Definition {
    /// The last step whose failure leads to a rerun from `savepoint` when the effect of `step` may be
    /// applied. `None`: no rerun from there meets it, or this step is no savepoint.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn left_at(&self, step: u16, savepoint: u16) -> Option<u16> {
        self.last_failed(step, savepoint, |failed| self.may_stand(step, failed))
    }

    /// The last step whose failure leads to a rerun from `savepoint` that meets `step`, if `counts`.
    fn last_failed(&self, step: u16, savepoint: u16, counts: impl Fn(u16) -> bool) -> Option<u16> {
        let leads = self.steps[usize::from(savepoint)].savepoint.as_ref()?;
        if savepoint > step || self.excludes(savepoint, step) {
            return None;
        }
        let last = self.pivot.map_or(self.count(), |pivot| pivot + 1);
        (savepoint..last).rev().find(|&failed| {
            let is_elsewhere = self.excludes(failed, step) || self.excludes(failed, savepoint);
            leads.is_for(Some(failed)) && !is_elsewhere && self.may_fail(failed) && counts(failed)
        })
    }

    /// Whether the effect of `step`, or of an item of it, may be applied when `failed` fails.
    fn may_stand(&self, step: u16, failed: u16) -> bool {
        if step == failed {
            // Another item may be applied.
            self.steps[usize::from(step)].items.is_some()
        } else if self.unit_of(step).contains(&failed) {
            !self.awaits(step, failed)
        } else {
            failed > step
        }
    }

    /// Whether the step may fail, so that the saga rolls back.
    fn may_fail(&self, step: u16) -> bool {
        let declared = &self.steps[usize::from(step)];
        let waits = match declared.kind {
            Kind::Read | Kind::Step | Kind::Pivot => return true,
            // What is locked is an expression.
            Kind::Lock => true,
            Kind::Signal => declared.timeout.is_some(),
            Kind::Sleep => !matches!(declared.timeout, Some(Timing::Fixed(_))),
        };
        // An expression may panic; that of an arm is one of its first step.
        let begins = declared.condition.and_then(|block| {
            let condition = self.conditions.get(usize::from(block))?;
            (condition.first == step).then_some(condition.arm)
        });
        waits || declared.when.is_some() || begins.is_some_and(|arm| arm != Arm::Else)
    }

    /// What stands in the way of the reruns of this saga from its own savepoints: at most one for each
    /// step.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Obstacle> {
        let found = (0..self.count()).filter_map(|step| {
            if !self.steps[usize::from(step)].is_left() {
                return None;
            }
            let mut met = self.savepoints().filter_map(|savepoint| {
                let after = self.left_at(step, savepoint)?;
                Some((savepoint, after))
            });
            let (savepoint, after) = met.next()?;
            let begin = Begin::Savepoint(savepoint);
            let after = Some(after);
            Some(Obstacle {
                step,
                why: Why::Left { begin, after },
            })
        });
        found.collect()
    }

    /// What stands in the way of another run of this saga, a child saga. If the parent's step says
    /// `again` (`covers`), what the child leaves does not.
    #[must_use]
    pub fn obstacles_to_another_run(&self, covers: bool) -> Vec<Obstacle> {
        let found = (0..self.count()).filter_map(|step| {
            let declared = &self.steps[usize::from(step)];
            let begin = Begin::Child;
            let left = declared.is_left() && !covers;
            let left = left.then_some(Why::Left { begin, after: None });
            let why = left.or_else(|| self.same_key(step))?;
            Some(Obstacle { step, why })
        });
        found.collect()
    }

    /// The child sagas that may run more than once, by their steps: because the saga retries them, runs
    /// them after its pivot, or has a savepoint at or before them.
    #[must_use]
    pub fn run_again(&self) -> Vec<u16> {
        let nested = self.children();
        let again = nested
            .filter(|step| self.is_attempted_again(*step) || self.savepoint_of(*step).is_some());
        again.collect()
    }

    /// The steps that are child sagas, or loops of child sagas.
    pub fn children(&self) -> impl Iterator<Item = u16> + '_ {
        let steps = (0..).zip(self.steps.iter());
        steps.filter_map(|(place, step)| step.saga().is_some().then_some(place))
    }

    /// A step whose rounds have the same key, if the saga begins again. (Those of one run are
    /// [`Definition::stale`].)
    fn same_key(&self, step: u16) -> Option<Why> {
        let declared = &self.steps[usize::from(step)];
        if declared.kind != Kind::Step || declared.may_stay() {
            return None;
        }
        let mut keys = declared.acting().named_keys();
        let same = keys.find(|by| !self.is_of_the_round(step, by, 0));
        same.cloned().map(|by| Why::SameKey { by })
    }

    /// Whether the step is attempted more than once, apart from repetitions that settle doubt: a
    /// child saga then begins again after it has failed. After the pivot, a parked saga that is
    /// resumed attempts it again, whatever its `#[retry]`.
    fn is_attempted_again(&self, step: u16) -> bool {
        let retry = self.steps[usize::from(step)].acting().retry.as_ref();
        let is_behind = self.side(step) == Side::AfterPivot;
        is_behind || retry.is_some_and(|retry| retry.limit != Limit::Times(1))
    }

    /// The steps with `#[savepoint]`.
    fn savepoints(&self) -> impl Iterator<Item = u16> + '_ {
        let steps = (0..).zip(self.steps.iter());
        steps.filter_map(|(place, step)| step.savepoint.is_some().then_some(place))
    }

    /// The first savepoint from which a rerun runs this step, a child saga, again: a part of it may be
    /// applied, too, when it fails itself.
    #[must_use]
    pub fn savepoint_of(&self, step: u16) -> Option<u16> {
        let counts = |failed| failed == step || self.may_stand(step, failed);
        let mut savepoints = self.savepoints();
        savepoints.find(|from| self.last_failed(step, *from, counts).is_some())
    }

    /// The first step with `#[savepoint]`.
    #[must_use]
    pub fn first_savepoint(&self) -> Option<u16> {
        self.savepoints().next()
    }

    fn count(&self) -> u16 {
        u16::try_from(self.steps.len()).unwrap_or(u16::MAX)
    }
}

impl Step {
    /// The step with the code: of a loop, the step of its items.
    #[must_use]
    pub fn acting(&self) -> &Step {
        let items = self.items.as_ref();
        let each = items.and_then(|items| items.each.steps.get(usize::from(Items::STEP)));
        each.unwrap_or(self)
    }

    /// The names that the `when` of the step reads, if it has one; of a loop, that of the loop as a
    /// whole.
    #[doc(hidden)]
    #[must_use]
    pub fn own_when(&self) -> Option<&List<Text>> {
        match &self.items {
            Some(items) => items.when.as_ref(),
            None => self.when.as_ref(),
        }
    }

    /// Changes the step with the code.
    #[doc(hidden)]
    pub fn change_acting(&mut self, change: impl FnOnce(&mut Step)) {
        match &mut self.items {
            None => change(self),
            Some(items) => {
                let mut each = (*items.each).clone();
                change(&mut each.steps.to_mut()[usize::from(Items::STEP)]);
                items.each = each.into();
            }
        }
    }

    /// The identifier by which code reads its effect.
    #[must_use]
    pub fn read_as(&self) -> &str {
        self.ident.as_deref().unwrap_or(&self.name)
    }

    /// Whether it says `compensate none again`: a rerun calls it again, although it may be applied.
    #[must_use]
    #[inline]
    pub const fn is_again(&self) -> bool {
        matches!(self.compensation, Compensation::None { again: true })
    }

    /// Whether it says `compensate none`, and no more: while it is applied, no rerun begins.
    #[must_use]
    #[inline]
    pub const fn is_left(&self) -> bool {
        matches!(self.compensation, Compensation::None { again: false })
    }

    /// The names of what serves as a key in place of `key`, in its action and its compensation.
    fn named_keys(&self) -> impl Iterator<Item = &Text> {
        let undone = self.compensation.declared().map(|(_, call)| call);
        let undone = undone.and_then(|call| call.keyed_by.as_ref());
        self.keyed_by.iter().chain(undone)
    }
}
