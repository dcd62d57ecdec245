//! Times and counts of sagas that rerun from a savepoint.

use super::*;

/// The small ones with a savepoint: those that are undone.
fn saved(turns: u32) -> Vec<Step> {
    let undone = small().into_iter().filter(|step| !step.may_stay());
    undone.map(|step| step.savepoint(turns)).collect()
}

#[test]
fn savepoints() {
    let all = [saved(1), saved(2)].concat();
    check(some(pairs(&all, &small()), 5), false, 20);
    check(some(pairs(&small(), &all), 5), false, 30);
    check(some(pairs(&all, &all), 11), false, 80);
}

/// What remains is called in each round.
#[test]
fn savepoints_and_what_remains() {
    let kinds = [
        again().resolve_times(1).retry(2),
        again().idempotent().retry(2),
        again().resolve_times(1).late().retry(2),
    ];
    check_late(pairs(&saved(1), &kinds), false, 20);
}

#[test]
fn savepoints_with_conditions() {
    let conditional = |turns: u32, mut step: Step| {
        step = step.savepoint(turns);
        step.savepoint.as_mut().unwrap().conditional = true;
        step
    };
    let mut all = Vec::new();
    for [first, second] in [[1, 2], [2, 1], [2, 2]] {
        for is_conditional in [[false, false], [true, false], [false, true], [true, true]] {
            let saved = |turns, is_conditional, step: Step| {
                if is_conditional {
                    conditional(turns, step)
                } else {
                    step.savepoint(turns)
                }
            };
            all.push(vec![
                saved(
                    first,
                    is_conditional[0],
                    step().idempotent().retry(1).undo(1),
                ),
                saved(second, is_conditional[1], read()),
                step().by_key().undo(1),
            ]);
        }
    }
    check(some(all, 3), false, 60);
}

fn introduced(mut step: Step) -> Step {
    (step.introduced, step.when) = (true, Some([][..].into()));
    step
}

/// What holds for a saga holds for a run that goes on without one of its steps.
#[test]
fn steps_that_a_run_is_without() {
    let new: Vec<_> = small().into_iter().map(introduced).collect();
    let saved = saved(1);
    for durable in [false, true] {
        check(some(pairs(&new, &small()), 3), durable, 20);
        check(some(pairs(&small(), &new), 3), durable, 20);
        check_late(some(pairs(&saved, &new), 3), durable, 20);
    }
}

/// A run that goes on without a savepoint rolls back past it, to a step that takes longer. No run
/// takes the time of such a step and rolls back past it, too.
#[test]
fn savepoints_that_a_run_is_without() {
    let old = |turns: u32| step().undo(1).savepoint(turns);
    let mut all = Vec::new();
    for [first, second] in [[1, 1], [2, 1], [1, 2]] {
        for inner in [read(), step().undo(1)] {
            let new = introduced(inner.clone().savepoint(second));
            all.push(vec![old(first), new, read()]);
            let new = introduced(inner.clone().savepoint(first));
            all.push(vec![new, old(second), read()]);
            let last = read().savepoint(second);
            all.push(vec![old(first), introduced(inner), last]);
        }
    }
    let all = some(all, 2).map(|steps| {
        let mut definition = all_timed(steps, None);
        for step in definition.steps.to_mut().iter_mut() {
            if !step.introduced {
                step.timeout = Some(Timing::Fixed(Duration::from_secs(9)));
            }
        }
        definition
    });
    check_all(all, false, false, 18);
}
