//! An operator settles a step.

use super::build::*;
use crate::kernel::{
    Cancellation, Command, Direction, End, Event, Left, Phase, Settlement,
    Settlement::{Applied, NotApplied, Undone},
};
use crate::values::call::CallKind;

const fn settled(step: u16, settlement: Settlement) -> Event {
    Event::Settled { step, settlement }
}

fn settleable(saga: &Saga, step: u16) -> Vec<Settlement> {
    saga.settleable(step).collect()
}

/// Parked while compensating: step 1 is in doubt, so step 0 is not compensated.
fn in_doubt() -> Saga {
    let mut saga = memory([step(), step().resolve_times(1).on(&[0])]);
    saga.apply_all([0]).act(1, timed_out).resolve(1, unresolved);
    saga.hear(Event::Kept { step: 0 });
    assert_eq!(saga.end(), Some(End::Parked));
    saga
}

/// Parked while compensating: step 1 remains applied, so step 0 is not compensated.
fn standing() -> Saga {
    let mut saga = memory([step(), step().undo(1).on(&[0]), step()]);
    saga.apply_all([0, 1])
        .act(2, refused)
        .compensate(1, still_applied);
    saga.hear(Event::Kept { step: 0 });
    assert_eq!(saga.end(), Some(End::Parked));
    saga
}

/// Parked with its pivot in doubt.
fn pivot_in_doubt() -> Saga {
    let mut saga = memory([step(), pivot().retry(1), last()]);
    saga.apply_all([0]).act(1, timed_out);
    assert_eq!(saga.end(), Some(End::Parked));
    saga
}

#[test]
fn what_can_be_said_is_what_may_be_true() {
    let (doubtful, stands) = (in_doubt(), standing());
    assert_eq!(settleable(&doubtful, 1), [Applied, NotApplied, Undone]);
    assert_eq!(settleable(&doubtful, 0), [Undone]);
    assert_eq!(settleable(&stands, 1), [Undone]);
    assert_eq!(settleable(&stands, 2), []);
}

#[test]
fn what_cannot_be_said_is_refused_and_changes_nothing() {
    for saga in [in_doubt(), standing(), pivot_in_doubt(), memory([step()])] {
        for step in 0..=u16::try_from(saga.states.len()).unwrap() {
            for settlement in [Applied, NotApplied, Undone] {
                let mut then = saga.clone();
                let fits = then.apply(settled(step, settlement)).is_ok();
                let offered = usize::from(step) < saga.states.len()
                    && saga.settleable(step).any(|offer| offer == settlement);
                assert_eq!(fits, offered);
                assert_eq!(fits, format!("{then:?}") != format!("{saga:?}"));
            }
        }
    }
}

#[test]
fn in_a_parked_saga_nothing_runs_before_it_is_resumed() {
    for settlement in [Applied, NotApplied, Undone] {
        for mut saga in [in_doubt(), pivot_in_doubt()] {
            saga.hear(settled(1, settlement));
            assert_eq!(saga.end(), Some(End::Parked));
            assert_eq!(saga.in_doubt().count(), 0);
            saga.hear(Event::CancelRequested);
            assert_eq!(saga.cancellation(), Cancellation::TooLate);
            assert_ne!(saga.hear(Event::Resumed).end(), Some(End::Parked));
        }
    }
}

