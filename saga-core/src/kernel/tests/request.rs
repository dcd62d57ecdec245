//! Cancelling and deadlines.

use super::build::*;
use crate::kernel::{Cancellation, Direction, End, Event, Phase, Settlement};
use crate::values::call::CallKind;

#[test]
fn before_anything_started_nothing_is_done() {
    let mut saga = memory([step().when()]);
    saga.hear(Event::CancelRequested);
    assert_eq!(saga.cancellation(), Cancellation::Accepted);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.first_failed(), None);
}

#[test]
fn a_request_lets_a_running_attempt_end() {
    for (event, twin) in [
        (Event::CancelRequested, Event::DeadlinePassed),
        (Event::DeadlinePassed, Event::CancelRequested),
    ] {
        let mut saga = memory([step(), step()]);
        saga.apply_all([0])
            .hear(Event::Attempting { step: 1 })
            .hear(event);
        assert_eq!(saga.direction(), Direction::Compensating);
        saga.hear(applied(1)).hear(twin).compensate(1, compensated);
        assert_eq!(
            saga.compensate(0, compensated).end(),
            Some(End::Compensated)
        );
        assert_eq!(saga.cancellation(), Cancellation::Accepted);
        assert_eq!(saga.deadline(), Cancellation::Accepted);
    }
}

#[test]
fn a_request_ends_the_wait_for_the_next_attempt() {
    let mut saga = memory([step().retry(5)]);
    saga.act(0, transient);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 0));
    assert_eq!(
        saga.hear(Event::DeadlinePassed).end(),
        Some(End::Compensated)
    );
    assert_eq!(saga.phase(0), Phase::Failed);
    assert!(saga.apply(Event::Waited { step: 0 }).is_err());
}

#[test]
fn a_request_while_in_doubt_settles_first() {
    let mut saga = memory([step(), step().resolve()]);
    saga.apply_all([0]).act(1, timed_out);
    saga.hear(Event::Resolving { step: 1 })
        .hear(Event::CancelRequested);
    saga.hear(unresolved(1));
    assert_eq!(saga.next(), backoff(1, CallKind::Resolve, 0));
    saga.wait(1).resolve(1, did_not_happen);
    assert!(saga.is_compensating(0));
}

#[test]
fn a_request_ends_no_fallback_that_runs() {
    let mut saga = memory([read().fallback()]);
    saga.act(0, transient).hear(Event::FallingBack { step: 0 });
    saga.hear(Event::CancelRequested).hear(declined(0));
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.first_failed(), None, "the cancel is the reason");
}

#[test]
fn at_the_pivot_before_its_attempt_and_between_attempts_it_is_accepted() {
    let mut saga = memory([step(), pivot()]);
    saga.apply_all([0]).hear(Event::CancelRequested);
    assert!(saga.is_compensating(0));
    let mut saga = memory([step(), pivot().retry(5)]);
    saga.apply_all([0])
        .act(1, transient)
        .hear(Event::CancelRequested);
    assert_eq!(saga.cancellation(), Cancellation::Accepted);
    assert!(saga.is_compensating(0));
}

#[test]
fn while_the_pivot_is_in_doubt_it_waits_for_the_answer() {
    let mut saga = memory([step(), pivot().resolve()]);
    saga.apply_all([0])
        .act(1, unknown)
        .hear(Event::CancelRequested);
    assert_eq!(saga.cancellation(), Cancellation::Pending);
    saga.resolve(1, unresolved);
    assert_eq!(saga.next(), backoff(1, CallKind::Resolve, 0));
    saga.wait(1).resolve(1, did_not_happen);
    assert_eq!(saga.cancellation(), Cancellation::Accepted);
    assert!(saga.is_compensating(0));

    let mut saga = memory([pivot().resolve(), last()]);
    saga.act(0, unknown)
        .hear(Event::CancelRequested)
        .resolve(0, happened);
    assert_eq!(saga.cancellation(), Cancellation::TooLate);
    assert!(saga.is_attempting(1));
}

