//! `compensate with`: which earlier step may also undo a step.

use crate::definition::Definition;

/// The reason why the compensation of an earlier step may not undo a step, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncovered {
    /// The earlier step has no compensation of its own.
    NoCompensation,
    /// It is a loop, which is compensated once for each item.
    Loop,
    /// It is not compensated once its `fallback` has replaced it.
    FallsBack,
    /// It may be skipped, and the step not.
    Skipped(Skipped),
    /// It is a sibling, which may not have happened: the step's action does not read it.
    Sibling,
    /// This savepoint is between the two: a rerun would call the step again without undoing it.
    Savepoint(u16),
}

/// Why a run may skip an earlier step, and not a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// The earlier step has a `when`.
    When,
    /// It is `#[retired]`: a run that has not started it skips it.
    Retired,
    /// It is `#[introduced]`: a run that is past it goes on without it.
    Introduced,
    /// It is in a `when` block.
    Block,
}

impl Definition {
    /// Why the step may not say `compensate with` this earlier step: nothing if it may, or the first
    /// reason, or each savepoint between the two.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[doc(hidden)]
    #[must_use]
    pub fn uncovered(&self, step: u16, by: u16) -> Vec<Uncovered> {
        if let Some(why) = self.first_uncovered(step, by) {
            return vec![why];
        }
        let between = by + 1..=step;
        let savepoints = between.filter(|at| self.steps[usize::from(*at)].savepoint.is_some());
        savepoints.map(Uncovered::Savepoint).collect()
    }

    fn first_uncovered(&self, step: u16, by: u16) -> Option<Uncovered> {
        let from_it_on = &self.steps[usize::from(by)..=usize::from(step)];
        let (upper, lower) = (&from_it_on[0], &self.steps[usize::from(step)]);
        let by_version = upper.retired || upper.introduced;
        let is_elsewhere = upper.condition.is_some() && upper.condition != lower.condition;
        let is_read = || lower.reads.iter().any(|read| *read == *upper.read_as());
        // In the order in which a user would mend them.
        let reasons = [
            (
                upper.compensation.declared().is_none(),
                Uncovered::NoCompensation,
            ),
            (upper.items.is_some(), Uncovered::Loop),
            (upper.fallback.is_some(), Uncovered::FallsBack),
            (
                upper.when.is_some() && !by_version,
                Uncovered::Skipped(Skipped::When),
            ),
            (
                upper.retired && !lower.retired,
                Uncovered::Skipped(Skipped::Retired),
            ),
            (
                upper.introduced && !from_it_on.iter().all(|step| step.introduced),
                Uncovered::Skipped(Skipped::Introduced),
            ),
            (is_elsewhere, Uncovered::Skipped(Skipped::Block)),
            (
                self.unit_of(step).contains(&by) && !is_read(),
                Uncovered::Sibling,
            ),
        ];
        let mut reasons = reasons.into_iter();
        reasons.find_map(|(applies, why)| applies.then_some(why))
    }
}

#[cfg(test)]
mod tests {
    use super::{Skipped, Uncovered};
    use crate::{
        definition::{Call, Compensation, Definition, Group, Items, Step},
        policy::{Backoff, Limit, Retry, Savepoint},
        text::{List, Text},
    };

    /// Why the first of three steps may not undo the last one, too, after this change.
    fn uncovered(change: impl FnOnce(&mut [Step; 3])) -> Vec<Uncovered> {
        let mut steps = ["upper", "between", "lower"].map(|name| Step {
            name: name.into(),
            ..Step::PLAIN
        });
        steps[0].compensation = Compensation::simple(&[]);
        change(&mut steps);
        let saga = Definition {
            steps: steps.into_iter().collect(),
            ..Definition::EMPTY
        };
        saga.uncovered(2, 0)
    }

    fn savepoint() -> Savepoint {
        Savepoint::of(Retry {
            limit: Limit::Times(1),
            backoff: Backoff::DEFAULT.into(),
        })
    }

    #[test]
    fn what_covers_a_step_is_itself_compensated() {
        assert_eq!(uncovered(|_| {}), []);
        let none = uncovered(|steps| steps[0].compensation = Compensation::Absent);
        assert_eq!(none, [Uncovered::NoCompensation]);
        let looped = uncovered(|steps| steps[0].items = Some(Items::PLAIN));
        assert_eq!(looped, [Uncovered::Loop]);
        let replaced = uncovered(|steps| steps[0].fallback = Some(Call::PLAIN.into()));
        assert_eq!(replaced, [Uncovered::FallsBack]);
    }

    #[test]
    fn what_covers_a_step_is_not_skipped_without_it() {
        let when = uncovered(|steps| steps[0].when = Some(List::Borrowed(&[])));
        assert_eq!(when, [Uncovered::Skipped(Skipped::When)]);
        let retired = uncovered(|steps| steps[0].retired = true);
        assert_eq!(retired, [Uncovered::Skipped(Skipped::Retired)]);
        let both = uncovered(|steps| {
            steps[0].retired = true;
            steps[2].retired = true;
        });
        assert_eq!(both, []);
        let with_a_gap = uncovered(|steps| {
            steps[0].introduced = true;
            steps[2].introduced = true;
        });
        assert_eq!(with_a_gap, [Uncovered::Skipped(Skipped::Introduced)]);
        let all = uncovered(|steps| {
            for step in steps {
                step.introduced = true;
            }
        });
        assert_eq!(all, []);
        let block = uncovered(|steps| steps[0].condition = Some(0));
        assert_eq!(block, [Uncovered::Skipped(Skipped::Block)]);
        let one = uncovered(|steps| {
            for step in steps {
                step.condition = Some(0);
            }
        });
        assert_eq!(one, []);
    }

    #[test]
    fn a_sibling_that_covers_a_step_is_read_by_it() {
        let block = |steps: &mut [Step; 3]| {
            for step in steps {
                step.group = Some(Group { first: 0, len: 3 });
            }
        };
        assert_eq!(uncovered(block), [Uncovered::Sibling]);
        let read = uncovered(|steps| {
            block(steps);
            steps[2].reads = [Text::Borrowed("upper")].into_iter().collect();
        });
        assert_eq!(read, []);
    }

    #[test]
    fn no_savepoint_is_between_a_step_and_what_covers_it() {
        let before = uncovered(|steps| steps[0].savepoint = Some(savepoint()));
        assert_eq!(before, []);
        let between = uncovered(|steps| {
            steps[1].savepoint = Some(savepoint());
            steps[2].savepoint = Some(savepoint());
        });
        let both = [1, 2].map(Uncovered::Savepoint);
        assert_eq!(between, both);
    }
}
