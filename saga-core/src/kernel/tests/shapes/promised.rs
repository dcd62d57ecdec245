//! Small sagas in which little bad luck is enough for everything that their declaration allows.

use std::time::Duration;

use super::{Case, More as _, beside, chained, conditional, covered_by_nearest, within};
use crate::{
    definition::{Step, Timing},
    kernel::tests::build::*,
};

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
    let case = |luck: u8, steps| Case {
        steps,
        luck,
        by_hand: false,
        losses: false,
    };
    // Three panics after the pivot, each of which `resolve` finds to have done nothing, are six.
    let panics = |steps: &[Step]| steps.last().is_some_and(|last| last.resolve.is_some());
    let parking = parking().into_iter();
    let parking = parking.map(|steps| case(if panics(&steps) { 6 } else { 5 }, steps));
    let cases = all.into_iter().map(|steps| case(5, steps)).chain(parking);
    cases.chain(three_promised()).collect()
}

/// Sagas that park in the other ways: with several ways to settle doubt, after the pivot, and in
/// child sagas.
fn parking() -> Vec<Vec<Step>> {
    let asked = || step().resolve_times(1).undo(1);
    let alone = [
        asked(),
        asked().idempotent().retry(1),
        asked().idempotent().retry(2),
        step().resolve_times(1).by_key().undo(1),
        step().by_key().idempotent().retry(1).undo(1),
        step().resolve_times(2).undo(2).judged(),
        step().by_key().undo(2).judged(),
        step().resolve(),
        step().idempotent().undo(1).fallback(),
        nesting([asked()]),
        nesting([step().undo(1), step().by_key().undo(1)]),
        stays(nesting([asked()])),
        nesting([nesting([step().undo(1)])]),
        nesting([step().undo(1)]).fallback(),
    ];
    let waiting = |step: Step| Step {
        timeout: Some(Timing::Fixed(Duration::from_secs(1))),
        ..step
    };
    let after = vec![
        last(),
        last().retry(1),
        last().retry(1).aborts(),
        last().retry(2).once(),
        last().resolve_times(1).retry(1),
        last().retry(1).fallback(),
        last().when().retry(1),
        last().when().retry(1).fallback(),
        read().retry(1),
        read().fallback(),
        signal(),
        waiting(signal()),
        waiting(signal()).fallback(),
        sleep(),
        lock(),
        nesting([step().undo(1), step().by_key().undo(1)]).retry(1),
        nesting([asked(), read()]).retry(1).fallback(),
        nesting([step().undo(1)]).retry(2),
        nesting([step().by_key().undo(1)]).retry(2),
        nesting([lasting().idempotent().retry(1), read()]).retry(2),
        nesting([lasting().resolve_times(1), read()]).retry(2),
        nesting([again().idempotent().retry(1)]).retry(2),
        nesting([step().undo(1).aborts()]).retry(2),
        nesting([step().undo(1), step().by_key().undo(1)])
            .retry(2)
            .once(),
        nesting([nesting([step().undo(1)])]).retry(2),
        nesting([stays(nesting([step().by_key().undo(1)])), read()]).retry(2),
        nesting([stays(nesting([asked().idempotent().retry(1)])), read()]).retry(2),
    ];
    let mut all: Vec<_> = alone.into_iter().map(|step| vec![step]).collect();
    let pivots = [pivot().retry(1), pivot().resolve_times(1)];
    all.extend(
        after
            .iter()
            .map(|step| vec![pivots[0].clone(), step.clone()]),
    );
    all.extend(pivots.map(|pivot| vec![pivot]));
    let below = || vec![step().undo(1), step().undo(1).on(&[0])];
    let beside = || vec![step().undo(1), covered(0), step().undo(1).on(&[0])];
    for inside in [below(), beside(), vec![step().undo(1), covered(0), read()]] {
        all.push(inside.clone());
        all.push(vec![step().undo(1), nesting(inside.clone()).on(&[0])]);
        all.push(vec![
            step().undo(1),
            covered(0),
            nesting(inside.clone()).on(&[0]),
        ]);
        all.push(vec![pivot().retry(1), nesting(inside).retry(1)]);
    }
    let governed = |step: &Step| vec![pivot().retry(1), step.clone()];
    let governed = after.iter().map(governed).collect();
    all.extend(conditional(governed, 1..2));
    all
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
