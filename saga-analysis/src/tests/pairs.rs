//! Which steps never remain applied without which others: each rule, and cases that look safe but
//! are not.

use typed_saga_definition::{Arm, Compensation, Condition, Definition, Step};

use super::build::*;
use crate::{Analysis, Gap};

fn never(steps: impl IntoIterator<Item = Step>, step: u16, other: u16) -> Result<(), Gap> {
    of_saga(steps, |it| it.gap(step, other).map_or(Ok(()), Err))
}

fn governed(mut step: Step) -> Step {
    step.condition = Some(0);
    step
}

#[test]
fn a_step_that_reads_an_earlier_one_never_stands_without_it() {
    assert_eq!(never([step(), step().on(&[0])], 1, 0), Ok(()));
    assert_eq!(
        never([step(), step().on(&[0]), step().on(&[1])], 2, 0),
        Ok(())
    );
    let alone = never([step(), step()], 1, 0);
    assert!(matches!(alone, Err(Gap::NotKept { skipped: None, .. })));
}

#[test]
fn the_other_one_comes_first() {
    assert_eq!(never([step(), step().on(&[0])], 0, 1), Err(Gap::Order));
    let beside = || block(0, [step(), step(), step().on(&[0])]);
    assert_eq!(
        never(beside(), 1, 0),
        Err(Gap::Order),
        "to stand above it is not enough"
    );
    assert_eq!(never(beside(), 2, 0), Ok(()));
}

#[test]
fn the_other_one_has_happened() {
    let with = |first: Step| never([first, step().on(&[0])], 1, 0);
    assert_eq!(with(step().falls_back()), Err(Gap::FallsBack));
    assert_eq!(with(step().when()), Err(Gap::Skipped));
    assert_eq!(with(governed(step())), Err(Gap::Block));
    let both = [governed(step()), governed(step().on(&[0]))];
    assert_eq!(never(both, 1, 0), Ok(()));
    let skipped = [pivot().when(), last().on(&[0])];
    assert_eq!(never(skipped, 1, 0), Err(Gap::Skipped));
}

/// One of the arms runs for certain if the last one is `else`.
#[test]
fn of_arms_a_step_of_each_is_named() {
    let in_arm = |block: u16, step: Step| Step {
        condition: Some(block),
        ..step
    };
    let arm = |arm: Arm, first: u16| Condition {
        arm,
        first,
        len: 1,
        ..Condition::PLAIN
    };
    for (last, others, expected) in [
        (Arm::Else, &["seat", "room"][..], true),
        (Arm::Else, &["bed"], true),
        (Arm::Else, &["seat"], false),
        (Arm::ElseWhen, &["seat", "room"], false),
        (Arm::When, &["bed"], false),
    ] {
        let shared = |step: Step| {
            let mut step = step;
            step.ident = Some("bed".into());
            step
        };
        let saga = Definition {
            conditions: vec![arm(Arm::When, 0), arm(last, 1)].into(),
            ..saga([
                named("seat", shared(in_arm(0, step()))),
                named("room", shared(in_arm(1, step()))),
                named("bill", step().on(&[0, 1])),
            ])
        };
        let analysis = Analysis::with_journal(&saga, false);
        let holds = analysis.never_without("bill", others);
        assert_eq!(holds.is_ok(), expected, "{last:?}, {others:?}: {holds:?}");
    }
}

#[test]
fn nothing_is_undone_at_the_pivot_and_after_it_nor_what_may_stay() {
    assert_eq!(never([step(), pivot()], 1, 0), Ok(()));
    assert_eq!(never([step(), pivot(), last()], 2, 0), Ok(()));
    assert_eq!(never([lasting(), step()], 1, 0), Ok(()));
}

#[test]
fn what_is_left_keeps_nothing() {
    assert_eq!(never([step(), lasting().on(&[0])], 1, 0), Err(Gap::Left));
    let unsettled = |step| Step {
        idempotent: false,
        ..step
    };
    let perhaps = unsettled(step()).on(&[0]);
    assert_eq!(never([step(), perhaps], 1, 0), Err(Gap::Perhaps));
    assert_eq!(never([step(), unsettled(pivot())], 1, 0), Err(Gap::Perhaps));
}

/// There are more paths through these steps than could be followed one by one.
#[test]
fn each_step_is_looked_at_once() {
    let steps = (0..64_u16).map(|index| Step {
        stands_on: (1..index).collect::<Vec<_>>().into(),
        ..step()
    });
    let steps: Vec<_> = steps.collect();
    let gap = never(steps.clone(), 63, 0);
    assert!(matches!(gap, Err(Gap::NotKept { skipped: None, .. })));
    assert_eq!(never(steps, 63, 1), Ok(()));
}

