//! Which steps never remain applied without which others.

use typed_saga_definition::{Arm, Kind, Side, reached};

use crate::Analysis;

/// The reason why a step can remain applied while another does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A step of this kind cannot be promised: a read, a signal, a sleep, a lock or a child saga.
    Kind(u16),
    /// The other step does not come before the step, and the step does not await it.
    Order,
    /// The other step has a fallback, which may replace it.
    FallsBack,
    /// The other step may be skipped by its own `#[when]`.
    Skipped,
    /// The other step is in an arm of a `when` that does not contain the step, and the step does not name a
    /// step of each arm.
    Block,
    /// The step is declared `compensate none`: rolling back passes it, and does not skip other
    /// compensations because of it.
    Left,
    /// Nothing settles the step's doubt: after a panic it may remain applied, and no other
    /// compensation is skipped because of it.
    Perhaps,
    /// The other step may be undone first: the step that undoes it is declared after the one that
    /// undoes this step.
    UndoneLate {
        /// The step whose compensation undoes the step.
        by: u16,
        /// The step whose compensation undoes the other step.
        other: u16,
    },
    /// If the step cannot be undone, that does not prevent the compensation of the other step.
    NotKept {
        /// The step whose compensation undoes the step.
        by: u16,
        /// The step whose compensation undoes the other step.
        other: u16,
        /// A step between them that may be skipped, and then prevents nothing.
        skipped: Option<u16>,
    },
}

impl Analysis<'_> {
    /// Whether `step` is never applied, not even perhaps, while `other` is not.
    ///
    /// `step` counts as applied from the start of its attempt until it is known that it did not
    /// happen, or until its compensation, or that of the step that covers it, has succeeded;
    /// `other` counts from the moment it is applied. Crashes are taken into account; what operators
    /// settle by hand is not.
    ///
    /// # Errors
    ///
    /// The reason why `step` can remain applied alone.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn never_without(&self, step: u16, other: u16) -> Result<(), Gap> {
        for of in [step, other] {
            let declared = self.step(of);
            if !matches!(declared.kind, Kind::Step | Kind::Pivot) || declared.saga().is_some() {
                return Err(Gap::Kind(of));
            }
        }
        self.happens_first(step, other)?;
        let (declared, earlier) = (self.step(step), self.step(other));
        let side = self.saga.side(step);
        if side == Side::AfterPivot || earlier.may_stay() {
            return Ok(());
        }
        if declared.may_stay() {
            return Err(Gap::Left);
        }
        let is_covered = declared.compensation.with().is_some();
        if !is_covered && !declared.acting().can_be_settled() {
            return Err(Gap::Perhaps);
        }
        if side == Side::Pivot {
            return Ok(());
        }
        let by = declared.compensation.with().unwrap_or(step);
        let other = earlier.compensation.with().unwrap_or(other);
        match by {
            _ if by == other => Ok(()),
            _ if by < other => Err(Gap::UndoneLate { by, other }),
            _ => self.keeps(by, other),
        }
    }

    /// Whether `other` is applied when `step` starts.
    fn happens_first(&self, step: u16, other: u16) -> Result<(), Gap> {
        if !self.follows(step, other) {
            return Err(Gap::Order);
        }
        let (declared, earlier) = (self.step(step), self.step(other));
        if earlier.fallback.is_some() || earlier.acting().fallback.is_some() {
            return Err(Gap::FallsBack);
        }
        if earlier.own_when().is_some() || earlier.acting().when.is_some() {
            return Err(Gap::Skipped);
        }
        let elsewhere = earlier.condition.is_some() && earlier.condition != declared.condition;
        if elsewhere && !self.names_one_of_each_arm(step, other) {
            return Err(Gap::Block);
        }
        Ok(())
    }

    /// Whether the step is never without a step of each arm of the `when` around `other`, of which one runs
    /// for certain.
    fn names_one_of_each_arm(&self, step: u16, other: u16) -> bool {
        let Some(block) = self.step(other).condition else {
            return false;
        };
        let mut arms = self.saga.arms(block);
        let last = &self.saga.conditions[usize::from(arms.end - 1)];
        let named = &self.step(step).never_without;
        let is_named = |arm: u16| {
            let mut named = named.iter();
            named.any(|named| self.step(*named).condition == Some(arm))
        };
        last.arm == Arm::Else && arms.all(is_named)
    }

    /// Whether a path of dependencies leads from `upper` to `lower` over steps that are never
    /// skipped when `upper` is not, so that a failed compensation of `upper` prevents that of
    /// `lower`.
    fn keeps(&self, upper: u16, lower: u16) -> Result<(), Gap> {
        let below = |step: u16| self.step(step).stands_on.iter().copied();
        let is_there = |step: &u16| *step == lower || self.is_there_with(*step, upper);
        let kept = reached(upper, |step| below(step).filter(is_there));
        if kept.contains(&lower) {
            return Ok(());
        }
        let skipped = kept.into_iter().chain([upper]).flat_map(below);
        let mut skipped = skipped.filter(|step| !is_there(step) && self.leads_to(*step, lower));
        Err(Gap::NotKept {
            by: upper,
            other: lower,
            skipped: skipped.next(),
        })
    }

    /// Whether `step` is never skipped when `other` is not.
    fn is_there_with(&self, step: u16, other: u16) -> bool {
        let (declared, other) = (self.step(step), self.step(other));
        let inside = declared.condition.is_none() || declared.condition == other.condition;
        // Only the `#[when]` of the loop itself skips the loop as a whole.
        inside && declared.own_when().is_none()
    }

    fn leads_to(&self, upper: u16, lower: u16) -> bool {
        reached(upper, |step| self.step(step).stands_on.iter().copied()).contains(&lower)
    }
}
