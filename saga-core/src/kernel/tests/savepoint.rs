//! Going forward again from a savepoint.

use super::build::*;
use crate::kernel::{Command, Direction, End, Event, Hearing, Left, Phase};
use crate::values::call::CallKind;

const fn turn(step: u16, failure: u32) -> Command {
    Command::Turn { step, failure }
}

#[test]
fn a_savepoint_turns_forward_again_once_it_is_undone() {
    let mut saga = memory([step(), step().savepoint(2), step()]);
    saga.apply_all([0, 1]).act(2, refused);
    assert!(saga.is_compensating(1));
    saga.compensate(1, compensated);
    assert_eq!(saga.next(), turn(1, 0));
    saga.hear(Event::Turned { step: 1 });
    assert_eq!((saga.direction(), saga.turns()), (Direction::Forward, 1));
    assert_eq!((saga.first_failed(), saga.has_failed(2)), (None, false));
    assert_eq!(saga.apply_all([1, 2]).end(), Some(End::Completed));
}

#[test]
fn after_a_turn_steps_that_were_started_are_other_operations() {
    let mut saga = memory([step(), step().savepoint(2), read(), step(), step()]);
    saga.apply_all([0, 1, 2])
        .act(3, refused)
        .compensate(1, compensated);
    saga.hear(Event::Turned { step: 1 }).apply_all([1, 2, 3, 4]);
    let rounds: Vec<_> = (0..5).map(|step| saga.round(step)).collect();
    assert_eq!(rounds, [0, 1, 1, 1, 0]);
}

#[test]
fn budgets_count_from_the_last_turn() {
    let mut saga = memory([read().savepoint(1), step().retry(2)]);
    saga.apply_all([0])
        .act(1, transient)
        .wait(1)
        .act(1, transient);
    saga.hear(Event::Turned { step: 0 }).apply_all([0]);
    assert_eq!(saga.attempt(1), 0);
    saga.act(1, transient).wait(1);
    assert!(saga.is_attempting(1));
}

#[test]
fn a_savepoint_turns_as_often_as_it_says() {
    let mut saga = memory([step().savepoint(2)]);
    for failure in 0..2 {
        saga.act(0, refused);
        assert_eq!(saga.next(), turn(0, failure));
        saga.hear(Event::Turned { step: 0 });
    }
    assert_eq!(saga.act(0, refused).end(), Some(End::Compensated));
}

