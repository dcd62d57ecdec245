//! How far a saga has come.

use crate::definition::Definition;

/// Whether anything is recorded for a step. The argument is the index of the step; for a step of a
/// child saga, the indices of the steps that lead to it, and its own.
pub type Touched<'a> = &'a dyn Fn(&[u16]) -> bool;

/// The number of steps of `old` that a saga has come to.
#[doc(hidden)]
#[must_use]
pub fn prefix(old: &Definition, touched: Touched<'_>) -> usize {
    let reached = (0..).zip(old.steps.iter());
    let reached = reached.filter(|(place, _)| touched(&[*place]));
    let last = reached.last().map(|(place, step)| {
        let end = old.unit_of(place).end;
        // A decision on one arm of a `when` is one on the others.
        let arms = step.condition.map(|block| old.steps_of_arms(block).end);
        arms.unwrap_or(end)
    });
    last.map_or(0, usize::from)
}

/// Whether a saga that has come to `reached` steps of `old` has come to all steps that it has.
#[doc(hidden)]
#[must_use]
pub fn all_from(old: &Definition, reached: usize) -> bool {
    old.steps.iter().skip(reached).all(|step| step.absent)
}

/// Returns a `touched` for the parts of the step at `place`.
#[doc(hidden)]
pub fn below(place: usize, touched: Touched<'_>) -> impl Fn(&[u16]) -> bool {
    let place = u16::try_from(place).unwrap_or(u16::MAX);
    move |at| touched(&[&[place], at].concat())
}
