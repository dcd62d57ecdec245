//! Runs that a deadline ends: that of `#[within]`, at any moment of the run, and that of a child
//! saga.

use std::time::Duration;

use typed_saga_analysis::Analysis;

use super::{super::build::*, all_timed, check_all, millis, pairs, some, some_of};
use crate::definition::{Child, Compensation, Definition, Step, Timing};

/// Everything that may run when a deadline passes.
fn running() -> Vec<Step> {
    vec![
        step().undo(2),
        step().by_key().undo(2),
        step().by_key().retry(2).undo(1),
        step().resolve_times(2).late().by_key().undo(2),
        step().idempotent().retry(2).by_key().undo(1),
        step()
            .resolve_times(1)
            .idempotent()
            .retry(2)
            .by_key()
            .undo(1),
        step().resolve_times(2).late().retry(2).undo(1).fallback(),
        step().idempotent().retry(2).undo(1).fallback(),
        lasting().idempotent().retry(2),
        lasting().resolve_times(2).late().fallback(),
        read().fallback(),
        signal().fallback(),
        sleep(),
        lock(),
    ]
}

/// Fewer of them, each with another way to end then.
fn few() -> Vec<Step> {
    vec![
        step().undo(1),
        step().by_key().undo(1),
        step().resolve_times(1).by_key().undo(1),
        step().idempotent().retry(2).undo(1).fallback(),
        read().fallback(),
        signal().fallback(),
        sleep(),
    ]
}

/// The same saga with a deadline: an early one, and one in the middle of what comes before the pivot.
fn within(definition: &Definition) -> [Definition; 2] {
    let analysis = Analysis::with_journal(definition, false);
    let settled = match definition.pivot {
        Some(pivot) => analysis.times(pivot).settled.within().expect("a bound"),
        None => Duration::ZERO,
    };
    let before = definition
        .units()
        .filter(|unit| definition.pivot.is_none_or(|it| unit.end <= it));
    let before: Duration = before
        .map(|unit| {
            let takes = unit.map(|step| analysis.times(step).applied.within().expect("a bound"));
            takes.max().unwrap_or_default()
        })
        .sum();
    let half = Duration::from_millis(millis(before) / 2);
    [Duration::ZERO, half].map(|deadline| Definition {
        within: Some(settled + deadline),
        ..definition.clone()
    })
}

/// A late deadline may pass while a step runs that cannot have started only then; so the times
/// after it are bounds that no run reaches.
fn check_within(sagas: impl IntoIterator<Item = Vec<Step>>, [early, late]: [usize; 2]) {
    let sagas = sagas
        .into_iter()
        .map(|steps| within(&all_timed(steps, None)));
    let (soon, later): (Vec<_>, Vec<_>) = sagas.map(|[soon, later]| (soon, later)).unzip();
    check_all(soon, false, true, early);
    check_all(later, false, false, late);
}

#[test]
fn one_step() {
    check_within(running().into_iter().map(|step| vec![step]), [0, 5]);
}

#[test]
fn two_steps() {
    check_within(some(pairs(&running(), &running()), 7), [0, 160]);
}

#[test]
fn before_a_pivot() {
    let pivots = [pivot().retry(2), pivot().resolve_times(1).late().retry(2)];
    let sagas = pairs(&few(), &pivots).into_iter();
    let last = || last().resolve_times(1).retry(1).fallback();
    let sagas = sagas.map(|steps| [steps, vec![last()]].concat());
    check_within(some(sagas.collect(), 3), [0, 0]);
}

#[test]
fn blocks() {
    let sagas = pairs(&few(), &few()).into_iter();
    let sagas = sagas.map(|steps| group(0, steps));
    check_within(some(sagas.collect(), 3), [0, 13]);
}

#[test]
fn savepoints() {
    let saved = few().into_iter().filter(|step| step.kind.acts());
    let saved: Vec<_> = saved.map(|step| step.savepoint(1)).collect();
    check_within(some(pairs(&saved, &few()), 5), [22, 28]);
}

fn limited(steps: Vec<Step>, limit: Option<u64>) -> Step {
    let mut inside = definition(steps);
    inside.deadline = limit.map(Duration::from_millis);
    let mut step = child();
    step.child = Some(Child {
        definition: inside.into(),
        ..Child::PLAIN
    });
    step
}

