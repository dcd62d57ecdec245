//! What is evaluated before a step after the pivot, and may panic and be evaluated again: the `when` of
//! the step, the condition of its block, the code of a wait.

use super::*;
use crate::definition::Arm;

/// Every kind of step after the pivot, with two or more attempts or one.
fn after() -> Vec<Step> {
    let attempted = [1, 2, 4].into_iter().flat_map(|attempts| {
        [
            last().retry(attempts),
            last().resolve_times(1).retry(attempts),
            last().retry(attempts).fallback(),
            read().retry(attempts),
            read().retry(attempts).fallback(),
            nesting([step().undo(1)]).retry(attempts),
        ]
    });
    let waits = [signal(), signal().fallback(), sleep(), lock()];
    attempted.chain(waits).collect()
}

/// The step with a condition of its own, as a block, and both.
fn with_conditions(step: &Step) -> [Vec<Step>; 3] {
    let block = |step| governed(0, [step]);
    [
        vec![step.clone().when()],
        block(step.clone()),
        block(step.clone().when()),
    ]
}

/// All siblings wait for the condition of their block.
#[test]
fn concurrent_steps_of_a_block() {
    let few = [
        last().retry(1),
        last().retry(2).when(),
        read().retry(1),
        signal(),
    ];
    let both = pairs(&few, &few);
    let sagas: Vec<_> = both
        .into_iter()
        .map(|steps| [vec![pivot().retry(1)], governed(0, group(1, steps))].concat())
        .collect();
    check_late(some(sagas, 3), false, 6);
}

#[test]
fn after_the_pivot() {
    let all = after();
    let all = all.iter().flat_map(with_conditions);
    let sagas: Vec<_> = all
        .map(|after| [vec![pivot().retry(1)], after].concat())
        .collect();
    check_late(sagas.clone(), false, 90);
    check_late(sagas, true, 90);
}

/// The longest arm counts, and no run takes longer. (Which arm takes longest depends on what is measured, so
/// some bounds are those of no run.)
#[test]
fn arms_of_a_when() {
    let before = [
        step().undo(1),
        step().idempotent().retry(2).undo(1),
        read().retry(2).fallback(),
    ];
    let after = [last().retry(1), last().retry(2), read().retry(1)];
    for otherwise in [Arm::ElseWhen, Arm::Else] {
        let arms = |steps: Vec<Step>| -> Vec<Step> {
            let blocks = (0..).zip([Arm::When, otherwise]).zip(steps);
            let arms = blocks.map(|((block, kind), step)| arm(kind, block, [step]));
            arms.flatten().collect()
        };
        let early = pairs(&before, &before).into_iter();
        let early = early.map(|steps| [arms(steps), vec![step().undo(1)]].concat());
        check_late(some(early.collect(), 3), false, usize::MAX);
        let late = pairs(&after, &after).into_iter();
        let late = late.map(|steps| [vec![pivot().retry(1)], arms(steps)].concat());
        check_late(some(late.collect(), 3), false, usize::MAX);
    }
}
