//! Signals and sleeps.

use super::build::*;
use crate::kernel::{Command, Direction, End, Event, Hearing, Phase};
use crate::values::call::CallKind;

#[test]
fn a_sleep_is_over_when_it_is_woken() {
    let mut saga = memory([sleep(), step()]);
    assert_eq!(saga.next(), Command::call(0, CallKind::When));
    saga.hear(Event::Awaiting { step: 0 });
    assert_eq!(saga.next(), Command::Sleep { step: 0 });
    assert_eq!(saga.phase(0), Phase::Sleeping);
    assert!(saga.apply(timed_out(0)).is_err(), "a sleep has no time-out");
    assert!(saga.hear(Event::Woken { step: 0 }).is_attempting(1));
    assert_eq!(saga.standing().count() + saga.left().count(), 0);
}

#[test]
fn what_is_on_record_before_the_time_out_counts() {
    let mut saga = memory([step(), signal(), step()]);
    saga.hear(Event::Signalled { step: 1 });
    assert_eq!(saga.hearing(1), Hearing::Duplicate);
    saga.apply_all([0]).hear(Event::Awaiting { step: 1 });
    assert_eq!(saga.next(), Command::Receive { step: 1 });
    assert!(saga.apply(timed_out(1)).is_err());
    assert!(saga.hear(Event::Received { step: 1 }).is_attempting(2));
    assert_eq!(saga.hearing(1), Hearing::Duplicate);
}

#[test]
fn its_time_out_goes_back_or_falls_back_and_is_not_tried_again() {
    let mut saga = memory([step(), signal().retry(3), step()]);
    saga.apply_all([0]).hear(Event::Awaiting { step: 1 });
    assert_eq!(
        (saga.next(), saga.phase(1)),
        (Command::Listen { step: 1 }, Phase::Listening)
    );
    assert!(saga.hear(timed_out(1)).is_compensating(0));

    let mut saga = memory([signal().fallback(), step()]);
    saga.hear(Event::Awaiting { step: 0 }).hear(timed_out(0));
    assert_eq!(saga.hearing(0), Hearing::TooLate);
    assert!(saga.fall_back(0, fell_back).is_attempting(1));
    assert_eq!(saga.hearing(0), Hearing::TooLate);
}

#[test]
fn before_a_turn_a_signal_is_kept_for_it() {
    let mut saga = memory([step().savepoint(1), signal(), step()]);
    saga.apply_all([0]).hear(Event::Awaiting { step: 1 });
    saga.hear(Event::Signalled { step: 1 })
        .hear(Event::Received { step: 1 });
    saga.act(2, refused);
    assert_eq!(
        (saga.direction(), saga.hearing(1)),
        (Direction::Compensating, Hearing::Accepted)
    );
    saga.hear(Event::Signalled { step: 1 });
    assert_eq!(saga.hearing(1), Hearing::Duplicate);
    saga.compensate(0, compensated)
        .hear(Event::Turned { step: 0 });
    saga.apply_all([0]).hear(Event::Awaiting { step: 1 });
    assert_eq!(saga.next(), Command::Receive { step: 1 });
}

#[test]
fn a_saga_that_goes_back_for_good_hears_none() {
    let mut saga = memory([step().savepoint(1), step(), signal()]);
    saga.apply_all([0]).hear(Event::CancelRequested);
    assert_eq!(saga.hearing(2), Hearing::TooLate, "a cancel forbids turns");
    assert_eq!(
        saga.compensate(0, compensated).end(),
        Some(End::Compensated)
    );
    assert_eq!(saga.hearing(2), Hearing::TooLate);
    let mut saga = memory([step().savepoint(1), step(), signal()]);
    saga.apply_all([0]).act(1, refused);
    assert_eq!(saga.hearing(2), Hearing::Accepted, "it may turn");
    saga.compensate(0, compensated)
        .hear(Event::TurnDeclined { step: 0 });
    assert_eq!(
        (saga.end(), saga.hearing(2)),
        (Some(End::Compensated), Hearing::TooLate)
    );
}

#[test]
fn what_forbids_turns_makes_it_too_late() {
    let forbidding: [&[Event]; 2] = [&[attempting(1), aborting(1)], &[Event::Recalled]];
    for events in forbidding {
        let mut saga = memory([step().savepoint(1), step(), signal()]);
        saga.apply_all([0]);
        for &event in events {
            saga.hear(event);
        }
        assert_eq!(saga.direction(), Direction::Compensating);
        assert_eq!(saga.hearing(2), Hearing::TooLate);
    }
}

