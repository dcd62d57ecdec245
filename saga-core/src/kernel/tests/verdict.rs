//! Table 1: the reports of an attempt.

use super::build::*;
use crate::kernel::{Command, Direction, End, Event, Left, Phase};
use crate::values::call::CallKind;

#[test]
fn steps_run_in_order_until_the_saga_is_completed() {
    let mut saga = memory([read(), step(), pivot(), last()]);
    for step in 0..4 {
        assert!(saga.is_attempting(step));
        assert_eq!(saga.act(step, applied).phase(step), Phase::Applied);
    }
    assert_eq!(saga.end(), Some(End::Completed));
    assert_eq!((saga.first_failed(), saga.turns()), (None, 0));
}

#[test]
fn ok_clears_doubt() {
    let mut saga = memory([step().idempotent()]);
    saga.act(0, timed_out).wait(0).act(0, applied);
    assert_eq!(saga.end(), Some(End::Completed));
    assert_eq!(saga.in_doubt().count(), 0);
    assert!(!saga.has_failed(0));
}

#[test]
fn a_read_that_cannot_be_recorded_is_used_up() {
    let mut saga = durable([read().retry(3)]);
    saga.act(0, unrecordable);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.first_failed(), Some(0));
}

#[test]
fn a_step_that_cannot_be_recorded_turns_the_saga_back_with_it() {
    let mut saga = durable([step(), step()]);
    saga.apply_all([0]).act(1, unrecordable);
    assert_eq!(saga.direction(), Direction::Compensating);
    assert!(saga.has_failed(1) && saga.is_compensating(1));
    saga.compensate(1, compensated).compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn a_pivot_that_cannot_be_recorded_parks() {
    let mut saga = durable([step(), pivot(), last()]);
    saga.apply_all([0]).act(1, unrecordable);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.standing().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(saga.unfinished().collect::<Vec<_>>(), [2]);
}

#[test]
fn a_step_after_the_pivot_that_cannot_be_recorded_parks() {
    let mut saga = durable([pivot(), last(), last()]);
    saga.apply_all([0]).act(1, unrecordable);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.unfinished().collect::<Vec<_>>(), [2]);
}

#[test]
fn refused_without_doubt_is_not_applied_and_not_tried_again() {
    let mut saga = memory([step().idempotent().retry(5)]);
    assert_eq!(saga.act(0, refused).phase(0), Phase::Failed);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.left().count(), 0);
}

#[test]
fn refused_clears_doubt_if_idempotent_and_late_has_passed() {
    let mut saga = memory([step().idempotent().late()]);
    saga.act(0, unknown).wait(0).act(0, refused);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.phase(0), Phase::Failed);
}

#[test]
fn refused_before_late_has_passed_leaves_the_doubt() {
    let mut saga = memory([step().idempotent().late()]);
    saga.act(0, unknown).wait(0).act(0, refused_early);
    assert_eq!(saga.next(), await_late(0, CallKind::Action));
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [0]);
}

#[test]
fn transient_without_doubt_is_not_applied() {
    let mut saga = memory([step()]);
    saga.act(0, transient);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.in_doubt().count(), 0);
}

#[test]
fn transient_leaves_doubt_as_it_is() {
    let mut saga = memory([step().idempotent()]);
    saga.act(0, timed_out).wait(0).act(0, transient);
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [0]);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 1));
}

#[test]
fn unknown_timeout_and_panic_bring_doubt() {
    for report in [unknown, timed_out, panicked] {
        let mut saga = memory([step().resolve()]);
        saga.act(0, report);
        assert_eq!(saga.phase(0), Phase::InDoubt);
        assert_eq!(saga.next(), Command::call(0, CallKind::Resolve));
    }
}

#[test]
fn a_read_is_never_in_doubt() {
    for report in [unknown, timed_out, panicked, lost] {
        let mut saga = memory([read()]);
        saga.act(0, report);
        assert_eq!(saga.in_doubt().count(), 0);
        assert_ne!(saga.phase(0), Phase::InDoubt);
    }
}

#[test]
fn a_read_lost_to_a_crash_is_attempted_again_uncounted() {
    let mut saga = durable([read()]);
    saga.act(0, lost);
    assert!(saga.is_attempting(0));
    saga.hear(Event::Attempting { step: 0 });
    assert_eq!(saga.attempt(0), 1);
}

#[test]
fn a_step_lost_to_a_crash_is_in_doubt() {
    let mut saga = durable([step().resolve().late()]);
    saga.act(0, lost);
    assert_eq!(saga.next(), await_late(0, CallKind::Resolve));
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [0]);
}

#[test]
fn where_nothing_settles_doubt_a_panic_is_used_up_and_left() {
    for report in [panicked, timed_out, unknown, lost] {
        for shape in [step(), lasting()] {
            let mut saga = memory([step(), shape.retry(3)]);
            saga.apply_all([0]).act(1, report);
            assert!(saga.is_compensating(0), "{report:?}");
            saga.compensate(0, compensated);
            assert_eq!(saga.end(), Some(End::Compensated));
            assert_eq!(saga.left().collect::<Vec<_>>(), [(1, Left::Perhaps)]);
        }
    }
}

#[test]
fn a_panic_in_when_fails_the_step_unsent() {
    let mut saga = memory([step().when()]);
    assert_eq!(saga.next(), Command::call(0, CallKind::When));
    saga.hear(Event::WhenPanicked { step: 0 });
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!((saga.left().count(), saga.attempt(0)), (0, 0));
}