#[test]
fn nested_savepoints_share_one_counter() {
    let mut saga = memory([step().savepoint(2), step().savepoint(1)]);
    saga.apply_all([0])
        .act(1, refused)
        .hear(Event::Turned { step: 1 });
    saga.act(1, refused).compensate(0, compensated);
    assert_eq!(saga.next(), turn(0, 1));
    saga.hear(Event::Turned { step: 0 }).apply_all([0]);
    saga.act(1, refused).compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn a_savepoint_that_declines_is_not_asked_again_in_this_pass() {
    let mut saga = memory([step().savepoint(5), step().savepoint(5)]);
    saga.apply_all([0]).act(1, refused);
    saga.hear(Event::TurnDeclined { step: 1 });
    assert!(saga.is_compensating(0));
    saga.compensate(0, compensated)
        .hear(Event::Turned { step: 0 });
    assert_eq!(saga.apply_all([0]).act(1, refused).next(), turn(1, 1));
}

#[test]
fn a_savepoint_may_stand_on_a_read() {
    let mut saga = memory([read().savepoint(1), step()]);
    saga.apply_all([0]).act(1, refused);
    assert_eq!(saga.next(), turn(0, 0));
    assert!(saga.hear(Event::Turned { step: 0 }).is_attempting(0));
}

/// Each savepoint, for each step that fails first.
#[test]
fn a_savepoint_is_for_the_failures_that_it_names() {
    const NAMED: [&[u16]; 4] = [&[], &[0], &[1], &[1, 2]];
    for on in NAMED {
        for failed in 0..3 {
            let mut saga = memory([step().savepoint(5).for_failures_of(on), step(), step()]);
            saga.apply_all(0..failed).act(failed, refused);
            for undone in (0..failed).rev() {
                saga.compensate(undone, compensated);
            }
            let turns = saga.next() == turn(0, 0);
            assert_eq!(turns, on.contains(&failed), "{failed} fails: {on:?}");
            assert_eq!(saga.end().is_none(), turns);
        }
    }
}

#[test]
fn the_failure_that_is_reported_counts_and_an_outer_savepoint_has_its_own_names() {
    let of = |outer: &'static [u16], inner: &'static [u16]| {
        let first = step().savepoint(5).for_failures_of(outer);
        let block = group(1, [step().savepoint(5).for_failures_of(inner), step()]);
        let mut saga = memory([vec![first], block].concat());
        saga.apply_all([0]);
        for step in [1, 2] {
            saga.hear(Event::Attempting { step });
        }
        saga.hear(refused(2)).hear(refused(1));
        if saga.next() != turn(1, 0) {
            saga.compensate(0, compensated);
        }
        saga.next()
    };
    assert_eq!(of(&[2], &[2]), turn(1, 0));
    assert_eq!(of(&[2], &[1]), turn(0, 0));
    assert_eq!(of(&[1], &[1]), Command::End(End::Compensated));
}

/// A signal is kept for a rerun, and the parent of a child rolls back only once its child has, if the
/// failure leaves a rerun.
#[test]
fn after_another_failure_no_rerun_is_waited_for() {
    const NAMED: [(&[u16], bool); 2] = [(&[1], false), (&[2], true)];
    for (on, may_turn) in NAMED {
        let first = step().savepoint(5).for_failures_of(on);
        let mut saga = memory([first, signal(), step()]);
        saga.apply_all([0]).hear(Event::Awaiting { step: 1 });
        saga.hear(Event::Signalled { step: 1 });
        saga.hear(Event::Received { step: 1 }).act(2, refused);
        assert_eq!(saga.hearing(1) == Hearing::Accepted, may_turn);
        assert_eq!(saga.has_failed_for_good(), !may_turn);
    }
}

#[test]
fn no_turn_with_an_abort_cancel_or_deadline_on_record() {
    for event in [Event::CancelRequested, Event::DeadlinePassed] {
        let mut saga = memory([step().savepoint(5), step()]);
        saga.apply_all([0])
            .act(1, refused)
            .compensate(0, compensated);
        assert_eq!(saga.next(), turn(0, 0));
        assert_eq!(saga.hear(event).end(), Some(End::Compensated));
    }
    let mut saga = memory([step().savepoint(5)]);
    assert_eq!(saga.act(0, aborting).end(), Some(End::Compensated));
}

#[test]
fn no_turn_where_something_from_it_on_stands() {
    let mut saga = memory([read().savepoint(5), step().undo(1), step()]);
    saga.apply_all([0, 1])
        .act(2, refused)
        .compensate(1, still_applied);
    assert_eq!(saga.end(), Some(End::Parked));
}

#[test]
fn no_turn_where_something_from_it_on_is_in_doubt() {
    let mut saga = memory([read().savepoint(5), step().by_key().undo(1)]);
    saga.apply_all([0])
        .act(1, timed_out)
        .compensate(1, still_applied);
    assert_eq!(saga.end(), Some(End::Parked));
}

#[test]
fn no_turn_in_a_group_where_an_earlier_sibling_is_not_applied() {
    let mut saga = memory(group(0, [step(), step().savepoint(5)]));
    saga.act(1, applied)
        .act(0, refused)
        .compensate(1, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn a_turn_in_a_group_keeps_the_earlier_siblings() {
    use crate::kernel::Lane;
    let mut saga = memory(group(0, [step(), step().savepoint(5), step()]));
    saga.apply_all([0, 1])
        .act(2, refused)
        .compensate(1, compensated);
    assert_eq!(saga.next(), turn(1, 0));
    saga.hear(Event::Turned { step: 1 });
    assert_eq!(saga.next(), Command::Group { first: 0, len: 3 });
    assert_eq!(saga.lane(0), Lane::Ended);
    assert_eq!(saga.lane(2), run(Command::call(2, CallKind::Action)));
    assert_eq!(saga.apply_all([2, 1]).end(), Some(End::Completed));
}

#[test]
fn what_is_left_is_still_listed_if_it_is_not_reached_again() {
    let mut saga = memory([read().savepoint(1), again(), step()]);
    saga.apply_all([0, 1])
        .act(2, refused)
        .hear(Event::Turned { step: 0 });
    assert_eq!(saga.phase(1), Phase::Pending);
    assert_eq!(saga.act(0, refused).end(), Some(End::Compensated));
    assert_eq!(saga.left().collect::<Vec<_>>(), [(1, Left::Certain)]);
}

#[test]
fn when_is_decided_again_after_a_turn() {
    let mut saga = memory([read().savepoint(1), again().resolve_times(1).when()]);
    saga.apply_all([0]).act(1, timed_out).resolve(1, unresolved);
    saga.hear(Event::Turned { step: 0 }).apply_all([0]);
    assert_eq!(saga.next(), Command::call(1, CallKind::When));
    assert_eq!(
        saga.hear(Event::Skipped { step: 1 }).end(),
        Some(End::Completed)
    );
    assert_eq!(saga.left().collect::<Vec<_>>(), [(1, Left::Perhaps)]);
    assert_eq!(saga.in_doubt().count(), 0);
}
