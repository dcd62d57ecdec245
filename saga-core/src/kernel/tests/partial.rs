//! `Verdict::Partial`: part of the operation happened, and the attempt will not finish it.

use super::build::*;
use crate::kernel::{Command, End, Event, Left, Phase, Settlement};
use crate::values::call::CallKind;

#[test]
fn only_ok_or_a_compensation_by_key_clears_its_doubt() {
    let mut saga = memory([step().idempotent().retry(4).by_key().undo(2)]);
    saga.act(0, partial);
    for report in [refused, transient, unknown] {
        assert!(saga.is_partial(0));
        assert_eq!(saga.phase(0), Phase::Waiting(CallKind::Action));
        saga.wait(0).act(0, report);
    }
    let mut finished = saga.clone();
    assert!(saga.is_compensating(0), "its attempts are used up");
    saga.compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert!(!saga.is_in_doubt(0) && saga.left().count() == 0);

    finished.hear(Event::CancelRequested);
    finished.compensate(0, still_applied).wait(0);
    finished.compensate(0, still_applied);
    assert_eq!(finished.in_doubt().collect::<Vec<_>>(), [0]);
    finished
        .hear(Event::Resumed)
        .hear(Event::Compensating { step: 0 });
    finished.hear(Event::Compensated { step: 0 });
    assert_eq!(finished.end(), Some(End::Compensated));

    let mut applied_after_all = memory([step().idempotent()]);
    applied_after_all.act(0, partial).wait(0).act(0, applied);
    assert!(!applied_after_all.is_in_doubt(0));
    assert_eq!(applied_after_all.end(), Some(End::Completed));
}

#[test]
fn forward_it_is_repeated_then_compensated_and_back_the_reverse() {
    let all = || step().resolve().idempotent().retry(2).by_key().undo(1);
    let mut saga = memory([all()]);
    saga.act(0, partial);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 0));
    saga.wait(0).act(0, transient);
    assert_eq!(saga.next(), Command::call(0, CallKind::Compensate));

    let mut back = memory([all()]);
    back.act(0, partial).hear(Event::CancelRequested);
    assert_eq!(back.next(), Command::call(0, CallKind::Compensate));
    back.compensate(0, still_applied);
    assert_eq!(back.next(), backoff(0, CallKind::Action, 0));
    back.wait(0).act(0, refused);
    assert_eq!(back.end(), Some(End::Parked));
    assert_eq!(back.in_doubt().collect::<Vec<_>>(), [0]);
}

/// `resolve` has no answer for an operation that happened in part.
#[test]
fn resolve_is_not_asked_even_after_a_later_unknown() {
    let mut saga = memory([step().resolve().idempotent().retry(3)]);
    saga.act(0, partial).wait(0).act(0, unknown);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 1));
    saga.wait(0).act(0, timed_out);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [0]);
}

#[test]
fn with_neither_way_it_is_unsettled_at_once() {
    let mut saga = memory([step(), step(), step().resolve().on(&[0])]);
    saga.apply_all([0, 1]).act(2, partial);
    assert_eq!(saga.phase(2), Phase::Unsettled);
    saga.compensate(1, compensated);
    assert_eq!(saga.next(), Command::Keep { step: 0 });
    saga.hear(Event::Kept { step: 0 });
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [2]);
    // Only an operator can finish or undo it.
    saga.hear(Event::Resumed).hear(Event::Kept { step: 0 });
    assert_eq!(saga.end(), Some(End::Parked));
    let ways: Vec<_> = saga.settleable(2).collect();
    assert_eq!(ways, [Settlement::Applied, Settlement::Undone]);
    let settlement = Settlement::Undone;
    saga.hear(Event::Settled {
        step: 2,
        settlement,
    });
    saga.hear(Event::Resumed).compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn the_pivot_that_happened_in_part_parks_where_it_is() {
    let mut saga = memory([step(), pivot()]);
    saga.apply_all([0]).act(1, partial);
    for _ in 1..5 {
        saga.wait(1).act(1, partial);
    }
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.standing().collect::<Vec<_>>(), [0]);
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [1]);
}

/// When it is resumed, the block ends as it did before.
#[test]
fn resumed_it_bars_what_waits_for_it_again() {
    let mut asked = last().resolve();
    asked.idempotent = false;
    let steps = group(1, [asked, last().awaits(&[1])]);
    let mut saga = memory([pivot()].into_iter().chain(steps));
    saga.act(0, applied).act(1, partial);
    for _ in 0..2 {
        assert_eq!(saga.end(), Some(End::Parked));
        assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [1]);
        assert_eq!(saga.unfinished().collect::<Vec<_>>(), [2]);
        assert_eq!(saga.first_failed(), Some(1));
        saga.hear(Event::Resumed);
    }
}

#[test]
fn what_may_stay_is_left_for_certain() {
    let mut saga = memory([step().savepoint(1), lasting().resolve().when()]);
    saga.apply_all([0]).hear(Event::Attempting { step: 1 });
    saga.hear(partial(1)).compensate(0, compensated);
    assert_eq!(saga.left().collect::<Vec<_>>(), [(1, Left::Certain)]);
    assert!(saga.apply(Event::Turned { step: 0 }).is_err(), "no rerun");
}

/// The rerun comes past it without a call, and it stays where it is.
#[test]
fn what_is_left_stays_listed_when_its_fallback_is_used() {
    let answers = [
        (partial as fn(u16) -> Event, Left::Certain),
        (unknown, Left::Perhaps),
    ];
    for (answer, how) in answers {
        let left = again().resolve_times(1).idempotent().retry(2);
        let mut saga = memory([step().savepoint(1), left.when().fallback()]);
        saga.apply_all([0]).hear(Event::Attempting { step: 1 });
        saga.hear(answer(1));
        if how == Left::Perhaps {
            saga.resolve(1, unresolved);
        }
        saga.wait(1).act(1, unknown);
        saga.compensate(0, compensated);
        saga.hear(Event::Turned { step: 0 }).apply_all([0]);
        saga.hear(Event::WhenPanicked { step: 1 });
        saga.fall_back(1, |step| Event::FellBack { step });
        assert_eq!(saga.end(), Some(End::Completed));
        assert_eq!(saga.left().collect::<Vec<_>>(), [(1, how)]);
    }
}

#[test]
fn compensated_it_is_tried_again_as_after_an_unknown() {
    let mut saga = memory([step().retry(2).by_key()]);
    saga.act(0, partial).compensate(0, compensated);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 0));
    saga.wait(0).hear(Event::Attempting { step: 0 });
    assert_eq!(saga.round(0), 1);
}

#[test]
fn of_a_read_nothing_happened() {
    let mut saga = memory([read(), step()]);
    saga.act(0, partial);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert!(!saga.is_in_doubt(0) && saga.left().count() == 0);
}
