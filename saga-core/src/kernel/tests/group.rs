//! `concurrent` blocks.

use super::build::*;
use crate::kernel::{Command, Direction, End, Event, Lane, Phase};
use crate::values::call::CallKind;

const fn attempt(step: u16) -> Lane {
    run(Command::call(step, CallKind::Action))
}

#[test]
fn siblings_start_at_once_or_when_those_that_they_read_have_committed() {
    let mut saga = memory(group(0, [step(), step(), step().awaits(&[0])]));
    assert_eq!(saga.next(), Command::Group { first: 0, len: 3 });
    assert_eq!((saga.lane(0), saga.lane(1)), (attempt(0), attempt(1)));
    assert_eq!(saga.lane(2), Lane::Blocked);
    saga.act(0, applied);
    assert_eq!((saga.lane(0), saga.lane(2)), (Lane::Ended, attempt(2)));
    saga.act(2, applied).act(1, applied);
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn a_sibling_that_was_skipped_or_fell_back_has_committed() {
    let siblings = [step().when(), read().fallback(), step().awaits(&[0, 1])];
    let mut saga = memory(group(0, siblings));
    saga.hear(Event::Skipped { step: 0 }).act(1, refused);
    assert_eq!(saga.lane(2), Lane::Blocked);
    saga.fall_back(1, fell_back);
    assert_eq!(saga.lane(2), attempt(2));
}

#[test]
fn the_block_ends_when_all_have_ended() {
    let mut saga = memory([group(0, [step(), step()]), vec![step()]].concat());
    saga.act(1, applied);
    assert_eq!(saga.next(), Command::Group { first: 0, len: 2 });
    assert!(saga.act(0, applied).is_attempting(2));
    assert_eq!(saga.lane(0), Lane::Ended);
}

#[test]
fn from_the_first_failure_no_attempt_starts() {
    let mut saga = memory(group(0, [step(), step(), step().awaits(&[1])]));
    saga.act(1, applied).act(0, refused);
    assert_eq!(saga.lane(2), Lane::Ended);
    assert!(saga.is_compensating(1));
    assert_eq!(
        saga.compensate(1, compensated).end(),
        Some(End::Compensated)
    );
}

#[test]
fn from_the_first_failure_backoffs_end_at_once() {
    let mut saga = memory(group(0, [step().retry(5), step()]));
    saga.act(0, transient);
    assert_eq!(saga.lane(0), run(backoff(0, CallKind::Action, 0)));
    saga.act(1, refused);
    assert_eq!(saga.lane(0), Lane::Ended);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.first_failed(), Some(1));
    assert!(saga.has_failed(0), "it was cut short");
}

#[test]
fn from_the_first_failure_no_fallback_runs() {
    let mut saga = memory(group(0, [read().fallback(), step()]));
    saga.act(0, transient);
    assert_eq!(saga.lane(0), run(Command::call(0, CallKind::Fallback)));
    assert_eq!(saga.act(1, refused).end(), Some(End::Compensated));
    let mut saga = memory(group(0, [read().fallback(), step()]));
    assert_eq!(saga.act(1, refused).lane(0), Lane::Ended);
}

#[test]
fn a_fallback_that_runs_at_the_first_failure_is_awaited() {
    let mut saga = memory(group(0, [read().fallback(), step()]));
    saga.act(0, transient).hear(Event::FallingBack { step: 0 });
    saga.act(1, refused);
    assert_eq!(saga.lane(0), Lane::Blocked);
    assert_eq!(saga.next(), Command::Group { first: 0, len: 2 });
    saga.hear(fell_back(0));
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn what_runs_at_the_first_failure_is_awaited_and_not_tried_again() {
    let mut saga = memory(group(0, [step().retry(5), step()]));
    saga.hear(Event::Attempting { step: 0 }).act(1, refused);
    assert_eq!((saga.lane(0), saga.lane(1)), (Lane::Blocked, Lane::Ended));
    saga.hear(transient(0));
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.first_failed(), Some(1));
}

#[test]
fn a_sibling_in_doubt_is_settled_in_its_lane() {
    let mut saga = memory(group(0, [step().resolve().by_key(), step()]));
    saga.act(0, timed_out);
    assert_eq!(saga.lane(0), run(Command::call(0, CallKind::Resolve)));
    saga.act(1, refused);
    // The way to settle doubt depends on the direction.
    assert_eq!(saga.lane(0), run(Command::call(0, CallKind::Compensate)));
    saga.compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.phase(0), Phase::Failed);
}