#[test]
fn a_skipped_step_between_keeps_nothing() {
    let between = [step(), step().on(&[0]).when(), step().on(&[1])];
    let skipped = Some(1);
    let gap = never(between, 2, 0);
    assert!(matches!(gap, Err(Gap::NotKept { skipped: it, .. }) if it == skipped));
    // A step that fell back does.
    let between = [step(), step().on(&[0]).falls_back(), step().on(&[1])];
    assert_eq!(never(between, 2, 0), Ok(()));
    let between = [step(), governed(step().on(&[0])), step().on(&[1])];
    assert!(never(between, 2, 0).is_err());
}

#[test]
fn what_an_earlier_step_undoes_stands_until_that_is_undone() {
    let late = [step(), step(), with(0)];
    assert_eq!(never(late, 2, 1), Err(Gap::UndoneLate { by: 0, other: 1 }));
    assert_eq!(never([step(), with(0)], 1, 0), Ok(()));
    assert_eq!(never([step(), with(0), with(0)], 2, 1), Ok(()));
}

#[test]
fn reads_of_other_clauses_are_not_what_a_step_stands_on() {
    // `stands_on` lacks the steps that only a fallback reads: `#[after]` adds them.
    assert!(never([step(), step().falls_back()], 1, 0).is_err());
    assert_eq!(never([step(), step().falls_back().on(&[0])], 1, 0), Ok(()));
}

#[test]
fn a_compensation_that_is_tried_for_ever_keeps_all_the_same() {
    let mut patient = step().on(&[0]);
    if let Compensation::Declared { call, .. } = &mut patient.compensation {
        call.retry = None;
    }
    assert_eq!(never([step(), patient], 1, 0), Ok(()));
}

#[test]
fn of_reads_signals_and_sagas_nothing_is_promised() {
    assert_eq!(never([read(), step().on(&[0])], 1, 0), Err(Gap::Kind(0)));
    let inside = saga([step()]);
    assert_eq!(
        never([step(), child(inside).on(&[0])], 1, 0),
        Err(Gap::Kind(1))
    );
}

/// Each reason, as it is told.
#[test]
fn an_error_names_the_gap() {
    let told = |steps: Vec<Step>, step: &str, others: &[&str]| {
        let saga = saga(steps);
        let analysis = Analysis::with_journal(&saga, false);
        analysis
            .never_without(step, others)
            .unwrap_err()
            .to_string()
    };
    let a = |step| named("a", step);
    let b = |step| named("b", step);
    let cannot = "`b` can remain applied without `a`: ";
    for (first, second, why) in [
        (
            read(),
            step().on(&[0]),
            "`a` is a read, of which nothing is known",
        ),
        (
            child(saga([step()])),
            step().on(&[0]),
            "`a` is a child saga, of which nothing is known",
        ),
        (
            step().falls_back(),
            step().on(&[0]),
            "`a` has a `fallback`, which may take its place",
        ),
        (step().when(), step().on(&[0]), "`a` may be skipped"),
        (
            governed(step()),
            step().on(&[0]),
            "the `when` of `a` may be skipped, and `b` is outside of it",
        ),
        (
            step(),
            lasting().on(&[0]),
            "`b` has `compensate none`, so a rollback leaves it, and undoes `a`",
        ),
        (
            step(),
            step(),
            "if the compensation of `b` fails, `a` is undone all the same: `b` neither reads it nor names it in \
             `#[after]`",
        ),
    ] {
        assert_eq!(
            told(vec![a(first), b(second)], "b", &["a"]),
            format!("{cannot}{why}")
        );
    }
    let unsettled = Step {
        idempotent: false,
        ..step().on(&[0])
    };
    assert_eq!(
        told(vec![a(step()), b(unsettled)], "b", &["a"]),
        format!("{cannot}after a panic, nothing finds out whether `b` happened, and `a` is undone")
    );
    assert_eq!(
        told(vec![a(step()), b(step())], "a", &["b"]),
        "`a` can remain applied without `b`: `b` may not have happened when `a` starts"
    );
    let skipped = [
        named("b", step()),
        named("c", step().on(&[0]).when()),
        named("a", step().on(&[1])),
    ];
    assert_eq!(
        told(skipped.to_vec(), "a", &["b"]),
        "`a` can remain applied without `b`: `a` depends on `b` only through `c`, which may be skipped"
    );
    let late = [named("c", step()), named("b", step()), named("a", with(0))];
    assert_eq!(
        told(late.to_vec(), "a", &["c", "b"]),
        "`a` can remain applied without `b`: `a` is undone with `c`, which is declared before `b`"
    );
    let alone = || vec![a(step())];
    assert!(told(alone(), "a", &["x"]).ends_with("has no step `x`"));
    assert!(told(alone(), "x", &["a"]).ends_with("has no step `x`"));
}
