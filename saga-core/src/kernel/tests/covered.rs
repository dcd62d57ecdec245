//! Steps that are undone with another one: `compensate with`.

use super::build::*;
use crate::kernel::{Command, End, Event, Phase, Settlement};
use crate::values::call::CallKind;

#[test]
fn it_is_passed_and_undone_with_the_other() {
    let mut saga = memory([step(), covered(0), step()]);
    saga.apply_all([0, 1]).act(2, refused);
    assert!(saga.is_compensating(0));
    assert_eq!(saga.phase(1), Phase::Applied);
    saga.compensate(0, compensated);
    assert_eq!(saga.phase(1), Phase::Undone);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.left().count(), 0);
}

#[test]
fn it_stands_if_the_other_stands() {
    let mut saga = memory([step().undo(1), covered(0), covered(0).idempotent(), step()]);
    saga.apply_all([0, 1])
        .act(2, unknown)
        .hear(Event::CancelRequested);
    saga.compensate(0, still_applied);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.standing().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [2]);
    assert_eq!(saga.left().count(), 0);
    assert_eq!(saga.settleable(1).count() + saga.settleable(2).count(), 0);
    let settlement = Settlement::Undone;
    saga.hear(Event::Settled {
        step: 0,
        settlement,
    });
    assert_eq!(saga.standing().count() + saga.in_doubt().count(), 0);
    assert_eq!([1, 2].map(|step| saga.phase(step)), [Phase::Undone; 2]);
    assert!(!saga.is_in_doubt(2));
}

#[test]
fn on_the_way_back_its_doubt_needs_no_settling() {
    let mut saga = memory([step(), covered(0).idempotent().resolve().late(), step()]);
    saga.apply_all([0]).act(1, unknown);
    assert_eq!(saga.next(), await_late(1, CallKind::Resolve));
    saga.hear(Event::CancelRequested);
    assert!(saga.is_compensating(0));
    assert_eq!(saga.phase(1), Phase::InDoubt);
    saga.compensate(0, compensated);
    assert_eq!(saga.phase(1), Phase::Undone);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.left().count() + saga.in_doubt().count(), 0);
}

#[test]
fn a_panic_that_nobody_can_settle_goes_with_the_other() {
    let mut saga = memory([step().undo(1), covered(0)]);
    saga.apply_all([0]).act(1, panicked);
    let mut parked = saga.clone();
    saga.compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.left().count(), 0);
    parked.compensate(0, still_applied);
    assert_eq!(parked.standing().collect::<Vec<_>>(), [0]);
    assert_eq!(parked.in_doubt().collect::<Vec<_>>(), [1]);
}

#[test]
fn what_depends_on_it_keeps_the_other() {
    let mut saga = memory([step(), covered(0), step().undo(1).on(&[1]), step()]);
    saga.apply_all([0, 1, 2]).act(3, refused);
    saga.compensate(2, still_applied);
    assert_eq!(saga.next(), Command::Keep { step: 0 });
    saga.hear(Event::Kept { step: 0 });
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.standing().collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn behind_a_turn_it_is_another_operation() {
    let mut saga = memory([
        step().savepoint(1),
        covered(0).idempotent().retry(1),
        step(),
    ]);
    saga.apply_all([0]).act(1, unknown);
    saga.compensate(0, compensated)
        .hear(Event::Turned { step: 0 });
    saga.apply_all([0]);
    assert!(!saga.is_in_doubt(1));
    saga.apply_all([1]);
    assert_eq!([0, 1].map(|step| saga.round(step)), [1, 1]);
}