#[test]
fn what_happened_is_undone_on_the_way_back_and_then_what_was_kept() {
    let mut saga = in_doubt();
    saga.hear(settled(1, Applied));
    assert_eq!(saga.standing().collect::<Vec<_>>(), [0, 1]);
    saga.hear(Event::Resumed);
    saga.compensate(1, compensated).compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn what_did_not_happen_lets_go_of_what_was_kept() {
    for settlement in [NotApplied, Undone] {
        let mut saga = in_doubt();
        saga.hear(settled(1, settlement)).hear(Event::Resumed);
        saga.compensate(0, compensated);
        assert_eq!(saga.end(), Some(End::Compensated));
    }
}

#[test]
fn what_stood_and_what_was_kept_is_undone_by_hand() {
    let mut saga = standing();
    saga.hear(settled(1, Undone));
    assert_eq!(saga.phase(1), Phase::Undone);
    let mut kept = saga.clone();
    kept.hear(Event::Resumed).compensate(0, compensated);
    assert_eq!(kept.end(), Some(End::Compensated));
    saga.hear(settled(0, Undone));
    assert_eq!(
        (saga.end(), saga.standing().count()),
        (Some(End::Parked), 0)
    );
    assert_eq!(saga.hear(Event::Resumed).end(), Some(End::Compensated));
}

#[test]
fn what_was_kept_may_be_undone_alone() {
    let mut saga = standing();
    saga.hear(settled(0, Undone)).hear(Event::Resumed);
    saga.compensate(1, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn a_pivot_that_happened_is_passed() {
    let mut saga = memory([step(), pivot().retry(1), last()]);
    saga.apply_all([0]).hear(Event::Attempting { step: 1 });
    saga.hear(Event::CancelRequested).hear(timed_out(1));
    saga.hear(settled(1, Applied));
    assert!(saga.hear(Event::Resumed).is_attempting(2));
    assert_eq!(saga.act(2, applied).end(), Some(End::Completed));
}

#[test]
fn a_pivot_that_did_not_happen_is_tried_again_in_the_same_round() {
    let mut saga = pivot_in_doubt();
    saga.hear(settled(1, NotApplied)).hear(Event::Resumed);
    saga.wait(1).act(1, applied);
    assert_eq!(saga.round(1), 0);
    assert_eq!(saga.act(2, applied).end(), Some(End::Completed));
}

#[test]
fn a_pivot_that_is_undone_by_hand_is_tried_again_in_a_new_round() {
    let mut saga = pivot_in_doubt();
    saga.hear(settled(1, Undone)).hear(Event::Resumed);
    saga.wait(1).act(1, applied);
    assert_eq!(saga.round(1), 1);
}

#[test]
fn a_deadline_that_waits_for_the_pivot_counts_if_it_did_not_happen() {
    let mut saga = memory([step(), pivot().retry(1)]);
    saga.apply_all([0]).hear(Event::Attempting { step: 1 });
    saga.hear(Event::DeadlinePassed).hear(timed_out(1));
    assert_eq!(saga.end(), Some(End::Parked));
    saga.hear(settled(1, NotApplied));
    assert_eq!(saga.deadline(), Cancellation::Accepted);
    assert_eq!(saga.end(), Some(End::Parked));
    saga.hear(Event::Resumed).compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
}

/// An operator's answer before the resumption has the same result as that of `resolve` after it.
#[test]
fn a_person_and_resolve_are_believed_alike() {
    for (settlement, answer) in [
        (Applied, happened as fn(u16) -> Event),
        (NotApplied, did_not_happen),
    ] {
        for report in [timed_out, panicked, unknown] {
            for shape in [pivot().resolve_times(1).retry(1), step().resolve_times(1)] {
                let mut saga = memory([step(), shape]);
                saga.apply_all([0]).act(1, report).resolve(1, unresolved);
                if saga.is_compensating(0) {
                    saga.compensate(0, compensated);
                }
                assert_eq!(saga.end(), Some(End::Parked));
                let mut asked = saga.clone();
                saga.hear(settled(1, settlement)).hear(Event::Resumed);
                asked.hear(Event::Resumed).resolve(1, answer);
                assert_eq!(saga.next(), asked.next());
                assert_eq!(saga.direction(), asked.direction());
                assert_eq!(saga.phase(1), asked.phase(1));
            }
        }
    }
}

#[test]
fn after_the_pivot_what_did_not_happen_is_finished() {
    for (settlement, round) in [(NotApplied, 0), (Undone, 1)] {
        let mut saga = memory([pivot(), last().retry(1), last()]);
        saga.apply_all([0]).act(1, timed_out);
        saga.hear(settled(1, settlement));
        assert_eq!(saga.unfinished().collect::<Vec<_>>(), [1, 2]);
        saga.hear(Event::Resumed).wait(1).apply_all([1, 2]);
        assert_eq!((saga.end(), saga.round(1)), (Some(End::Completed), round));
    }
}

#[test]
fn the_last_step_that_happened_completes_the_saga_when_it_is_resumed() {
    let mut saga = memory([pivot(), last().retry(1)]);
    saga.apply_all([0])
        .act(1, timed_out)
        .hear(settled(1, Applied));
    assert_eq!(
        (saga.end(), saga.unfinished().count()),
        (Some(End::Parked), 0)
    );
    assert_eq!(saga.hear(Event::Resumed).end(), Some(End::Completed));
}

#[test]
fn a_crash_loop_in_doubt_is_settled() {
    let mut saga = durable([step().idempotent(), step()]);
    saga.lose(0, attempting, 10);
    assert_eq!(settleable(&saga, 0), [Applied, NotApplied, Undone]);
    saga.hear(settled(0, Applied)).hear(Event::Resumed);
    assert!(saga.is_attempting(1));
}

#[test]
fn what_could_not_be_recorded_is_given_or_undone() {
    let mut saga = durable([step(), pivot(), last()]);
    saga.apply_all([0]).act(1, unrecordable);
    assert_eq!(settleable(&saga, 1), [Applied, Undone]);
    let mut undone = saga.clone();
    saga.hear(settled(1, Applied)).hear(Event::Resumed);
    assert!(saga.is_attempting(2));
    // It could not be recorded the next time, either.
    undone.hear(settled(1, Undone)).hear(Event::Resumed);
    assert!(undone.is_compensating(0));
}

#[test]
fn a_saga_that_asks_for_ever_takes_an_answer_from_a_person() {
    let mut saga = durable([step().resolve(), step()]);
    saga.act(0, timed_out).resolve(0, unresolved);
    assert_eq!(settleable(&saga, 0), [Applied, NotApplied, Undone]);
    let mut failed = saga.clone();
    assert!(saga.hear(settled(0, Applied)).is_attempting(1));
    assert_eq!(
        failed.hear(settled(0, NotApplied)).end(),
        Some(End::Compensated)
    );
}

#[test]
fn a_step_that_is_undone_by_hand_is_tried_again_in_a_new_round() {
    let mut saga = durable([step().resolve().late().retry(2)]);
    saga.act(0, timed_out);
    assert_eq!(saga.next(), await_late(0, CallKind::Resolve));
    saga.hear(settled(0, Undone)).wait(0).act(0, applied);
    assert_eq!((saga.round(0), saga.end()), (1, Some(End::Completed)));
}

#[test]
fn a_compensation_that_is_tried_for_ever_is_done_by_hand() {
    let mut saga = durable([step(), step(), step()]);
    saga.apply_all([0, 1]).act(2, refused);
    for _ in 0..10 {
        saga.compensate(1, still_applied);
        assert_eq!(settleable(&saga, 1), [Undone]);
        assert_eq!(settleable(&saga, 0), []);
        saga.wait(1);
    }
    saga.compensate(1, still_applied).hear(settled(1, Undone));
    assert!(saga.is_compensating(0) && !saga.is_stuck(1));
}

#[test]
fn a_running_call_is_not_settled() {
    let mut saga = durable([step().resolve(), step()]);
    saga.act(0, timed_out).hear(Event::Resolving { step: 0 });
    assert_eq!(settleable(&saga, 0), []);
    saga.hear(happened(0)).act(1, refused);
    saga.hear(Event::Compensating { step: 0 });
    assert_eq!(settleable(&saga, 0), []);
}

#[test]
fn what_may_stay_is_not_asked_for() {
    let mut saga = memory([step().undo(1), lasting().resolve()]);
    saga.apply_all([0]).act(1, timed_out);
    assert_eq!(settleable(&saga, 1), [Applied, NotApplied, Undone]);
    saga.hear(Event::CancelRequested)
        .compensate(0, still_applied);
    assert_eq!(
        (saga.end(), settleable(&saga, 1)),
        (Some(End::Parked), vec![])
    );
    assert_eq!(saga.left().collect::<Vec<_>>(), [(1, Left::Perhaps)]);
}

#[test]
fn a_sibling_is_settled_while_another_runs() {
    let mut saga = durable(group(0, [step().resolve(), step()]));
    saga.act(0, timed_out).hear(Event::Attempting { step: 1 });
    saga.hear(settled(0, NotApplied));
    assert_eq!(saga.direction(), Direction::Compensating);
    saga.hear(applied(1)).compensate(1, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn behind_the_pivot_what_is_not_tried_again_is_done_by_hand() {
    let refused_or_used_up = [refused as fn(u16) -> Event, transient];
    for report in refused_or_used_up {
        let mut saga = memory([pivot(), last().retry(1), last()]);
        saga.apply_all([0]).act(1, report);
        assert_eq!(saga.end(), Some(End::Parked));
        assert_eq!(settleable(&saga, 1), [Applied]);
        assert_eq!(settleable(&saga, 2), []);
        saga.hear(settled(1, Applied));
        assert_eq!(
            (saga.end(), saga.phase(1)),
            (Some(End::Parked), Phase::Applied)
        );
        assert!(saga.hear(Event::Resumed).is_attempting(2));
        assert_eq!(saga.act(2, applied).end(), Some(End::Completed));
    }
}

#[test]
fn behind_the_pivot_a_crash_loop_that_left_no_doubt_is_done_by_hand() {
    let mut saga = durable([pivot(), last().resolve()]);
    saga.apply_all([0]);
    for time in 0..10 {
        if time > 1 {
            saga.wait(1);
        }
        saga.act(1, lost).resolve(1, did_not_happen);
    }
    assert_eq!(saga.unfinished().collect::<Vec<_>>(), [1]);
    assert_eq!(settleable(&saga, 1), [Applied]);
    saga.hear(settled(1, Applied)).hear(Event::Resumed);
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn who_waited_for_what_is_done_by_hand_goes_on() {
    let siblings = group(1, [last(), last().awaits(&[1]), last()]);
    let mut saga = memory([pivot()].into_iter().chain(siblings));
    saga.apply_all([0]).act(1, refused).act(3, applied);
    assert_eq!(saga.end(), Some(End::Parked));
    saga.hear(settled(1, Applied)).hear(Event::Resumed);
    assert_eq!(saga.act(2, applied).end(), Some(End::Completed));
}

/// The condition may be evaluated again: nothing was sent.
#[test]
fn a_condition_that_panicked_is_not_settled_by_hand() {
    let mut saga = memory([pivot(), last().when()]);
    saga.apply_all([0]);
    while saga.end().is_none() {
        if saga.next() == (Command::call(1, CallKind::When)) {
            saga.hear(Event::WhenPanicked { step: 1 });
        } else {
            saga.wait(1);
        }
    }
    assert_eq!(
        (saga.end(), settleable(&saga, 1)),
        (Some(End::Parked), Vec::new())
    );
}