#[test]
fn a_savepoint_in_a_block_that_was_not_taken_keeps_none() {
    let steps = [
        governed(0, [step().savepoint(1)]),
        vec![step(), step(), signal()],
    ];
    for (taken, hearing) in [(true, Hearing::Accepted), (false, Hearing::TooLate)] {
        let mut saga = memory(steps.concat());
        saga.hear(Event::Decided { block: 0, taken });
        if taken {
            saga.apply_all([0]);
        }
        saga.apply_all([1]).act(2, refused);
        assert_eq!(saga.direction(), Direction::Compensating);
        assert_eq!(saga.hearing(3), hearing);
        assert_eq!(saga.apply(Event::Signalled { step: 3 }).is_ok(), taken);
        saga.compensate(1, compensated);
        assert_eq!(saga.end().is_some(), !taken);
    }
}

#[test]
fn a_savepoint_that_its_own_when_skips_counts_as_one() {
    let mut saga = memory([step().savepoint(1).when(), step(), step(), signal()]);
    saga.hear(Event::Skipped { step: 0 })
        .apply_all([1])
        .act(2, refused);
    assert_eq!(saga.hearing(3), Hearing::Accepted);
    saga.compensate(1, compensated);
    assert_eq!(
        saga.next(),
        Command::Turn {
            step: 0,
            failure: 0
        }
    );
}

#[test]
fn it_is_kept_while_what_is_before_a_savepoint_is_committed_or_may_turn_out_so() {
    let before: [(&[Event], Hearing); 4] = [
        (&[applied(0)], Hearing::Accepted),
        (&[], Hearing::Accepted),
        (&[timed_out(0)], Hearing::Accepted),
        (&[refused(0)], Hearing::TooLate),
    ];
    for (reports, hearing) in before {
        let siblings = group(0, [step().resolve(), step().savepoint(1), step()]);
        let mut saga = memory([siblings, vec![signal()]].concat());
        saga.act(1, applied).hear(attempting(2)).hear(attempting(0));
        for &report in reports {
            saga.hear(report);
        }
        assert_eq!(saga.hear(refused(2)).hearing(3), hearing);
    }
}

#[test]
fn a_parked_saga_goes_the_way_it_went() {
    let mut saga = memory([pivot(), last().retry(1), signal()]);
    saga.apply_all([0]).act(1, refused);
    assert_eq!(
        (saga.end(), saga.hearing(2)),
        (Some(End::Parked), Hearing::Accepted)
    );
    saga.hear(Event::Signalled { step: 2 })
        .hear(Event::Resumed)
        .apply_all([1]);
    saga.hear(Event::Awaiting { step: 2 });
    assert_eq!(saga.next(), Command::Receive { step: 2 });

    let mut saga = memory([step().undo(1), signal()]);
    saga.apply_all([0])
        .hear(Event::Awaiting { step: 1 })
        .hear(timed_out(1));
    saga.compensate(0, still_applied);
    assert_eq!(
        (saga.end(), saga.hearing(1)),
        (Some(End::Parked), Hearing::TooLate)
    );
}

#[test]
fn a_sibling_that_fails_ends_the_wait() {
    let mut saga = memory(group(0, [signal(), step()]));
    saga.hear(Event::Awaiting { step: 0 }).act(1, refused);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert!(!saga.has_failed(0));
}

#[test]
fn a_lock_is_requested_once_and_held() {
    let mut saga = memory([lock(), step()]);
    saga.hear(Event::Awaiting { step: 0 });
    assert_eq!(
        (saga.next(), saga.phase(0)),
        (Command::Acquire { step: 0 }, Phase::Queued)
    );
    saga.hear(Event::Woken { step: 0 });
    assert_eq!(saga.phase(0), Phase::Applied);
    assert_eq!(saga.next(), Command::call(1, CallKind::Action));
    saga.hear(Event::CancelRequested);
    assert_eq!(
        saga.next(),
        Command::End(End::Compensated),
        "nothing is undone"
    );
}

#[test]
fn a_lock_that_is_not_free_in_time_turns_the_saga_back_once() {
    let mut saga = memory([step(), lock().retry(3), step()]);
    saga.hear(Event::Attempting { step: 0 });
    saga.hear(applied(0));
    saga.hear(Event::Awaiting { step: 1 });
    saga.hear(Event::TimedOut { step: 1 });
    assert_eq!(saga.phase(1), Phase::Failed);
    assert_eq!(saga.next(), Command::call(0, CallKind::Compensate));
}

#[test]
fn a_cancel_ends_the_wait_for_a_lock() {
    for request in [Event::CancelRequested, Event::DeadlinePassed] {
        let mut saga = memory([lock(), step()]);
        saga.hear(Event::Awaiting { step: 0 });
        saga.hear(request);
        assert_eq!(saga.next(), Command::End(End::Compensated));
        assert!(
            saga.apply(Event::Woken { step: 0 }).is_err(),
            "it is too late"
        );
    }
}
