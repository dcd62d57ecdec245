//! Table 3: what happens next.

use crate::values::call::CallKind;
use std::time::Duration;

use super::build::*;
use crate::{
    definition::Limit,
    kernel::{Cancellation, Command, Direction, End, Event, Left, Phase, Verdict},
};

#[test]
fn applied_the_next_step_follows() {
    let mut saga = memory([step(), pivot(), last()]);
    for step in 0..3 {
        assert!(saga.is_attempting(step));
        saga.act(step, applied);
    }
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn the_pivot_applied_tells_waiting_requests_that_they_are_too_late() {
    let mut saga = memory([pivot(), last()]);
    saga.hear(Event::Attempting { step: 0 });
    saga.hear(Event::CancelRequested)
        .hear(Event::DeadlinePassed);
    assert_eq!(saga.cancellation(), Cancellation::Pending);
    assert_eq!(saga.deadline(), Cancellation::Pending);
    saga.hear(applied(0));
    assert_eq!(saga.cancellation(), Cancellation::TooLate);
    assert_eq!(saga.deadline(), Cancellation::TooLate);
    assert_eq!(saga.act(1, applied).end(), Some(End::Completed));
}

#[test]
fn applied_on_the_way_back_is_undone() {
    let mut saga = memory([step(), step()]);
    saga.apply_all([0]).hear(Event::Attempting { step: 1 });
    saga.hear(Event::CancelRequested).hear(applied(1));
    assert!(saga.is_compensating(1));
}

#[test]
fn skipped_the_next_step_follows_and_nothing_is_undone() {
    let mut saga = memory([step().when(), step()]);
    saga.hear(Event::Skipped { step: 0 });
    assert_eq!(saga.phase(0), Phase::Skipped);
    assert_eq!(saga.act(1, refused).end(), Some(End::Compensated));
}

#[test]
fn a_skipped_pivot_counts_as_passed() {
    let mut saga = memory([pivot().when(), last()]);
    saga.hear(Event::Skipped { step: 0 })
        .hear(Event::CancelRequested);
    assert_eq!(saga.cancellation(), Cancellation::TooLate);
    assert_eq!(saga.act(1, applied).end(), Some(End::Completed));
}

#[test]
fn an_abort_turns_back_without_fallback_or_savepoint() {
    let mut saga = memory([step().savepoint(5), step().fallback().retry(5)]);
    saga.apply_all([0]).act(1, aborting);
    assert!(saga.aborted());
    assert_eq!(saga.first_failed(), Some(1));
    saga.compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn an_abort_of_who_said_no_is_a_refusal_too() {
    for (verdict, is_refusal) in [(Verdict::Refused, true), (Verdict::Transient, false)] {
        let mut saga = memory([step()]);
        saga.hear(attempting(0)).hear(Event::Rejected {
            step: 0,
            verdict,
            abort: true,
            again: false,
            late_passed: true,
        });
        assert!(saga.aborted() && saga.is_refused() == is_refusal);
    }
}

#[test]
fn an_abort_at_the_pivot_turns_back() {
    let mut saga = memory([step(), pivot().retry(5)]);
    saga.apply_all([0]).act(1, aborting);
    assert!(saga.aborted() && saga.is_compensating(0));
}

#[test]
fn an_abort_after_the_pivot_parks() {
    let mut saga = memory([pivot(), last().retry(5).fallback()]);
    saga.apply_all([0]).act(1, aborting);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.direction(), Direction::Forward);
    assert!(!saga.aborted());
}

#[test]
fn an_abort_that_was_in_doubt_counts_once_it_is_settled() {
    let mut saga = memory([step().resolve().retry(5)]);
    saga.act(0, unknown_abort);
    assert!(!saga.aborted());
    saga.resolve(0, did_not_happen);
    assert!(saga.aborted());
    assert_eq!(saga.end(), Some(End::Compensated));
}

/// A saga with a savepoint that has parked in doubt, because of such an error.
fn parked_by_an_abort() -> Saga {
    let mut saga = memory([read().savepoint(5), step().resolve_times(1)]);
    saga.act(0, applied).act(1, unknown_abort);
    saga.resolve(1, unresolved);
    assert_eq!((saga.aborted(), saga.end()), (false, Some(End::Parked)));
    saga
}

#[test]
fn an_abort_counts_once_a_resumed_saga_finds_that_the_step_has_not_happened() {
    let mut saga = parked_by_an_abort();
    saga.hear(Event::Resumed).resolve(1, did_not_happen);
    assert!(saga.aborted());
    assert_eq!(saga.end(), Some(End::Compensated), "there is no rerun");
}

#[test]
fn an_abort_does_not_count_once_a_resumed_saga_finds_that_the_step_has_happened() {
    let mut saga = parked_by_an_abort();
    saga.hear(Event::Resumed).resolve(1, happened);
    saga.compensate(1, compensated);
    assert!(!saga.aborted() && saga.apply(Event::Turned { step: 0 }).is_ok());
}

#[test]
fn an_abort_counts_if_the_rollback_leaves_its_doubt() {
    let saga = leaves_an_abort();
    assert!(saga.aborted());
    assert_eq!(saga.end(), Some(End::Compensated), "there is no rerun");
}

/// A saga with a savepoint whose rollback leaves a step in doubt, after such an error.
fn leaves_an_abort() -> Saga {
    let block = group(1, [read(), lasting().resolve()]);
    let mut saga = memory([vec![read().savepoint(5)], block].concat());
    saga.act(0, applied).hear(attempting(1)).hear(attempting(2));
    saga.hear(transient(1)).hear(unknown_abort(2));
    saga
}

#[test]
fn not_applied_on_the_way_back_there_is_nothing_to_undo() {
    let mut saga = memory([step().retry(5)]);
    saga.hear(Event::Attempting { step: 0 })
        .hear(Event::CancelRequested);
    assert_eq!(saga.hear(transient(0)).end(), Some(End::Compensated));
    assert_eq!(saga.first_failed(), None);
    assert!(saga.has_failed(0));
}

#[test]
fn a_pivot_that_was_not_applied_accepts_the_waiting_request() {
    let mut saga = memory([step(), pivot().retry(5)]);
    saga.apply_all([0]).hear(Event::Attempting { step: 1 });
    saga.hear(Event::CancelRequested).hear(transient(1));
    assert_eq!(saga.cancellation(), Cancellation::Accepted);
    assert!(saga.is_compensating(0));
}

#[test]
fn a_panic_is_used_up_before_and_at_the_pivot() {
    for at in 0..2 {
        let mut saga = memory([step().resolve().retry(5), pivot().resolve().retry(5)]);
        saga.apply_all(0..at);
        saga.act(at, panicked).resolve(at, did_not_happen);
        assert_eq!(saga.direction(), Direction::Compensating);
        assert_eq!(saga.first_failed(), Some(at));
    }
}

#[test]
fn a_panic_after_the_pivot_is_tried_three_times_in_all() {
    let mut saga = memory([pivot(), last().resolve().retry(1)]);
    saga.apply_all([0]);
    for failure in 0..2 {
        saga.act(1, panicked).resolve(1, did_not_happen);
        assert_eq!(saga.next(), backoff(1, CallKind::Action, failure));
        saga.wait(1);
    }
    saga.act(1, panicked).resolve(1, did_not_happen);
    assert_eq!(saga.end(), Some(End::Parked));
}

#[test]
fn a_panic_in_when_after_the_pivot_is_decided_again() {
    let mut saga = memory([pivot(), last().when()]);
    saga.apply_all([0]);
    for failure in 0..2 {
        saga.hear(Event::WhenPanicked { step: 1 });
        assert_eq!(saga.next(), backoff(1, CallKind::Action, failure));
        saga.wait(1);
        assert_eq!(saga.next(), Command::call(1, CallKind::When));
    }
    assert_eq!(
        saga.hear(Event::WhenPanicked { step: 1 }).end(),
        Some(End::Parked)
    );
}

#[test]
fn retry_tries_again_while_attempts_are_left() {
    let mut saga = memory([read().retry(3)]);
    for failure in 0..2 {
        saga.act(0, transient);
        assert_eq!(saga.next(), backoff(0, CallKind::Action, failure));
        assert!(saga.wait(0).is_attempting(0));
    }
    assert_eq!(saga.act(0, transient).end(), Some(End::Compensated));
    assert_eq!(saga.attempt(0), 3);
}

#[test]
fn when_is_asked_once_however_often_it_is_tried() {
    let mut saga = memory([read().when().retry(2)]);
    assert_eq!(saga.next(), Command::call(0, CallKind::When));
    saga.act(0, transient).wait(0);
    assert!(saga.is_attempting(0));
}

#[test]
fn retry_stops_when_its_if_does_not_agree() {
    let mut saga = memory([read().retry(3)]);
    assert_eq!(saga.act(0, not_again).end(), Some(End::Compensated));
}

#[test]
fn timeouts_are_tried_again_whatever_if_says() {
    let mut saga = memory([read().retry(2)]);
    saga.act(0, timed_out);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 0));
    assert_eq!(saga.wait(0).act(0, timed_out).end(), Some(End::Compensated));
}

