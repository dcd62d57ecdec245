//! Which steps never remain applied without which others.

use std::{error::Error, fmt};

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
    /// The other step is in an arm of a `when` that does not contain the step, and no step of each arm is
    /// named.
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

/// A step can remain applied while another does not: which, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone(String);

impl fmt::Display for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Alone {}

impl Analysis<'_> {
    /// Whether the step is never applied, not even perhaps, while one of these others is not. A name
    /// that several arms share stands for the step of each.
    ///
    /// The step counts as applied from the start of its attempt until it is known that it did not
    /// happen, or until its compensation, or that of the step that covers it, has succeeded; the others
    /// count from the moment they are applied. Crashes are taken into account; what operators settle by
    /// hand is not.
    ///
    /// ```
    /// use typed_saga_analysis::Analysis;
    /// use typed_saga_definition::{Definition, Step};
    ///
    /// let saga = Definition {
    ///     name: "Trip".into(),
    ///     steps: [Step { name: "seat".into(), ..Step::PLAIN }].into_iter().collect(),
    ///     ..Definition::EMPTY
    /// };
    /// let error = Analysis::of(&saga).never_without("seat", &["payment"]).unwrap_err();
    /// assert_eq!(error.to_string(), "`Trip` has no step `payment`");
    /// ```
    ///
    /// # Errors
    ///
    /// The first of the others without which the step can remain applied, and why it can; or a name that
    /// is not that of a step.
    pub fn never_without(&self, step: &str, others: &[&str]) -> Result<(), Alone> {
        let steps = self.named(step)?;
        let named: Result<Vec<_>, _> = others.iter().map(|other| self.named(other)).collect();
        let named = named?.concat();
        for &step in &steps {
            for &other in &named {
                if let Some(gap) = self.gap_among(step, other, &named) {
                    return Err(Alone(self.explained_gap(gap, step, other)));
                }
            }
        }
        Ok(())
    }

    /// The steps of this name.
    fn named(&self, name: &str) -> Result<Vec<u16>, Alone> {
        let is_called = |step: &u16| {
            let declared = self.step(*step);
            *declared.name == *name || declared.read_as() == name
        };
        let named: Vec<_> = self.steps().filter(is_called).collect();
        if named.is_empty() {
            let saga = &self.saga.name;
            return Err(Alone(format!("`{saga}` has no step `{name}`")));
        }
        Ok(named)
    }

    fn explained_gap(&self, gap: Gap, step: u16, other: u16) -> String {
        let name = |step: u16| &self.step(step).name;
        let (own, b) = (name(step), name(other));
        let why = match gap {
            Gap::Kind(of) => {
                let of = self.step(of);
                let kind = match of.kind {
                    Kind::Step | Kind::Pivot => "child saga",
                    _ => of.kind.word(),
                };
                format!("`{}` is a {kind}, of which nothing is known", of.name)
            }
            Gap::Order => format!("`{b}` may not have happened when `{own}` starts"),
            Gap::FallsBack => format!("`{b}` has a `fallback`, which may take its place"),
            Gap::Skipped => format!("`{b}` may be skipped"),
            Gap::Block => {
                format!("the `when` of `{b}` may be skipped, and `{own}` is outside of it")
            }
            Gap::Left => {
                format!("`{own}` has `compensate none`, so a rollback leaves it, and undoes `{b}`")
            }
            Gap::Perhaps => {
                format!(
                    "after a panic, nothing finds out whether `{own}` happened, and `{b}` is undone"
                )
            }
            Gap::UndoneLate { by, other } => format!(
                "`{own}` is undone with `{}`, which is declared before `{}`",
                name(by),
                name(other)
            ),
            Gap::NotKept {
                by,
                other,
                skipped: Some(skipped),
            } => format!(
                "`{}` depends on `{}` only through `{}`, which may be skipped",
                name(by),
                name(other),
                name(skipped)
            ),
            Gap::NotKept {
                by,
                other,
                skipped: None,
            } => format!(
                "if the compensation of `{}` fails, `{}` is undone all the same: `{}` neither reads it nor \
                 names it in `#[after]`",
                name(by),
                name(other),
                name(by)
            ),
        };
        format!("`{own}` can remain applied without `{b}`: {why}")
    }

    /// Why `step` can remain applied while `other` does not, if it can.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn gap(&self, step: u16, other: u16) -> Option<Gap> {
        self.gap_among(step, other, &[other])
    }

    fn gap_among(&self, step: u16, other: u16, named: &[u16]) -> Option<Gap> {
        self.holds_for(step, other, named).err()
    }

    fn holds_for(&self, step: u16, other: u16, named: &[u16]) -> Result<(), Gap> {
        for of in [step, other] {
            let declared = self.step(of);
            if !matches!(declared.kind, Kind::Step | Kind::Pivot) || declared.saga().is_some() {
                return Err(Gap::Kind(of));
            }
        }
        self.happens_first(step, other, named)?;
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
    fn happens_first(&self, step: u16, other: u16, named: &[u16]) -> Result<(), Gap> {
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
        if elsewhere && !self.has_one_of_each_arm(named, other) {
            return Err(Gap::Block);
        }
        Ok(())
    }

    /// Whether a step of each arm of the `when` around `other` is among the named ones, of which one runs
    /// for certain.
    fn has_one_of_each_arm(&self, named: &[u16], other: u16) -> bool {
        let Some(block) = self.step(other).condition else {
            return false;
        };
        let mut arms = self.saga.arms(block);
        let last = &self.saga.conditions[usize::from(arms.end - 1)];
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
