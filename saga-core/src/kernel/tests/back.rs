//! Tables 4 and 5: rolling back, and the ends.

use crate::values::call::CallKind;
use std::time::Duration;

use super::build::*;
use crate::{
    definition::Limit,
    kernel::{Command, End, Event, Left, Phase},
};

#[test]
fn steps_are_undone_in_reverse_order() {
    let mut saga = memory([step(), step(), step(), step()]);
    saga.apply_all([0, 1, 2]).act(3, refused);
    for step in [2, 1, 0] {
        assert!(saga.is_compensating(step));
        saga.compensate(step, compensated);
        assert_eq!(saga.phase(step), Phase::Undone);
    }
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn what_changed_nothing_is_passed() {
    let mut saga = memory([read(), step().when(), step().fallback(), step()]);
    saga.apply_all([0]).hear(Event::Skipped { step: 1 });
    saga.act(2, refused).fall_back(2, fell_back).act(3, refused);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.left().count(), 0);
}

#[test]
fn what_may_stay_is_passed_and_listed() {
    let mut saga = memory([step(), lasting(), step()]);
    saga.apply_all([0, 1]).act(2, refused);
    assert!(saga.is_compensating(0));
    saga.compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.left().collect::<Vec<_>>(), [(1, Left::Certain)]);
}

#[test]
fn a_compensation_is_tried_five_times_in_memory() {
    let mut saga = memory([step(), step()]);
    saga.apply_all([0]).act(1, refused);
    for failure in 0..4 {
        saga.compensate(0, still_applied);
        assert_eq!(saga.next(), backoff(0, CallKind::Compensate, failure));
        saga.wait(0);
    }
    saga.compensate(0, still_applied);
    assert_eq!(saga.phase(0), Phase::Uncompensated);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.standing().collect::<Vec<_>>(), [0]);
    assert_eq!(saga.unfinished().count(), 0);
}

#[test]
fn a_compensation_is_tried_forever_on_a_durable_journal_unless_declared() {
    let saga = durable([step(), step().undo(3)]);
    let (limit, wait) = saga.policy(0, CallKind::Compensate);
    assert_eq!(
        (limit, wait.cap.get()),
        (Limit::Forever, Duration::from_secs(300))
    );
    assert_eq!(wait.base.get(), Duration::from_millis(50));
    assert_eq!(saga.policy(1, CallKind::Compensate).0, Limit::Times(3));
    let saga = memory([step()]);
    let (limit, wait) = saga.policy(0, CallKind::Compensate);
    assert_eq!(
        (limit, wait.cap.get()),
        (Limit::Times(5), Duration::from_secs(2))
    );
}

#[test]
fn a_cancel_does_not_cut_the_wait_for_a_compensation_short() {
    let mut saga = memory([step(), step()]);
    saga.apply_all([0])
        .act(1, refused)
        .compensate(0, still_applied);
    saga.hear(Event::CancelRequested);
    assert_eq!(saga.next(), backoff(0, CallKind::Compensate, 0));
}

#[test]
fn what_stands_keeps_what_it_stands_on_and_the_rest_is_undone() {
    let steps = [
        step(),
        step(),
        read().on(&[1]),
        step().undo(1).on(&[2]),
        step(),
    ];
    let mut saga = memory(steps);
    saga.apply_all([0, 1, 2, 3])
        .act(4, refused)
        .compensate(3, still_applied);
    assert_eq!(saga.next(), Command::Keep { step: 1 });
    saga.hear(Event::Kept { step: 1 });
    assert!(saga.is_compensating(0));
    saga.compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.phase(1), Phase::Kept);
    assert_eq!(saga.standing().collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn a_skipped_step_stands_on_nothing() {
    let steps = [
        step(),
        step().when().on(&[0]),
        step().undo(1).on(&[1]),
        step(),
    ];
    let mut saga = memory(steps);
    saga.apply_all([0]).hear(Event::Skipped { step: 1 });
    saga.apply_all([2])
        .act(3, refused)
        .compensate(2, still_applied);
    assert!(saga.is_compensating(0));
}

#[test]
fn resumed_the_failed_undo_comes_first_then_what_was_kept() {
    let mut saga = memory([step(), step().undo(2).on(&[0]), step()]);
    saga.apply_all([0, 1]).act(2, refused);
    saga.compensate(1, still_applied)
        .wait(1)
        .compensate(1, still_applied);
    saga.hear(Event::Kept { step: 0 });
    assert_eq!(saga.end(), Some(End::Parked));
    saga.hear(Event::Resumed);
    assert!(saga.is_compensating(1));
    saga.compensate(1, still_applied).wait(1);
    saga.compensate(1, compensated).compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.first_failed(), Some(2));
}

