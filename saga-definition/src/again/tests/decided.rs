//! What decides whether a step that remains is called again, and what `resolve` asks by.

use super::build::{
    AGAIN, NONE, ONCE, asks, idempotent, keyed, names, read, saga, savepoint, step, when,
};
use super::{Why, obstacles, pairs};
use crate::definition::{Arm, Call, Condition, Step};

#[test]
fn what_decides_over_a_step_that_remains_is_retained() {
    let decided = |by: &str| Why::Decided {
        read: by.to_owned().into(),
    };
    let kept = |by: &str| when(&[by], step("a", &[], ONCE));
    assert_eq!(obstacles(vec![kept("quote")]), [(2, decided("quote"))]);
    assert_eq!(obstacles(vec![kept("before")]), []);
    let block = |first, by: &str| {
        let steps = vec![
            read("before", &[]),
            savepoint(read("quote", &[])),
            step("a", &[], ONCE),
        ];
        let mut saga = saga(&[], steps);
        let condition = Condition {
            first,
            len: 3 - first,
            reads: names(&[by]),
            ..Condition::PLAIN
        };
        saga.conditions = vec![condition].into();
        for step in &mut saga.steps.to_mut()[usize::from(first)..] {
            step.condition = Some(0);
        }
        pairs(saga.obstacles())
    };
    // What is called again under its old key, or asked for, would be there without its step.
    for how in [idempotent, asks, |step| asks(idempotent(step))] {
        let remains = |by: &str| vec![when(&[by], how(step("a", &[], NONE)))];
        assert_eq!(obstacles(remains("quote")), [(2, decided("quote"))]);
        assert_eq!(obstacles(remains("before")), []);
    }
    assert_eq!(obstacles(vec![when(&["quote"], step("a", &[], AGAIN))]), []);
    assert_eq!(block(2, "quote"), [(2, decided("quote"))]);
    assert_eq!(block(2, "before"), []);
    // The block has begun, and is not decided again.
    assert_eq!(block(1, "before"), []);
}

/// A rerun that asks by what it makes anew does not find what an earlier round did.
#[test]
fn what_resolve_asks_by_is_retained_or_the_old_key() {
    let by = |reads: &[&str], step: Step| Step {
        resolve: Some(
            Call {
                reads: names(reads),
                ..Call::PLAIN
            }
            .into(),
        ),
        ..step
    };
    let question = || Why::Question {
        read: "quote".into(),
    };
    for how in [NONE, ONCE] {
        let plain = || step("a", &["quote"], how.clone());
        for reads in [&["quote"][..], &["before", "quote"]] {
            assert_eq!(obstacles(vec![by(reads, plain())]), [(2, question())]);
            let both = idempotent(plain());
            assert_eq!(obstacles(vec![by(reads, both)]), [(2, question())]);
        }
        let keyed = || keyed("input", step("a", &["input"], how.clone()));
        for right in [
            by(&[], plain()),
            by(&["before", "input"], plain()),
            by(&["quote", "key"], plain()),
            by(&["quote", "ctx"], plain()),
            by(&["quote", "input"], keyed()),
        ] {
            assert_eq!(obstacles(vec![right.clone()]), [], "{right:?}");
        }
    }
    let again = step("a", &["quote"], AGAIN);
    assert_eq!(obstacles(vec![by(&["quote"], again)]), []);
}

/// An arm is taken only if no condition before its own is true.
#[test]
fn the_conditions_of_earlier_arms_decide_over_a_kept_step() {
    let decided = |by: &str| Why::Decided {
        read: by.to_owned().into(),
    };
    let arms = |reads: [&str; 2]| {
        let steps = vec![
            read("before", &[]),
            savepoint(read("quote", &[])),
            step("a", &[], ONCE),
            step("b", &[], ONCE),
            step("c", &[], ONCE),
        ];
        let mut saga = saga(&[], steps);
        let arm = |(first, arm), reads: &[&str]| Condition {
            first,
            len: 1,
            arm,
            reads: names(reads),
            ..Condition::PLAIN
        };
        saga.conditions = vec![
            arm((2, Arm::When), &reads[..1]),
            arm((3, Arm::ElseWhen), &reads[1..]),
            arm((4, Arm::Else), &[]),
        ]
        .into();
        for (block, step) in (0..).zip(&mut saga.steps.to_mut()[2..]) {
            step.condition = Some(block);
        }
        pairs(saga.obstacles())
    };
    assert_eq!(arms(["before", "before"]), []);
    let later = [(3, decided("quote")), (4, decided("quote"))];
    assert_eq!(arms(["before", "quote"]), later);
    let all = [(2, decided("quote")), later[0].clone(), later[1].clone()];
    assert_eq!(arms(["quote", "before"]), all);
}
