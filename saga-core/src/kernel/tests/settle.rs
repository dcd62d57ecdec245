//! Table 2: settling doubt.

use crate::values::call::CallKind;
use std::time::Duration;

use super::build::*;
use crate::{
    definition::{Limit, Step},
    kernel::{Command, Direction, End, Event, Left, Phase},
};

fn all() -> Step {
    step()
        .resolve_times(2)
        .idempotent()
        .retry(2)
        .by_key()
        .undo(2)
}

#[test]
fn forward_the_order_is_resolve_repeat_compensate() {
    let mut saga = memory([all()]);
    saga.act(0, timed_out).resolve(0, unresolved);
    assert_eq!(saga.next(), backoff(0, CallKind::Resolve, 0));
    saga.wait(0).resolve(0, unresolved);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 0));
    saga.wait(0).act(0, timed_out);
    assert!(saga.is_compensating(0));
    assert_eq!(saga.direction(), Direction::Forward);
}

#[test]
fn back_the_order_is_compensate_resolve_repeat() {
    let mut saga = memory([all().retry(3)]);
    saga.act(0, timed_out).hear(Event::CancelRequested);
    saga.compensate(0, still_applied);
    assert_eq!(saga.next(), backoff(0, CallKind::Compensate, 0));
    saga.wait(0).compensate(0, still_applied);
    saga.resolve(0, unresolved).wait(0).resolve(0, unresolved);
    saga.wait(0).act(0, timed_out).wait(0).act(0, unknown);
    assert_eq!(saga.round(0), 0, "it is still the same operation");
    assert_eq!(saga.phase(0), Phase::Unsettled);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [0]);
}

#[test]
fn back_what_may_stay_passes() {
    let mut saga = memory([step(), lasting().resolve()]);
    saga.apply_all([0])
        .act(1, timed_out)
        .hear(Event::CancelRequested);
    assert!(saga.is_compensating(0));
    assert_eq!(saga.left().collect::<Vec<_>>(), [(1, Left::Perhaps)]);
}

#[test]
fn what_may_stay_is_settled_on_the_way_forward() {
    let mut saga = memory([lasting().resolve()]);
    saga.act(0, timed_out).resolve(0, happened);
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn what_may_stay_passes_once_nothing_settles_it() {
    let mut saga = memory([step(), lasting().resolve_times(1)]);
    saga.apply_all([0]).act(1, timed_out).resolve(1, unresolved);
    assert_eq!(saga.first_failed(), Some(1));
    saga.compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert_eq!(saga.left().collect::<Vec<_>>(), [(1, Left::Perhaps)]);
}

#[test]
fn resolve_says_that_it_happened() {
    let mut saga = memory([step().resolve(), step()]);
    saga.act(0, unknown).resolve(0, happened);
    assert_eq!(saga.phase(0), Phase::Applied);
    assert!(saga.is_attempting(1) && !saga.has_failed(0));
}

#[test]
fn resolve_says_that_it_did_not_happen() {
    let mut saga = memory([step().resolve().retry(2)]);
    saga.act(0, unknown).resolve(0, did_not_happen);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 0));
    saga.wait(0).act(0, applied);
    assert_eq!((saga.attempt(0), saga.round(0)), (2, 0));
}

#[test]
fn resolve_is_asked_five_times_by_default() {
    let mut saga = memory([step().resolve()]);
    saga.act(0, unknown);
    for failure in 0..4 {
        saga.resolve(0, unresolved);
        assert_eq!(saga.next(), backoff(0, CallKind::Resolve, failure));
        saga.wait(0);
    }
    assert_eq!(saga.resolve(0, unresolved).end(), Some(End::Parked));
}

#[test]
fn resolve_alone_on_a_durable_journal_is_asked_forever() {
    let saga = durable([
        step().resolve(),
        step().resolve().by_key(),
        lasting().resolve(),
    ]);
    let (limit, wait) = saga.policy(0, CallKind::Resolve);
    assert_eq!(
        (limit, wait.cap.get()),
        (Limit::Forever, Duration::from_secs(300))
    );
    for other_way in [1, 2] {
        let (limit, wait) = saga.policy(other_way, CallKind::Resolve);
        assert_eq!(
            (limit, wait.cap.get()),
            (Limit::Times(5), Duration::from_secs(2))
        );
        assert_eq!(wait.base.get(), Duration::from_millis(50));
    }
}

#[test]
fn resolve_waits_until_nothing_can_arrive_any_more() {
    let mut saga = memory([step().resolve().late()]);
    saga.act(0, unknown);
    assert_eq!(saga.next(), await_late(0, CallKind::Resolve));
    saga.hear(Event::CancelRequested);
    assert_eq!(saga.next(), await_late(0, CallKind::Resolve));
    saga.hear(Event::LatePassed { step: 0 });
    assert_eq!(saga.next(), Command::call(0, CallKind::Resolve));
}

