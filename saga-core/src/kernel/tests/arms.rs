//! A `when` with several arms: at most one of them is taken.

use super::build::*;
use crate::{
    definition::{Arm, Condition},
    kernel::{Command, End, Event, Hearing, Phase},
};

fn decided(block: u16, taken: bool) -> Event {
    Event::Decided { block, taken }
}

fn asked(block: u16) -> Command {
    Command::DecideBlock { block }
}

/// A step, three arms of one step each, and a step.
fn saga() -> Saga {
    let arms = [
        arm(Arm::When, 0, [step()]),
        arm(Arm::ElseWhen, 1, [step()]),
        arm(Arm::Else, 2, [step()]),
    ];
    memory([vec![step().savepoint(1)], arms.concat(), vec![step()]].concat())
}

/// The steps of the arms that are skipped.
fn skipped(saga: &Saga) -> Vec<u16> {
    let arms = 1..4;
    arms.filter(|step| saga.phase(*step) == Phase::Skipped)
        .collect()
}

#[test]
fn each_arm_closes_the_later_ones() {
    for (answers, taken, not) in [
        (&[true][..], 1, [2, 3]),
        (&[false, true][..], 2, [1, 3]),
        (&[false, false][..], 3, [1, 2]),
    ] {
        let mut saga = saga();
        saga.apply_all([0]);
        for (block, answer) in (0..).zip(answers) {
            assert_eq!(saga.next(), asked(block));
            saga.hear(decided(block, *answer));
        }
        assert_eq!(skipped(&saga), not);
        assert!(saga.is_attempting(taken));
        saga.apply_all([taken, 4]);
        assert_eq!(saga.end(), Some(End::Completed));
        for block in 0..3 {
            assert_eq!(saga.is_taken(block), block + 1 == taken);
        }
    }
}

#[test]
fn without_an_else_none_may_be_taken() {
    let arms = [arm(Arm::When, 0, [step()]), arm(Arm::ElseWhen, 1, [step()])];
    let mut saga = memory(arms.concat());
    saga.hear(decided(0, false)).hear(decided(1, false));
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn a_condition_that_panics_fails_the_first_step_of_its_own_arm() {
    let mut saga = saga();
    saga.apply_all([0]).hear(decided(0, false));
    assert_eq!(saga.next(), asked(1));
    saga.hear(Event::WhenPanicked { step: 2 });
    assert_eq!(saga.first_failed(), Some(2));
    saga.compensate(0, compensated)
        .hear(Event::Turned { step: 0 });
    saga.apply_all([0]);
    assert_eq!(saga.next(), asked(0), "all arms are decided again");
}

#[test]
fn after_the_pivot_a_condition_that_panics_is_evaluated_again() {
    let arms = [
        arm(Arm::When, 0, [last()]),
        arm(Arm::ElseWhen, 1, [last()]),
        arm(Arm::Else, 2, [last()]),
    ];
    let mut saga = memory([vec![pivot()], arms.concat()].concat());
    saga.apply_all([0]).hear(decided(0, false));
    saga.hear(Event::WhenPanicked { step: 2 }).wait(2);
    assert_eq!(saga.next(), asked(1));
    saga.hear(decided(1, false)).apply_all([3]);
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn a_rerun_from_before_decides_again() {
    let mut saga = saga();
    saga.apply_all([0])
        .hear(decided(0, false))
        .hear(decided(1, true));
    saga.act(2, refused)
        .compensate(0, compensated)
        .hear(Event::Turned { step: 0 });
    assert!(skipped(&saga).is_empty());
    saga.apply_all([0]);
    assert_eq!(saga.next(), asked(0));
    saga.hear(decided(0, true)).apply_all([1, 4]);
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn a_rerun_from_inside_an_arm_decides_nothing() {
    for (answers, inside) in [
        (&[true][..], 0),
        (&[false, true][..], 2),
        (&[false, false][..], 4),
    ] {
        let two = || [step().savepoint(1), step()];
        let arms = [
            arm(Arm::When, 0, two()),
            arm(Arm::ElseWhen, 1, two()),
            arm(Arm::Else, 2, two()),
        ];
        let mut saga = memory(arms.concat());
        for (block, answer) in (0..).zip(answers) {
            saga.hear(decided(block, *answer));
        }
        saga.apply_all([inside])
            .act(inside + 1, refused)
            .compensate(inside, compensated)
            .hear(Event::Turned { step: inside });
        let others = (0..6).filter(|step| !(inside..inside + 2).contains(step));
        for other in others {
            assert_eq!(saga.phase(other), Phase::Skipped, "{inside}: {other}");
        }
        saga.apply_all([inside, inside + 1]);
        assert_eq!(saga.end(), Some(End::Completed));
    }
}

#[test]
fn a_rerun_from_after_them_decides_nothing() {
    let arms = [arm(Arm::When, 0, [step()]), arm(Arm::Else, 1, [step()])];
    let after = vec![step().savepoint(1), step()];
    let mut saga = memory([arms.concat(), after].concat());
    saga.hear(decided(0, false)).apply_all([1, 2]);
    saga.act(3, refused)
        .compensate(2, compensated)
        .hear(Event::Turned { step: 2 });
    assert!(saga.is_attempting(2));
    assert_eq!(saga.phase(0), Phase::Skipped);
}

#[test]
fn an_else_without_steps_is_taken_if_no_other_arm_is() {
    for (answer, taken) in [(true, [true, false]), (false, [false, true])] {
        let mut declared = definition([arm(Arm::When, 0, [step()]), vec![step()]].concat());
        let otherwise = Condition {
            first: 1,
            arm: Arm::Else,
            ..Condition::PLAIN
        };
        declared.conditions.to_mut().push(otherwise);
        let mut saga = super::build::saga(declared, false);
        saga.hear(decided(0, answer));
        saga.apply_all(if answer { vec![0, 1] } else { vec![1] });
        assert_eq!(saga.end(), Some(End::Completed));
        assert_eq!([0, 1].map(|block| saga.is_taken(block)), taken);
    }
}

#[test]
fn a_cancel_between_two_conditions_evaluates_nothing_more() {
    let mut saga = saga();
    saga.apply_all([0])
        .hear(decided(0, false))
        .hear(Event::CancelRequested);
    assert!(saga.is_compensating(0));
}

#[test]
fn an_arm_that_is_closed_takes_no_signal() {
    let arms = [
        arm(Arm::When, 0, [step().savepoint(1), step()]),
        arm(Arm::Else, 1, [signal()]),
    ];
    let mut saga = memory(arms.concat());
    assert_eq!(saga.hearing(2), Hearing::Accepted);
    saga.hear(decided(0, true));
    assert_eq!(saga.hearing(2), Hearing::TooLate);
    saga.apply_all([0]).act(1, refused);
    // The rerun begins inside the arm that is taken.
    assert_eq!(saga.hearing(2), Hearing::TooLate);
}