#[test]
fn an_attempt_may_start_to_settle_after_the_first_failure() {
    let mut saga = memory(group(0, [step().idempotent(), step()]));
    saga.act(0, timed_out).act(1, refused);
    assert_eq!(saga.lane(0), attempt(0));
    saga.act(0, applied);
    assert!(saga.is_compensating(0));
}

#[test]
fn an_unsettled_sibling_turns_the_others_back() {
    let siblings = [step().resolve_times(1), step().retry(5)];
    let mut saga = memory(group(0, siblings));
    saga.act(1, transient)
        .act(0, timed_out)
        .resolve(0, unresolved);
    assert_eq!(saga.direction(), Direction::Compensating);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(
        (saga.phase(0), saga.phase(1)),
        (Phase::Unsettled, Phase::Failed)
    );
}

#[test]
fn the_failure_reported_is_the_one_that_was_used_up_first() {
    let mut saga = memory(group(0, [step(), step(), step()]));
    for step in 0..3 {
        saga.hear(Event::Attempting { step });
    }
    saga.hear(refused(2)).hear(transient(0)).hear(applied(1));
    assert_eq!(saga.first_failed(), Some(2));
    let failed: Vec<_> = (0..3).filter(|&step| saga.has_failed(step)).collect();
    assert_eq!(failed, [0, 2]);
}

#[test]
fn an_abort_counts_whoever_of_the_group_reports_it() {
    let mut saga = memory(group(0, [step().savepoint(3), step()]));
    saga.hear(Event::Attempting { step: 1 }).act(0, refused);
    saga.hear(aborting(1));
    assert!(saga.aborted());
    assert_eq!(saga.first_failed(), Some(0));
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn a_cancel_ends_the_group_when_what_runs_has_ended() {
    let mut saga = memory(group(0, [step(), step()]));
    saga.hear(Event::Attempting { step: 0 })
        .hear(Event::CancelRequested);
    assert_eq!((saga.lane(0), saga.lane(1)), (Lane::Blocked, Lane::Ended));
    assert!(saga.hear(applied(0)).is_compensating(0));
}

#[test]
fn siblings_are_undone_one_after_the_other_in_reverse_order() {
    let mut saga = memory([group(0, [step(), step()]), vec![step()]].concat());
    saga.act(1, applied).act(0, applied).act(2, refused);
    assert!(saga.is_compensating(1));
    assert!(saga.compensate(1, compensated).is_compensating(0));
}

#[test]
fn after_the_pivot_a_failing_sibling_stops_nobody() {
    let group = group(
        1,
        [
            last().retry(1),
            last().retry(2),
            last().awaits(&[1]),
            last().awaits(&[3]),
        ],
    );
    let mut saga = memory([vec![pivot()], group, vec![last()]].concat());
    saga.apply_all([0]).act(2, transient).act(1, refused);
    assert_eq!(saga.lane(2), run(backoff(2, CallKind::Action, 0)));
    assert_eq!((saga.lane(3), saga.lane(4)), (Lane::Ended, Lane::Ended));
    assert_eq!(saga.wait(2).act(2, applied).end(), Some(End::Parked));
    assert_eq!(saga.unfinished().collect::<Vec<_>>(), [1, 3, 4, 5]);
    saga.hear(Event::Resumed);
    assert_eq!((saga.lane(1), saga.lane(3)), (attempt(1), Lane::Blocked));
    assert_eq!(saga.apply_all([1, 3, 4, 5]).end(), Some(End::Completed));
}

#[test]
fn a_sibling_that_keeps_crashing_parks_when_the_others_have_ended() {
    let mut saga = durable(group(0, [step().resolve(), step()]));
    for time in 0..10 {
        if time > 1 {
            saga.wait(0);
        }
        saga.act(0, lost).resolve(0, did_not_happen);
    }
    assert_eq!(saga.lane(1), attempt(1));
    assert_eq!(saga.act(1, applied).end(), Some(End::Parked));
    assert!(saga.hear(Event::Resumed).lane(0) == attempt(0));
}

#[test]
fn a_sibling_that_crashed_in_doubt_is_settled_for_the_way_back() {
    for (shape, expected) in [
        (step().idempotent(), Phase::Unsettled),
        (lasting().idempotent(), Phase::InDoubt),
    ] {
        let mut saga = durable(group(0, [shape, step()]));
        saga.lose(0, attempting, 10);
        assert_eq!(saga.lane(0), Lane::Ended);
        assert_eq!(saga.act(1, refused).phase(0), expected);
    }
}

#[test]
fn a_lane_outside_the_group_at_hand_has_ended() {
    let saga = memory([group(0, [step(), step()]), vec![step()]].concat());
    assert_eq!((saga.lane(2), saga.lane(9)), (Lane::Ended, Lane::Ended));
}
