//! Which reruns meet a step that remains.

mod build;

use self::build::{
    AGAIN, NONE, UNDONE, keyed, looped, names, nested, read, saga, savepoint, step, times, turning,
    when,
};
use super::{Begin, Obstacle, Stale, Why};
use crate::{
    definition::{Arm, Call, Compensation, Condition, Definition, Group, Kind, Step},
    policy::{Savepoint, Timing},
};
use std::time::Duration;

/// Each step that is in the way, and the last one whose failure leads to the savepoint.
fn left(saga: &Definition) -> Vec<(u16, u16)> {
    let found = saga.obstacles().into_iter().map(|found| match found.why {
        Why::Left {
            begin: Begin::Savepoint(_),
            after: Some(after),
        } => (found.step, after),
        why => panic!("{why:?}"),
    });
    found.collect()
}

fn pivot() -> Step {
    Step {
        kind: Kind::Pivot,
        ..read("p", &[])
    }
}

/// A saga whose first step is a savepoint.
fn from_the_start(steps: impl IntoIterator<Item = Step>) -> Definition {
    let first = savepoint(read("s", &[]));
    saga(&[], [first].into_iter().chain(steps).collect())
}

#[test]
fn what_remains_is_met_if_a_later_step_may_fail() {
    let bare = || step("a", &[], NONE);
    assert_eq!(left(&from_the_start([bare(), read("b", &[])])), [(1, 2)]);
    assert_eq!(left(&from_the_start([bare(), pivot()])), [(1, 2)]);
    let both = from_the_start([bare(), read("b", &[]), bare(), read("c", &[])]);
    assert_eq!(left(&both), [(1, 4), (3, 4)]);
    for right in [
        step("a", &[], AGAIN),
        step("a", &[], UNDONE),
        read("a", &[]),
    ] {
        let found = left(&from_the_start([right.clone(), read("b", &[])]));
        assert_eq!(found, [], "{right:?}");
    }
    // Nothing after it fails, or after the pivot.
    assert_eq!(left(&from_the_start([bare()])), []);
    assert_eq!(left(&from_the_start([pivot(), bare(), read("b", &[])])), []);
    // No rerun begins before it, or at all.
    let before = [
        read("before", &[]),
        bare(),
        savepoint(read("s", &[])),
        read("b", &[]),
    ];
    assert_eq!(left(&saga(&[], before.to_vec())), []);
    assert_eq!(left(&saga(&[], vec![bare(), read("b", &[])])), []);
    // It is the savepoint.
    let itself = [savepoint(bare()), read("b", &[])];
    assert_eq!(left(&saga(&[], itself.to_vec())), [(0, 1)]);
}

#[test]
fn a_wait_fails_if_it_times_out_or_evaluates_something() {
    let wait = |kind, timeout: Option<Timing>| Step {
        kind,
        timeout,
        ..read("w", &[])
    };
    let fixed = || Some(Timing::Fixed(Duration::from_secs(1)));
    for (wait, fails) in [
        (wait(Kind::Sleep, fixed()), false),
        (wait(Kind::Sleep, Some(Timing::written("d"))), true),
        (wait(Kind::Signal, None), false),
        (wait(Kind::Signal, fixed()), true),
        (wait(Kind::Lock, None), true),
        (when(&[], wait(Kind::Sleep, fixed())), true),
    ] {
        let found = left(&from_the_start([step("a", &[], NONE), wait.clone()]));
        assert_eq!(!found.is_empty(), fails, "{wait:?}");
    }
    // It begins an arm, whose condition may panic; an `else` has none.
    for (arm, fails) in [(Arm::When, true), (Arm::ElseWhen, true), (Arm::Else, false)] {
        let mut rest = wait(Kind::Sleep, fixed());
        rest.condition = Some(0);
        let saga = Definition {
            conditions: vec![Condition {
                first: 2,
                len: 1,
                arm,
                ..Condition::PLAIN
            }]
            .into(),
            ..from_the_start([step("a", &[], NONE), rest])
        };
        assert_eq!(!left(&saga).is_empty(), fails, "{arm:?}");
    }
}

#[test]
fn a_sibling_that_is_not_awaited_may_fail_beside_it() {
    let group = Some(Group { first: 1, len: 2 });
    let of = |step: Step| Step { group, ..step };
    let sagas = |awaits: &'static [u16]| {
        let mut bare = of(step("a", &[], NONE));
        bare.awaits = awaits.into();
        from_the_start([of(read("b", &[])), bare])
    };
    assert_eq!(left(&sagas(&[])), [(2, 1)]);
    assert_eq!(left(&sagas(&[1])), []);
}

#[test]
fn another_item_may_fail() {
    let each = looped(&[], step("a", &["item"], NONE));
    assert_eq!(left(&from_the_start([each])), [(1, 1)]);
    // A child saga that fails has rolled back itself.
    let child = nested("c", &saga(&[], vec![step("a", &[], UNDONE)]), NONE);
    assert_eq!(left(&from_the_start([child])), []);
}

