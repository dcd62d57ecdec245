//! Small sagas with a savepoint, and a step that remains.

use std::time::Duration;

use crate::{
    definition::{Definition, Items, Kind, Rare, Step, Timing},
    kernel::tests::{
        build::*,
        shapes::{TWO, blocks, chained, in_arms},
    },
};

/// Sequences with a savepoint first, of every kind of step; longer ones of few kinds, in blocks and
/// arms.
pub(super) fn all() -> Vec<Definition> {
    let short = products(&[saves(), others(), others()]);
    let few = || vec![read().savepoint(2), lasting(), read(), sleep_for_a_while()];
    let on = || read().savepoint(2).for_failures_of(&[3]);
    let long = products(&[
        vec![read().savepoint(2), on()],
        [few(), vec![on()]].concat(),
        few(),
        few(),
    ]);
    let arms = TWO.into_iter().flat_map(|arms| {
        let within = in_arms(long.clone(), 1, arms);
        let at_the_end = in_arms(long.clone(), 2, arms);
        within.chain(at_the_end).collect::<Vec<_>>()
    });
    let beside = [false, true].into_iter().flat_map(|chain| {
        let two = blocks(&short, 1..3, chain);
        let first = blocks(&short, 0..2, chain);
        let three = blocks(&long, 1..4, chain);
        two.chain(first).chain(three).collect::<Vec<_>>()
    });
    let later = arms.chain(beside).collect::<Vec<_>>();
    let all = short.into_iter().chain(long).map(chained).chain(later);
    all.filter(|steps| is_right(steps))
        .map(definition)
        .collect()
}

/// There is something to ask, and a pivot is last.
fn is_right(steps: &[Step]) -> bool {
    let pivot = steps.iter().position(|step| step.kind == Kind::Pivot);
    steps.iter().any(Step::is_left) && pivot.is_none_or(|pivot| pivot + 1 == steps.len())
}

fn saves() -> Vec<Step> {
    vec![
        read().savepoint(2),
        lasting().savepoint(2),
        read().savepoint(2).for_failures_of(&[1]),
        read().savepoint(2).for_failures_of(&[2]),
    ]
}

fn others() -> Vec<Step> {
    let timed = |mut wait: Step, timeout: Timing| {
        wait.timeout = Some(timeout);
        wait
    };
    vec![
        lasting(),
        lasting().when(),
        lasting().fallback(),
        again(),
        step().undo(1),
        read(),
        read().savepoint(2),
        pivot(),
        sleep_for_a_while(),
        sleep_for_a_while().when(),
        timed(sleep(), Timing::written("d")),
        signal(),
        timed(signal(), Timing::Fixed(SHORT)),
        lock(),
        nesting([step().undo(1), read()]),
        stays(nesting([step().undo(1), read()])),
        looped(step().undo(1)),
        looped(lasting()),
    ]
}

const SHORT: Duration = Duration::from_secs(1);

fn sleep_for_a_while() -> Step {
    let mut sleep = sleep();
    sleep.timeout = Some(Timing::Fixed(SHORT));
    sleep
}

fn looped(each: Step) -> Step {
    let items = Items {
        item: "item".into(),
        each: Items::each_of(each.clone(), false, false, false).into(),
        ..Items::PLAIN
    };
    let rare = Rare {
        items: Some(items),
        ..(*each.rare).clone()
    };
    Step {
        rare: rare.into(),
        ..each
    }
}

/// Every sequence with a step of each list.
pub(super) fn products(lists: &[Vec<Step>]) -> Vec<Vec<Step>> {
    let Some((last, before)) = lists.split_last() else {
        return vec![Vec::new()];
    };
    let before = products(before).into_iter();
    let longer = before.flat_map(|steps| {
        let one = |step: &Step| [steps.clone(), vec![step.clone()]].concat();
        last.iter().map(one).collect::<Vec<_>>()
    });
    longer.collect()
}
