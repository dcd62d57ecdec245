//! Small sagas in which little bad luck is enough for everything that their declaration allows.

use super::{Case, beside, chained, conditional, covered_by_nearest, within};
use crate::{definition::Step, kernel::tests::build::*};

/// Sagas whose limits are all 1, so that little bad luck covers them: their runs show exactly what
/// the declaration allows.
pub(in crate::kernel::tests) fn promised() -> Vec<Case> {
    let kinds = [
        step().undo(1),
        step().idempotent().retry(1).undo(1),
        step().resolve_times(1).undo(1).when(),
        step().by_key().undo(1),
        lasting().idempotent().retry(1),
        step().idempotent().retry(1).undo(1).fallback(),
    ];
    let pivots = [pivot().retry(1), pivot().resolve_times(1)];
    let bare = Step {
        idempotent: false,
        ..pivot()
    };
    let mut all: Vec<Vec<Step>> = Vec::new();
    for first in &kinds {
        all.push(vec![first.clone()]);
        for second in kinds.iter().chain(&pivots).chain([&bare]) {
            let two = vec![first.clone(), second.clone()];
            all.push(two.clone());
            all.push(chained(two));
        }
    }
    let cases = all.into_iter().map(|steps| Case {
        steps,
        luck: 5,
        by_hand: false,
        losses: false,
    });
    cases.chain(three_promised()).collect()
}

/// The steps that each of three steps depends on.
const ON: [[&[u16]; 3]; 6] = [
    [&[], &[], &[]],
    [&[], &[0], &[1]],
    [&[], &[0], &[0]],
    [&[], &[], &[0]],
    [&[], &[], &[1]],
    [&[], &[0], &[0, 1]],
];

/// Sagas of three steps that depend on each other in every way, in sequences, blocks and `when`
/// blocks. With two faults, a step may remain applied in a saga that rolls back; a third one brings
/// doubt.
fn three_promised() -> impl Iterator<Item = Case> {
    let kinds = [
        step().undo(1),
        lasting().idempotent().retry(1),
        covered(0).idempotent().retry(1),
        step().idempotent().retry(1).undo(1).when(),
        step().by_key().undo(1).fallback(),
        read().savepoint(1),
    ];
    let mut all = Vec::new();
    for steps in sequences_of(&kinds, 3) {
        for on in ON {
            let mut steps = steps.clone();
            for (step, on) in steps.iter_mut().zip(on) {
                step.stands_on = on.into();
            }
            let Some(steps) = covered_by_nearest_too(steps) else {
                continue;
            };
            all.extend(conditional(vec![steps.clone()], 1..2));
            all.extend(conditional(vec![steps.clone()], 0..2));
            all.extend(conditional(vec![steps.clone()], 1..3));
            all.extend(beside(steps.clone(), 0..2));
            all.extend(beside(steps.clone(), 1..3));
            all.push(steps);
        }
    }
    let part = saga_tests::bound(1, 40);
    all.into_iter()
        .filter(|steps| within(steps))
        .step_by(part)
        .map(|steps| Case {
            steps,
            luck: 3,
            by_hand: false,
            losses: false,
        })
}

/// All sequences of `len` of these steps.
fn sequences_of(kinds: &[Step], len: usize) -> Vec<Vec<Step>> {
    (0..len).fold(vec![Vec::new()], |before, _| {
        let longer = before.iter().flat_map(|before| {
            let next = kinds.iter().cloned();
            next.map(|step| [before.clone(), vec![step]].concat())
        });
        longer.collect()
    })
}

/// Each covered step is undone with the nearest earlier step that allows it, and depends on that
/// step in addition to its other dependencies.
fn covered_by_nearest_too(steps: Vec<Step>) -> Option<Vec<Step>> {
    let stands_on: Vec<_> = steps.iter().map(|step| step.stands_on.clone()).collect();
    let conditional_steps: Vec<_> = steps.iter().map(|step| step.when.is_some()).collect();
    let mut steps = covered_by_nearest(steps)?;
    for (step, on) in steps.iter_mut().zip(stands_on) {
        // The macro declares only the cover, and the steps of `#[after]`.
        let Some(by) = step.compensation.with() else {
            continue;
        };
        if conditional_steps[usize::from(by)] {
            return None;
        }
        let others = on.iter().copied().filter(|&other| other != by);
        step.stands_on = [by].into_iter().chain(others).collect();
    }
    Some(steps)
}