#[test]
fn without_retry_nothing_is_tried_again_up_to_the_pivot() {
    let mut saga = memory([step(), pivot()]);
    saga.apply_all([0]).act(1, transient);
    assert!(saga.is_compensating(0));
}

#[test]
fn without_retry_steps_after_the_pivot_have_patience() {
    let (memory, durable) = (memory([pivot(), last()]), durable([pivot(), last()]));
    let (limit, wait) = memory.policy(1, CallKind::Action);
    assert_eq!(
        (limit, wait.base.get()),
        (Limit::Times(5), Duration::from_millis(200))
    );
    assert_eq!(wait.cap.get(), Duration::from_secs(5));
    let (limit, wait) = durable.policy(1, CallKind::Action);
    assert_eq!(
        (limit, wait.base.get()),
        (Limit::Forever, Duration::from_millis(200))
    );
    assert_eq!(wait.cap.get(), Duration::from_secs(300));

    let mut saga = memory;
    saga.apply_all([0]);
    for _ in 0..4 {
        saga.act(1, transient).wait(1);
    }
    assert_eq!(saga.act(1, transient).end(), Some(End::Parked));
}

#[test]
fn used_up_the_fallback_takes_its_place() {
    let mut saga = memory([read().fallback(), step()]);
    saga.act(0, transient);
    assert_eq!(saga.next(), Command::call(0, CallKind::Fallback));
    saga.fall_back(0, fell_back);
    assert_eq!(saga.phase(0), Phase::FellBack);
    assert_eq!((saga.first_failed(), saga.has_failed(0)), (None, false));
    assert_eq!(saga.act(1, refused).end(), Some(End::Compensated));
}