#[test]
fn a_new_doubt_waits_anew() {
    let mut saga = memory([step().resolve().late().retry(2)]);
    saga.act(0, unknown).hear(Event::LatePassed { step: 0 });
    saga.resolve(0, did_not_happen).wait(0).act(0, unknown);
    assert_eq!(saga.next(), await_late(0, CallKind::Resolve));
}

#[test]
fn repeating_and_compensating_do_not_wait_for_late_arrivals() {
    let mut saga = memory([step().idempotent().late()]);
    assert_eq!(saga.act(0, unknown).next(), backoff(0, CallKind::Action, 0));
    let mut saga = memory([step().by_key().late()]);
    assert!(saga.act(0, unknown).is_compensating(0));
}

#[test]
fn repetitions_are_counted_by_retry_and_keep_the_round() {
    let mut saga = memory([step().idempotent().retry(3)]);
    saga.act(0, transient).wait(0).act(0, unknown);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 1));
    saga.wait(0).act(0, unknown);
    assert_eq!((saga.attempt(0), saga.round(0)), (3, 0));
    assert_eq!(saga.phase(0), Phase::Unsettled);
}

#[test]
fn without_retry_five_attempts_settle_doubt() {
    let mut saga = memory([step().idempotent()]);
    saga.act(0, unknown);
    for _ in 1..5 {
        saga.wait(0).act(0, unknown);
    }
    assert_eq!(saga.phase(0), Phase::Unsettled);
    let (limit, wait) = saga.policy(0, CallKind::Action);
    assert_eq!(
        (limit, wait.base.get()),
        (Limit::Times(5), Duration::from_millis(50))
    );
    assert_eq!(wait.cap.get(), Duration::from_secs(2));
}

#[test]
fn a_compensation_by_key_settles_as_not_applied() {
    let mut saga = memory([step().by_key().retry(2)]);
    saga.act(0, timed_out).compensate(0, compensated).wait(0);
    assert_eq!(saga.round(0), 0);
    saga.act(0, applied);
    assert_eq!((saga.attempt(0), saga.round(0)), (2, 1));
}

#[test]
fn a_compensation_by_key_that_is_used_up_leaves_it_unsettled() {
    let mut saga = memory([step(), step().by_key().undo(1)]);
    saga.apply_all([0])
        .act(1, timed_out)
        .compensate(1, still_applied);
    assert_eq!(saga.phase(1), Phase::Unsettled);
    saga.compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [1]);
}

#[test]
fn what_turns_out_applied_on_the_way_back_is_undone() {
    let mut saga = memory([step().resolve()]);
    saga.act(0, timed_out).hear(Event::CancelRequested);
    saga.resolve(0, happened);
    assert!(saga.is_compensating(0));
    assert_eq!(
        saga.compensate(0, compensated).end(),
        Some(End::Compensated)
    );
}

#[test]
fn what_turns_out_not_applied_on_the_way_back_is_passed() {
    let mut saga = memory([step().resolve().retry(9)]);
    saga.act(0, timed_out).hear(Event::CancelRequested);
    assert_eq!(
        saga.resolve(0, did_not_happen).end(),
        Some(End::Compensated)
    );
    assert!(saga.has_failed(0));
}

#[test]
fn the_way_is_chosen_anew_when_the_direction_turns() {
    let mut saga = memory([all()]);
    saga.act(0, timed_out).resolve(0, unresolved);
    assert_eq!(saga.next(), backoff(0, CallKind::Resolve, 0));
    assert!(saga.hear(Event::CancelRequested).is_compensating(0));
}

#[test]
fn the_pivot_is_settled_by_resolve_then_repetition() {
    let mut saga = memory([pivot().resolve_times(1)]);
    saga.act(0, unknown).hear(Event::CancelRequested);
    saga.resolve(0, unresolved);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 0));
    assert_eq!(saga.wait(0).act(0, applied).end(), Some(End::Completed));
}

#[test]
fn an_unsettled_pivot_parks_and_nothing_is_undone() {
    let mut saga = memory([step(), pivot().retry(1)]);
    saga.apply_all([0]).act(1, unknown);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.direction(), Direction::Forward);
    assert_eq!(saga.standing().collect::<Vec<_>>(), [0]);
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [1]);
}

#[test]
fn an_unsettled_step_after_the_pivot_parks() {
    let mut saga = memory([pivot(), last().retry(1), last()]);
    saga.apply_all([0]).act(1, unknown);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [1]);
    assert_eq!(saga.unfinished().collect::<Vec<_>>(), [2]);
}
