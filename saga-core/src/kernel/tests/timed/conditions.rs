//! What is evaluated before a step after the pivot, and may panic and be evaluated again: the `when` of
//! the step, the condition of its block, the code of a wait.

use super::*;

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