#[test]
fn a_fallback_that_declines_turns_back() {
    let mut saga = memory([read().fallback()]);
    saga.act(0, transient).fall_back(0, declined);
    assert_eq!(
        (saga.end(), saga.first_failed()),
        (Some(End::Compensated), Some(0))
    );
}

#[test]
fn after_the_pivot_a_fallback_is_run_too() {
    let mut saga = memory([pivot(), last().fallback().retry(1)]);
    saga.apply_all([0])
        .act(1, transient)
        .fall_back(1, fell_back);
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn used_up_after_the_pivot_parks_at_once() {
    let mut saga = memory([step(), pivot(), last().retry(1), last()]);
    saga.apply_all([0, 1]).act(2, refused);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.standing().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(saga.unfinished().collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn parked_after_the_pivot_it_is_finished_when_resumed() {
    let mut saga = memory([pivot(), last().retry(1), last()]);
    saga.apply_all([0]).act(1, transient);
    assert!(saga.hear(Event::Resumed).is_attempting(1));
    assert_eq!(
        (saga.first_failed(), saga.attempt(1), saga.round(1)),
        (None, 0, 0)
    );
    assert_eq!(saga.apply_all([1, 2]).end(), Some(End::Completed));
}

#[test]
fn resumed_what_was_attempted_is_not_asked_again_whether_it_happens() {
    let mut saga = memory([pivot(), last().when().retry(1)]);
    saga.apply_all([0]).act(1, refused).hear(Event::Resumed);
    assert!(saga.is_attempting(1));
}

#[test]
fn an_unsettled_pivot_is_settled_when_resumed() {
    let mut saga = memory([step(), pivot().retry(1)]);
    saga.apply_all([0]).act(1, unknown).hear(Event::Resumed);
    assert!(saga.is_attempting(1));
    saga.act(1, refused);
    assert!(saga.is_compensating(0));
}

#[test]
fn what_is_settled_as_not_applied_after_a_resumption_is_tried_again() {
    let mut saga = memory([pivot().resolve_times(1).retry(1)]);
    saga.act(0, timed_out).resolve(0, unresolved);
    assert_eq!(saga.end(), Some(End::Parked));
    saga.hear(Event::Resumed).resolve(0, did_not_happen);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 0));
}

#[test]
fn an_unsettled_step_turns_back_and_keeps_what_it_stands_on() {
    let mut saga = memory([step(), step(), step().resolve_times(1).on(&[0])]);
    saga.apply_all([0, 1])
        .act(2, timed_out)
        .resolve(2, unresolved);
    saga.compensate(1, compensated)
        .hear(Event::Kept { step: 0 });
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.standing().collect::<Vec<_>>(), [0]);
    assert_eq!(saga.left().collect::<Vec<_>>(), [] as [(u16, Left); 0]);
}