/// Child sagas without a deadline, and with deadlines that end them at different steps.
fn children() -> Vec<Step> {
    let insides = [
        vec![step().undo(1)],
        vec![step().resolve_times(1).late().by_key().undo(1)],
        vec![read().fallback()],
        vec![step().idempotent().retry(1).undo(1), read().fallback()],
        vec![read().savepoint(1), step().by_key().undo(1)],
        group(0, [step().by_key().undo(1), read().fallback()]),
    ];
    let limits = [None, Some(0), Some(1500)];
    let all = insides
        .into_iter()
        .flat_map(|inside| limits.map(|limit| limited(inside.clone(), limit)));
    all.collect()
}

/// The same with each declaration that changes what a child saga means for its parent.
fn nested() -> Vec<Step> {
    let all = children().into_iter().flat_map(|child| {
        [
            child.clone(),
            child.clone().retry(2),
            child.clone().fallback(),
            stays(child.clone()),
            child.when(),
        ]
    });
    all.collect()
}

fn check_nested(sagas: impl IntoIterator<Item = Vec<Step>>, loose: usize) {
    let sagas = sagas.into_iter().map(|steps| all_timed(steps, None));
    check_all(sagas, false, false, loose);
}

#[test]
fn child_sagas() {
    let sagas = nested().into_iter().map(|step| vec![step]);
    check_nested(some(sagas.collect(), 2), 11);
}

#[test]
fn child_sagas_and_another_step() {
    let others = [step().undo(1), read().fallback(), step().by_key().undo(1)];
    let sagas = [pairs(&nested(), &others), pairs(&others, &nested())].concat();
    check_nested(some_of(sagas, [5, 13]), 191);
}

#[test]
fn child_sagas_in_blocks() {
    let insides = [vec![step().undo(1)], vec![read().fallback()]];
    let beside = insides.into_iter().flat_map(|inside| {
        let limits = [None, Some(1500)];
        limits.map(|limit| limited(inside.clone(), limit))
    });
    let beside: Vec<_> = beside
        .flat_map(|child| [child.clone(), stays(child)])
        .collect();
    let sagas = pairs(&beside, &[step().by_key().undo(1), read().fallback()]);
    let sagas = sagas.into_iter().map(|steps| group(0, steps));
    check_nested(some(sagas.collect(), 3), 0);
}

#[test]
fn child_sagas_after_the_pivot() {
    let after = nested()
        .into_iter()
        .filter(|step| step.compensation == Compensation::Absent);
    let retried = |step: Step| {
        if step.retry.is_some() {
            step
        } else {
            step.retry(1)
        }
    };
    let sagas = after.map(|step| vec![pivot().retry(1), retried(step)]);
    check_nested(some_of(sagas.collect(), [2, 5]), 136);
}

#[test]
fn child_sagas_at_the_deadline_of_their_parents() {
    let sagas = nested().into_iter().map(|step| vec![step]).collect();
    check_within(some(sagas, 11), [4, 24]);
    let sagas = pairs(&[step().undo(1)], &nested());
    check_within(some_of(sagas, [4, 19]), [4, 20]);
}

/// Child sagas whose timeout an expression says: whatever it gives, what is said of them holds.
#[test]
fn child_sagas_with_computed_timeouts() {
    let computed = |mut step: Step| {
        step.timeout = Some(Timing::written("limit()"));
        step
    };
    let timed: Vec<_> = nested().into_iter().map(computed).collect();
    let alone = timed.iter().map(|step| vec![step.clone()]);
    check_nested(some(alone.collect(), 3), 63);
    let others = [step().undo(1), read().fallback()];
    let sagas = [pairs(&timed, &others), pairs(&others, &timed)].concat();
    check_nested(some_of(sagas, [11, 29]), 32);
    let outer = timed
        .iter()
        .map(|step| vec![limited(vec![step.clone()], None)]);
    check_nested(some_of(outer.collect(), [3, 11]), 21);
    let after = timed
        .iter()
        .filter(|step| step.compensation == Compensation::Absent);
    let after = after.cloned().map(|step| step.retry(1));
    let after = after.map(|step| vec![pivot().retry(1), step]);
    check_nested(some_of(after.collect(), [3, 11]), 60);
}
