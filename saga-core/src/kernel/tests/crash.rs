//! A process ends while calls run: each call counts as lost, and so does what only the process had.

use super::build::*;
use crate::values::call::CallKind;
use crate::{
    definition::Step,
    kernel::{Command, Direction, End, Event, Left, Phase},
};

#[test]
fn after_the_first_failure_of_a_block_a_lost_fallback_is_not_run_again() {
    let mut saga = durable(group(0, [read().fallback(), step()]));
    saga.act(0, transient).hear(Event::FallingBack { step: 0 });
    saga.act(1, refused).hear(lost(0));
    assert_eq!(saga.phase(0), Phase::Failed);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn a_step_without_a_running_call_is_not_lost() {
    let mut saga = durable([step().resolve(), step()]);
    assert!(saga.apply(lost(0)).is_err() && saga.apply(lost(7)).is_err());
    saga.act(0, timed_out);
    assert!(saga.apply(lost(0)).is_err());
    saga.resolve(0, happened).act(1, refused);
    assert!(saga.apply(lost(0)).is_err());
}

/// Step 1, with this declaration, is applied, but could not be recorded, and the saga rolls back
/// because of that.
fn unrecorded(shape: &Step) -> Saga {
    let mut saga = durable([step(), shape.clone()]);
    saga.apply_all([0]).act(1, unrecordable);
    saga
}

#[test]
fn an_effect_that_was_never_recorded_is_found_out_again_and_undone() {
    let mut saga = unrecorded(&step().resolve());
    assert_eq!(saga.unrecorded().collect::<Vec<_>>(), [1]);
    saga.hear(lost(1));
    assert_eq!(saga.unrecorded().count(), 0);
    assert_eq!(saga.next(), Command::call(1, CallKind::Resolve));
    assert!(saga.resolve(1, happened).is_compensating(1));
    saga.compensate(1, compensated).compensate(0, compensated);
    assert_eq!(
        (saga.end(), saga.left().count()),
        (Some(End::Compensated), 0)
    );

    let mut saga = unrecorded(&step().idempotent());
    assert!(saga.hear(lost(1)).is_attempting(1));
    saga.act(1, unrecordable);
    assert_eq!(
        (saga.round(1), saga.direction()),
        (0, Direction::Compensating)
    );
    assert!(saga.is_compensating(1));

    let mut saga = unrecorded(&step().resolve().idempotent().by_key());
    assert!(saga.hear(lost(1)).is_compensating(1));
}

#[test]
fn an_unrecorded_effect_is_needed_until_its_step_is_undone() {
    let mut saga = unrecorded(&step().resolve());
    saga.hear(Event::Compensating { step: 1 });
    assert_eq!(
        saga.running().collect::<Vec<_>>(),
        [(1, CallKind::Compensate)]
    );
    // First the call is lost, then the effect.
    saga.hear(lost(1));
    assert_eq!(saga.unrecorded().collect::<Vec<_>>(), [1]);
    let mut again = saga.clone();
    assert_eq!(
        saga.hear(lost(1)).next(),
        Command::call(1, CallKind::Resolve)
    );
    // If the effect is not lost after all, the saga has it for all of its waits.
    again.compensate(1, lost);
    assert_eq!(again.next(), after_loss(1, CallKind::Compensate, 1));
    assert_eq!(again.unrecorded().collect::<Vec<_>>(), [1]);
    again.wait(1).compensate(1, compensated);
    assert_eq!(again.unrecorded().count(), 0);
}

#[test]
fn an_unrecorded_effect_that_nobody_can_ask_for_is_listed_as_perhaps() {
    let mut saga = unrecorded(&step());
    assert!(saga.hear(lost(1)).is_compensating(0));
    saga.compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.left().collect::<Vec<_>>(), [(1, Left::Perhaps)]);
}

#[test]
fn an_unrecorded_effect_that_may_stay_is_not_needed() {
    let mut saga = unrecorded(&lasting().resolve());
    assert_eq!(saga.unrecorded().count(), 0);
    assert!(saga.apply(lost(1)).is_err());
    saga.compensate(0, compensated);
    assert_eq!(saga.left().collect::<Vec<_>>(), [(1, Left::Certain)]);
}

#[test]
fn a_parked_saga_loses_nothing() {
    for shape in [step().undo(1).resolve(), step().undo(1).idempotent()] {
        let mut saga = unrecorded(&shape);
        saga.compensate(1, still_applied).compensate(0, compensated);
        assert_eq!(saga.end(), Some(End::Parked));
        assert!(saga.apply(lost(1)).is_err() && saga.unrecorded().count() == 0);
        saga.hear(Event::Resumed);
        assert_eq!(saga.phase(1), Phase::InDoubt);
    }
}

#[test]
fn resumed_an_unrecorded_pivot_is_found_out_again_under_its_key() {
    let mut saga = durable([step(), pivot().resolve(), last()]);
    saga.apply_all([0]).act(1, unrecordable);
    assert!(saga.apply(lost(1)).is_err());
    saga.hear(Event::Resumed);
    assert_eq!(saga.next(), Command::call(1, CallKind::Resolve));
    saga.resolve(1, unresolved).wait(1).resolve(1, happened);
    assert_eq!((saga.round(1), saga.direction()), (0, Direction::Forward));
    assert_eq!(saga.act(2, applied).end(), Some(End::Completed));
}

#[test]
fn resumed_what_still_cannot_be_recorded_parks_again() {
    let mut saga = durable([pivot(), last(), last()]);
    saga.apply_all([0]).act(1, unrecordable);
    for _ in 0..2 {
        assert!(saga.hear(Event::Resumed).is_attempting(1));
        saga.act(1, unrecordable);
        assert_eq!(saga.end(), Some(End::Parked));
        assert_eq!(saga.standing().collect::<Vec<_>>(), [0, 1]);
    }
}
