//! `when` blocks: one condition for several steps.

use super::build::*;
use crate::kernel::{Command, End, Event, Phase};
use crate::values::call::CallKind;

const ASKED: Command = Command::DecideBlock { block: 0 };

fn decided(taken: bool) -> Event {
    Event::Decided { block: 0, taken }
}

/// A step, a block of two, and a step.
fn saga() -> Saga {
    let inside = governed(0, [step(), step()]);
    memory([vec![step()], inside, vec![step()]].concat())
}

#[test]
fn it_is_decided_once_when_it_is_reached() {
    let mut saga = saga();
    saga.apply_all([0]);
    assert_eq!(saga.next(), ASKED);
    saga.hear(decided(true)).apply_all([1, 2, 3]);
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn if_it_is_not_taken_all_its_steps_are_skipped() {
    let mut saga = saga();
    saga.apply_all([0]).hear(decided(false));
    assert_eq!([1, 2].map(|step| saga.phase(step)), [Phase::Skipped; 2]);
    assert!(saga.is_attempting(3));
    saga.act(3, refused);
    assert!(saga.is_compensating(0), "what was skipped is passed");
}

#[test]
fn a_panic_of_the_condition_is_one_of_its_first_step() {
    let mut saga = saga();
    saga.apply_all([0]).hear(Event::WhenPanicked { step: 1 });
    assert_eq!(saga.phase(1), Phase::Failed);
    assert_eq!(saga.first_failed(), Some(1));
    assert!(saga.is_compensating(0), "it failed unsent");
}

#[test]
fn behind_the_pivot_a_condition_that_panics_is_asked_again() {
    let inside = governed(0, group(1, [last(), last()]));
    let mut saga = memory([vec![pivot()], inside].concat());
    saga.apply_all([0]);
    for _ in 0..2 {
        assert_eq!(saga.next(), ASKED);
        saga.hear(Event::WhenPanicked { step: 1 });
        assert_eq!(saga.next(), Command::Group { first: 1, len: 2 });
        assert_eq!(saga.phase(1), Phase::Waiting(CallKind::Action));
        saga.wait(1);
    }
    saga.hear(Event::WhenPanicked { step: 1 });
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.unfinished().collect::<Vec<_>>(), [1, 2]);
    saga.hear(Event::Resumed);
    assert_eq!(saga.next(), ASKED);
    saga.hear(decided(false));
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn a_savepoint_inside_asks_nothing_again() {
    let mut saga = memory(governed(0, [step().savepoint(1), step()]));
    saga.hear(decided(true)).apply_all([0]);
    saga.act(1, refused).compensate(0, compensated);
    saga.hear(Event::Turned { step: 0 });
    assert!(saga.is_attempting(0), "its first step, too");
}

#[test]
fn a_savepoint_of_the_first_step_asks_again_what_panicked() {
    let mut saga = memory(governed(0, [step().savepoint(1), step()]));
    saga.hear(Event::WhenPanicked { step: 0 });
    saga.hear(Event::Turned { step: 0 });
    assert_eq!(saga.next(), ASKED);
}

#[test]
fn a_savepoint_in_a_block_that_was_not_taken_is_none() {
    let inside = governed(0, [step(), step().savepoint(9)]);
    let mut saga = memory([inside, vec![step()]].concat());
    saga.hear(decided(false)).act(2, refused);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn a_turn_to_before_it_asks_again() {
    let inside = governed(0, [step(), step()]);
    let mut saga = memory([vec![step().savepoint(1)], inside].concat());
    saga.apply_all([0]).hear(decided(true)).act(1, refused);
    saga.compensate(0, compensated)
        .hear(Event::Turned { step: 0 });
    saga.apply_all([0]);
    assert_eq!(saga.next(), ASKED);
    saga.hear(decided(false));
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn a_turn_to_a_savepoint_behind_it_keeps_what_was_skipped() {
    let steps = [governed(0, [step()]), vec![step().savepoint(1), step()]];
    let mut saga = memory(steps.concat());
    saga.hear(decided(false)).apply_all([1]).act(2, refused);
    saga.compensate(1, compensated)
        .hear(Event::Turned { step: 1 });
    assert!(saga.is_attempting(1));
    assert_eq!(saga.phase(0), Phase::Skipped);
}

#[test]
fn a_step_inside_may_have_a_condition_of_its_own() {
    let mut saga = memory(governed(0, [step().when(), step()]));
    saga.hear(decided(true));
    assert_eq!(saga.next(), Command::call(0, CallKind::When));
    saga.hear(Event::Skipped { step: 0 });
    assert!(saga.is_attempting(1));
}

#[test]
fn a_cancel_at_an_undecided_block_asks_nothing_more() {
    let mut saga = saga();
    saga.apply_all([0]).hear(Event::CancelRequested);
    assert!(saga.is_compensating(0));
}

#[test]
fn two_blocks_behind_each_other_are_decided_one_by_one() {
    let mut saga = memory([governed(0, [step()]), governed(1, [step()])].concat());
    saga.hear(decided(true)).apply_all([0]);
    assert_eq!(saga.next(), Command::DecideBlock { block: 1 });
    saga.hear(Event::Decided {
        block: 1,
        taken: false,
    });
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn a_turn_back_into_a_block_after_a_turn_behind_it_asks_nothing_again() {
    let inside = governed(0, [step(), step().savepoint(3)]);
    let mut saga = memory([inside, vec![step().savepoint(1), step()]].concat());
    saga.hear(decided(true))
        .apply_all([0, 1, 2])
        .act(3, refused);
    saga.compensate(2, compensated)
        .hear(Event::Turned { step: 2 });
    saga.apply_all([2]).act(3, refused);
    saga.compensate(2, compensated).compensate(1, compensated);
    saga.hear(Event::Turned { step: 1 });
    assert!(saga.is_attempting(1));
}

#[test]
fn no_fallback_stands_in_for_a_condition_that_panics() {
    let mut saga = memory(governed(0, [step().fallback(), step()]));
    saga.hear(Event::WhenPanicked { step: 0 });
    assert_eq!(saga.end(), Some(End::Compensated));
}