#[test]
fn resumed_what_was_unsettled_is_settled_with_new_budgets() {
    let mut saga = memory([step(), step().resolve_times(1).on(&[0])]);
    saga.apply_all([0]).act(1, timed_out).resolve(1, unresolved);
    saga.hear(Event::Kept { step: 0 }).hear(Event::Resumed);
    assert_eq!(saga.next(), Command::call(1, CallKind::Resolve));
    saga.resolve(1, happened).compensate(1, compensated);
    assert_eq!(
        saga.compensate(0, compensated).end(),
        Some(End::Compensated)
    );
}

#[test]
fn only_a_parked_saga_can_be_resumed() {
    let mut saga = memory([step()]);
    assert!(saga.apply(Event::Resumed).is_err());
    assert!(saga.act(0, applied).apply(Event::Resumed).is_err());
}

#[test]
fn a_step_is_stuck_at_its_tenth_failure_in_a_row() {
    let mut saga = memory([read().retry(20)]);
    for _ in 0..9 {
        saga.act(0, transient).wait(0);
    }
    assert!(!saga.is_stuck(0));
    assert!(saga.act(0, transient).is_stuck(0));
    assert!(!saga.wait(0).act(0, applied).is_stuck(0));
}

#[test]
fn a_compensation_is_stuck_at_its_tenth_failure_in_a_row() {
    let mut saga = durable([step(), step()]);
    saga.apply_all([0]).act(1, refused);
    for _ in 0..9 {
        saga.compensate(0, still_applied).wait(0);
    }
    assert!(!saga.is_stuck(0));
    assert!(saga.compensate(0, still_applied).is_stuck(0));
}

#[test]
fn failures_of_another_call_start_a_new_row() {
    let mut saga = memory([step().resolve_times(10).idempotent()]);
    saga.act(0, timed_out);
    for _ in 0..9 {
        saga.resolve(0, unresolved).wait(0);
    }
    assert!(saga.resolve(0, unresolved).is_stuck(0));
    assert!(!saga.wait(0).act(0, timed_out).is_stuck(0));
}

#[test]
fn a_success_of_another_call_ends_no_row() {
    let mut saga = memory([step().resolve().retry(20)]);
    for _ in 0..9 {
        saga.act(0, timed_out).resolve(0, did_not_happen).wait(0);
    }
    assert!(saga.act(0, timed_out).is_stuck(0));
    assert!(saga.resolve(0, did_not_happen).is_stuck(0));
}

#[test]
fn what_ran_when_the_process_died_is_on_record() {
    use crate::values::call::CallKind;
    let mut saga = durable([read().fallback(), step().resolve().by_key(), step()]);
    saga.hear(Event::Attempting { step: 0 });
    assert_eq!(saga.running().collect::<Vec<_>>(), [(0, CallKind::Action)]);
    assert!(saga.is_attempting(0));
    saga.hear(transient(0)).hear(Event::FallingBack { step: 0 });
    assert_eq!(
        saga.running().collect::<Vec<_>>(),
        [(0, CallKind::Fallback)]
    );
    saga.hear(fell_back(0))
        .act(1, lost)
        .hear(Event::Resolving { step: 1 });
    assert_eq!(saga.running().collect::<Vec<_>>(), [(1, CallKind::Resolve)]);
    saga.hear(happened(1))
        .act(2, refused)
        .hear(Event::Compensating { step: 1 });
    assert_eq!(
        saga.running().collect::<Vec<_>>(),
        [(1, CallKind::Compensate)]
    );
    assert_eq!(saga.hear(compensated(1)).running().count(), 0);
}
