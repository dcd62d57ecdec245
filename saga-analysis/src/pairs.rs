//! Which steps never stand without which others.

use saga_definition::{Items, Kind, Place, Step, reached};

use crate::Analysis;

/// Why a step can stand where another does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// No such promise is made of this step: it is a read, a signal, a sleep or a saga.
    Kind(u16),
    /// The other one does not come before it, nor does it await the other one.
    Order,
    /// The other one has a fallback, which may take its place.
    FallsBack,
    /// The other one may be skipped, by its own `#[when]`.
    Skipped,
    /// The other one is in a `when` block that the step is not in.
    Block,
    /// It says `compensate none`: the way back passes it, and keeps nothing for it.
    Left,
    /// Nothing settles its doubt: after a panic it may stand, and keeps nothing.
    Perhaps,
    /// What undoes the other one, this step, comes later than what undoes the step, or with it.
    UndoneLate {
        /// What undoes the step.
        by: u16,
        /// What undoes the other one.
        other: u16,
    },
    /// Nothing that stands on the other one is kept when the step remains.
    NotKept {
        /// What undoes the step.
        by: u16,
        /// What undoes the other one.
        other: u16,
        /// A step between them that is skipped at times, and then keeps nothing.
        skipped: Option<u16>,
    },
}

impl Analysis<'_> {
    /// Whether `step` stands at no time, not even perhaps, while `other` does not.
    ///
    /// It stands from the start of its attempt until it is known that it did not happen, or until its
    /// compensation, or that of its cover, has succeeded; `other` from the moment it is applied. What
    /// people settle by hand does not count, crashes do.
    ///
    /// # Errors
    ///
    /// What lets it stand alone.
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
        let place = self.saga.place(step);
        if place == Place::AfterPivot || earlier.may_stay() {
            return Ok(());
        }
        if declared.may_stay() {
            return Err(Gap::Left);
        }
        let is_covered = declared.compensation.with().is_some();
        if !is_covered && !each(declared).can_be_settled() {
            return Err(Gap::Perhaps);
        }
        if place == Place::Pivot {
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
        if earlier.fallback.is_some() || each(earlier).fallback.is_some() {
            return Err(Gap::FallsBack);
        }
        let skipped = match &earlier.items {
            Some(items) => items.when.is_some() || each(earlier).when.is_some(),
            None => earlier.when.is_some(),
        };
        if skipped {
            return Err(Gap::Skipped);
        }
        if earlier.condition.is_some() && earlier.condition != declared.condition {
            return Err(Gap::Block);
        }
        Ok(())
    }

    /// Whether a path leads down from one step to the other, of steps that stand on each other and
    /// keep each other whenever the upper one is there.
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

    /// Whether one step is not skipped when the other one is not.
    fn is_there_with(&self, step: u16, other: u16) -> bool {
        let (declared, other) = (self.step(step), self.step(other));
        let inside = declared.condition.is_none() || declared.condition == other.condition;
        // A loop as a whole is skipped by the `#[when]` of the loop alone.
        let whole = match &declared.items {
            Some(items) => items.when.is_none(),
            None => declared.when.is_none(),
        };
        inside && whole
    }

    fn leads_to(&self, upper: u16, lower: u16) -> bool {
        reached(upper, |step| self.step(step).stands_on.iter().copied()).contains(&lower)
    }
}

/// What is done with one item of a loop, or else the step.
fn each(step: &Step) -> &Step {
    let item = step.items.as_ref();
    let item = item.and_then(|items| items.each.steps.get(usize::from(Items::STEP)));
    item.unwrap_or(step)
}