#[test]
fn the_repetition_of_a_pivot_in_doubt_is_not_cut_short() {
    let mut saga = memory([pivot()]);
    saga.act(0, unknown).hear(Event::DeadlinePassed);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 0));
    saga.wait(0).act(0, refused);
    assert_eq!(saga.deadline(), Cancellation::Accepted);
    assert_eq!(saga.end(), Some(End::Compensated));
}

/// Its caller has heard that it is too late.
#[test]
fn a_cancel_ends_when_the_saga_parks_with_its_pivot_unsettled() {
    let settled = Event::Settled {
        step: 0,
        settlement: Settlement::NotApplied,
    };
    // The request came while the pivot ran, or once the saga had parked.
    for (first, after) in [None, Some(settled)]
        .into_iter()
        .flat_map(|first| [false, true].map(|after| (first, after)))
    {
        let mut saga = memory([pivot().retry(1)]);
        saga.hear(Event::Attempting { step: 0 });
        if !after {
            saga.hear(Event::CancelRequested);
        }
        saga.hear(unknown(0));
        assert_eq!(saga.end(), Some(End::Parked));
        if after {
            saga.hear(Event::CancelRequested);
        }
        if let Some(first) = first {
            saga.hear(first);
        }
        saga.hear(Event::Resumed);
        assert_eq!(saga.cancellation(), Cancellation::None);
        assert_eq!(saga.direction(), Direction::Forward, "{first:?}");
        // Another one counts.
        saga.hear(Event::CancelRequested);
        let answer = match first {
            None => Cancellation::Pending,
            Some(_) => Cancellation::Accepted,
        };
        assert_eq!(saga.cancellation(), answer, "{first:?}");
    }
}

#[test]
fn a_deadline_remains_pending_in_a_saga_that_parks() {
    let mut saga = memory([pivot().retry(1)]);
    saga.hear(Event::Attempting { step: 0 })
        .hear(Event::DeadlinePassed);
    saga.hear(unknown(0));
    assert_eq!(saga.end(), Some(End::Parked));
    saga.hear(Event::Resumed).act(0, refused);
    assert_eq!(saga.deadline(), Cancellation::Accepted);
}

#[test]
fn a_pivot_that_cannot_be_recorded_has_passed() {
    let mut saga = durable([pivot()]);
    saga.hear(Event::Attempting { step: 0 })
        .hear(Event::CancelRequested);
    saga.hear(unrecordable(0));
    assert_eq!(saga.cancellation(), Cancellation::TooLate);
    assert_eq!(saga.end(), Some(End::Parked));
}

#[test]
fn after_the_pivot_it_is_too_late() {
    let mut saga = memory([pivot(), last()]);
    saga.apply_all([0])
        .hear(Event::CancelRequested)
        .hear(Event::DeadlinePassed);
    assert_eq!(saga.cancellation(), Cancellation::TooLate);
    assert_eq!(saga.deadline(), Cancellation::TooLate);
    assert!(saga.is_attempting(1));
}

#[test]
fn once_ended_it_is_too_late() {
    let mut completed = memory([step()]);
    completed.apply_all([0]).hear(Event::CancelRequested);
    assert_eq!(completed.cancellation(), Cancellation::TooLate);
    assert_eq!(completed.end(), Some(End::Completed));
    let mut compensated = memory([step()]);
    compensated.act(0, refused).hear(Event::CancelRequested);
    assert_eq!(compensated.cancellation(), Cancellation::TooLate);
}

#[test]
fn on_the_way_back_it_is_accepted() {
    let mut saga = memory([step(), step()]);
    saga.apply_all([0])
        .act(1, refused)
        .hear(Event::CancelRequested);
    assert_eq!(saga.cancellation(), Cancellation::Accepted);
    assert!(saga.is_compensating(0));
    assert_eq!(saga.first_failed(), Some(1));
}

#[test]
fn a_request_that_was_accepted_stays_so() {
    let mut saga = memory([step()]);
    saga.hear(Event::CancelRequested)
        .hear(Event::CancelRequested);
    assert_eq!(saga.cancellation(), Cancellation::Accepted);
}