/// With `on`, a later savepoint may meet what an earlier one does not.
#[test]
fn each_savepoint_is_asked_for_the_steps_that_lead_to_it() {
    let on = |steps: &'static [u16]| {
        let mut step = read("s", &[]);
        step.savepoint = Some(Savepoint {
            on: Some(steps.into()),
            ..Savepoint::of(times(2))
        });
        step
    };
    let bare = || step("a", &[], NONE);
    let of = |first, second| {
        saga(
            &[],
            vec![
                on(first),
                on(second),
                bare(),
                read("b", &[]),
                read("c", &[]),
            ],
        )
    };
    assert_eq!(left(&of(&[3], &[4])), [(2, 3)]);
    assert_eq!(left(&of(&[1], &[3])), [(2, 3)]);
    assert_eq!(left(&of(&[0, 1], &[1])), []);
}

#[test]
fn what_is_in_another_arm_neither_leads_there_nor_is_met() {
    let arm = |arm, first| Condition {
        arm,
        first,
        len: 1,
        ..Condition::PLAIN
    };
    let of = |before: Step, steps: [Step; 2], after: Vec<Step>| {
        let [one, other] = steps;
        let inside = [(0, one), (1, other)].map(|(block, step)| Step {
            condition: Some(block),
            ..step
        });
        let steps = [before].into_iter().chain(inside).chain(after);
        Definition {
            conditions: vec![arm(Arm::When, 1), arm(Arm::Else, 2)].into(),
            ..saga(&[], steps.collect())
        }
    };
    let (bare, save) = (|| step("a", &[], NONE), || savepoint(read("s", &[])));
    let last = || vec![read("b", &[])];
    assert_eq!(left(&of(save(), [bare(), read("o", &[])], Vec::new())), []);
    assert_eq!(
        left(&of(save(), [bare(), read("o", &[])], last())),
        [(1, 3)]
    );
    assert_eq!(left(&of(read("x", &[]), [save(), bare()], last())), []);
}

#[test]
fn in_a_child_that_runs_again_everything_that_remains_says_so() {
    let child = saga(
        &["input"],
        vec![
            step("a", &[], NONE),
            step("b", &[], AGAIN),
            keyed("input", step("c", &["input"], UNDONE)),
            keyed("input", step("d", &["input"], AGAIN)),
            step("e", &[], NONE),
        ],
    );
    let found = |covers| {
        let found = child.obstacles_to_another_run(covers).into_iter();
        found
            .map(|Obstacle { step, why }| (step, why))
            .collect::<Vec<_>>()
    };
    let (begin, after) = (Begin::Child, None);
    let left = Why::Left { begin, after };
    let same = Why::SameKey { by: "input".into() };
    assert_eq!(
        found(false),
        [(0, left.clone()), (2, same.clone()), (4, left)]
    );
    assert_eq!(found(true), [(2, same)]);
}

#[test]
fn a_child_runs_again_if_it_is_retried_or_behind_the_pivot_or_met_by_a_rerun() {
    let inside = saga(&[], vec![step("a", &[], UNDONE)]);
    let child = || nested("c", &inside, Compensation::Absent);
    let mut retried = child();
    retried.retry = Some(times(2));
    let mut once = child();
    once.retry = Some(times(1));
    assert_eq!(saga(&[], vec![retried, once.clone()]).run_again(), [0]);
    assert_eq!(saga(&[], vec![child(), pivot(), once]).run_again(), [2]);
    assert_eq!(
        from_the_start([child()]).run_again(),
        [1],
        "it may fail itself"
    );
    assert_eq!(from_the_start([looped(&[], child())]).run_again(), [1]);
    assert_eq!(
        saga(&[], vec![child(), savepoint(read("s", &[]))]).run_again(),
        [0; 0]
    );
}

/// If it is skipped, or each item of it is, its value is the same in each round.
#[test]
fn what_may_be_skipped_makes_no_key_of_a_round() {
    let key = || keyed("a", step("b", &["a"], UNDONE));
    let of_a_run = |first: &Step| turning(vec![first.clone(), key()]).stale(3, "a", false);
    let of_runs = |first: Step| {
        let child = saga(&["input"], vec![first, key()]);
        child.obstacles_to_another_run(true).len()
    };
    for right in [
        read("a", &[]),
        looped(&["input"], read("a", &["item"])),
        step("a", &["input"], AGAIN),
    ] {
        assert_eq!(of_a_run(&right), None, "{right:?}");
        assert_eq!(of_runs(right), 0);
    }
    let skipped_each = when(&["item"], read("a", &["item"]));
    let mut replaced = read("a", &[]);
    replaced.fallback = Some(Call::PLAIN.into());
    let unit = Step {
        effect: "()".into(),
        ..read("a", &[])
    };
    for wrong in [
        replaced,
        looped(&["input"], unit.clone()),
        unit,
        when(&["input"], read("a", &[])),
        looped(&["input"], skipped_each),
        keyed("input", step("a", &["input"], AGAIN)),
    ] {
        assert_eq!(of_a_run(&wrong), Some(Stale::Savepoint(1)), "{wrong:?}");
        assert_eq!(of_runs(wrong), 1);
    }
}

#[test]
fn an_effect_is_read_by_the_identifier_of_its_step() {
    let mut renamed = read("stored", &[]);
    renamed.ident = Some("a".into());
    let reader = keyed("a", step("b", &["a"], UNDONE));
    let turning = turning(vec![renamed, reader]);
    assert_eq!(turning.stale(3, "a", false), None);
    assert_eq!(*turning.steps[3].reads, *names(&["a"]));
}
