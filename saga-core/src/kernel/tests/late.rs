//! Requests that arrive late: what waits for them, and a refusal that comes too early to count.

use super::build::*;
use crate::definition::Step;
use crate::kernel::{Command, End, Event, Kernel, Phase, Settlement};
use crate::values::call::CallKind;

const UNDO: CallKind = CallKind::Compensate;

fn passed(step: u16) -> Event {
    Event::LatePassed { step }
}

/// The attempts that may still arrive.
const LOST: [fn(u16) -> Event; 5] = [unknown, partial, timed_out, panicked, lost];

fn again() -> Step {
    step().idempotent().retry(3)
}

#[test]
fn a_compensation_waits_until_no_lost_attempt_can_arrive() {
    for loses in LOST {
        let mut saga = durable([again().own_late(), step()]);
        saga.act(0, loses);
        if let Command::Backoff { .. } = saga.next() {
            saga.wait(0);
        }
        saga.act(0, applied).act(1, refused);
        assert_eq!(saga.next(), await_late(0, UNDO));
        assert_eq!(saga.phase(0), Phase::Applied);
        saga.hear(passed(0)).compensate(0, still_applied).wait(0);
        assert!(saga.is_compensating(0), "once");
        saga.compensate(0, compensated);
        assert_eq!(saga.end(), Some(End::Compensated));
    }
}

#[test]
fn without_a_lost_attempt_nothing_waits() {
    for certain in [transient, refused] {
        let mut saga = memory([again().own_late(), again().own_late()]);
        saga.act(0, transient).wait(0).act(0, applied);
        saga.act(1, transient).wait(1).act(1, certain);
        if certain(1) == transient(1) {
            saga.wait(1).act(1, transient);
        }
        assert!(saga.is_compensating(0));
    }
    let mut saga = durable([again().own_late()]);
    saga.act(0, unrecordable);
    assert!(saga.is_compensating(0));
    saga.hear(compensating(0)).hear(lost(0)).hear(lost(0));
    saga.act(0, applied);
    assert!(saga.is_compensating(0), "its effect was lost, not a call");
}

#[test]
fn nor_under_by_key_nor_for_the_late_of_the_saga() {
    for step in [again().late(), again().by_key().own_late()] {
        let mut saga = memory([step, super::build::step()]);
        saga.act(0, unknown).wait(0).act(0, applied).act(1, refused);
        assert!(saga.is_compensating(0));
    }
}

#[test]
fn a_lost_attempt_that_cannot_arrive_any_more_is_forgotten() {
    // `resolve` has waited, or a refusal has come late enough, or an operator knows.
    let mut saga = memory([step().resolve().own_late(), step()]);
    saga.act(0, unknown).hear(passed(0)).resolve(0, happened);
    assert!(saga.act(1, refused).is_compensating(0));
    let mut saga = memory([again().own_late().savepoint(1).undo(1), step()]);
    saga.act(0, unknown).wait(0).act(0, refused);
    saga.hear(Event::Turned { step: 0 });
    assert!(saga.act(0, applied).act(1, refused).is_compensating(0));
    for settlement in [Settlement::NotApplied, Settlement::Undone] {
        let mut saga = memory([again().own_late().savepoint(1), step()]);
        let step = 0;
        saga.act(0, unknown)
            .hear(Event::Settled { step, settlement });
        if let Command::Backoff { .. } = saga.next() {
            saga.wait(0);
        } else {
            saga.hear(Event::Turned { step });
        }
        assert!(saga.act(0, applied).act(1, refused).is_compensating(0));
    }
}

#[test]
fn what_an_operator_says_is_applied_still_waits() {
    let mut saga = memory([again().own_late(), step()]);
    let settlement = Settlement::Applied;
    saga.act(0, unknown)
        .hear(Event::Settled {
            step: 0,
            settlement,
        })
        .act(1, refused);
    assert_eq!(saga.next(), await_late(0, UNDO));
}

#[test]
fn a_new_loss_makes_it_wait_again() {
    let mut saga = memory([step().resolve().retry(3).own_late().idempotent(), step()]);
    saga.act(0, unknown)
        .hear(passed(0))
        .resolve(0, did_not_happen);
    saga.wait(0).act(0, unknown).hear(Event::CancelRequested);
    saga.hear(passed(0)).resolve(0, happened);
    assert!(saga.is_compensating(0));
}

#[test]
fn the_compensation_that_covers_others_waits_for_each_of_them() {
    for by in [step(), step().by_key()] {
        let late = || covered(0).idempotent().retry(2).own_late();
        let mut saga = memory([by, late(), late(), step(), step()]);
        saga.apply_all([0]).act(1, unknown).wait(1).act(1, applied);
        saga.act(2, unknown).wait(2).act(2, applied);
        saga.apply_all([3]).act(4, refused);
        // What is not undone with the other does not wait.
        saga.compensate(3, compensated);
        assert_eq!(saga.next(), await_late(2, UNDO));
        assert_eq!(saga.hear(passed(2)).next(), await_late(1, UNDO));
        assert!(saga.hear(passed(1)).is_compensating(0));
        assert_eq!(
            saga.compensate(0, compensated).end(),
            Some(End::Compensated)
        );
    }
}

#[test]
fn it_waits_for_a_covered_step_in_doubt_and_for_one_that_did_not_happen() {
    let late = || covered(0).idempotent().own_late();
    let mut saga = memory([step(), late()]);
    saga.apply_all([0])
        .act(1, unknown)
        .hear(Event::CancelRequested);
    assert_eq!(saga.next(), await_late(1, UNDO));
    saga.hear(passed(1)).compensate(0, compensated);
    assert_eq!(saga.end(), Some(End::Compensated));
    let mut saga = memory([step(), covered(0).own_late()]);
    saga.apply_all([0]).act(1, panicked);
    assert_eq!(
        saga.next(),
        await_late(1, UNDO),
        "nothing settles the panic"
    );
}

#[test]
fn neither_a_cancel_nor_a_deadline_nor_the_parent_shortens_it() {
    for request in [
        Event::CancelRequested,
        Event::DeadlinePassed,
        Event::Recalled,
    ] {
        let mut saga = memory([again().own_late(), again()]);
        saga.act(0, unknown).wait(0).act(0, applied).act(1, unknown);
        saga.hear(request)
            .act(1, applied)
            .compensate(1, compensated);
        assert_eq!(saga.next(), await_late(0, UNDO));
        for again in [
            Event::CancelRequested,
            Event::DeadlinePassed,
            Event::Recalled,
        ] {
            assert_eq!(saga.hear(again).next(), await_late(0, UNDO));
        }
    }
}

#[test]
fn what_is_kept_or_settled_does_not_wait() {
    let mut saga = memory([again().own_late(), step().undo(1).on(&[0]), step()]);
    saga.act(0, unknown)
        .wait(0)
        .apply_all([0, 1])
        .act(2, refused);
    saga.compensate(1, still_applied);
    assert_eq!(saga.next(), Command::Keep { step: 0 });
    saga.hear(Event::Kept { step: 0 }).hear(Event::Resumed);
    saga.compensate(1, compensated);
    assert_eq!(
        saga.next(),
        await_late(0, UNDO),
        "once it is undone after all"
    );
}

#[test]
fn an_item_waits_while_the_loop_undoes_it() {
    let mut saga = memory([read(), again().own_late()]);
    saga.apply_all([0]).act(1, unknown).wait(1).act(1, applied);
    saga.hear(Event::Recalled);
    assert_eq!(saga.next(), await_late(1, UNDO));
    assert!(saga.undoes_item(saga.next()), "not before all items stop");
    assert!(!saga.undoes_item(await_late(1, CallKind::Resolve)));
}

#[test]
fn lost_attempts_of_items_delay_the_step_that_undoes_the_loop() {
    let item = |loses: bool| {
        let mut item = memory([read(), covered(0).idempotent().own_late()]);
        item.apply_all([0]);
        if loses {
            item.act(1, timed_out).wait(1);
        }
        item.act(1, applied).clone()
    };
    for loses in [false, true] {
        let mut saga = memory([step(), covered(0), step()]);
        saga.apply_all([0]).hear(attempting(1));
        Kernel::note_arriving(&mut saga, 1, [&item(false), &item(loses)]);
        saga.hear(applied(1)).act(2, refused);
        if loses {
            assert_eq!(saga.next(), await_late(1, UNDO));
            saga.hear(passed(1));
        }
        assert!(saga.is_compensating(0));
    }
    // A loop that undoes its own items has nothing to wait for.
    let mut saga = memory([step(), step()]);
    saga.hear(attempting(0));
    Kernel::note_arriving(&mut saga, 0, [&item(true)]);
    assert!(saga.hear(applied(0)).act(1, refused).is_compensating(0));
}

#[test]
fn after_an_early_refusal_the_next_attempt_waits_for_late() {
    for step in [again().late(), again().own_late(), pivot().late()] {
        let mut saga = memory([step]);
        saga.act(0, unknown).wait(0).act(0, refused_early);
        assert_eq!(saga.next(), await_late(0, CallKind::Action));
        assert!(saga.is_in_doubt(0));
        saga.hear(passed(0)).act(0, refused);
        assert_eq!(saga.end(), Some(End::Compensated));
    }
}

#[test]
fn a_cancel_does_not_shorten_the_wait_for_the_next_attempt() {
    let mut saga = memory([again().late()]);
    saga.act(0, unknown).wait(0).act(0, refused_early);
    saga.hear(Event::CancelRequested);
    assert_eq!(saga.next(), await_late(0, CallKind::Action));
    saga.hear(passed(0)).act(0, applied);
    assert!(saga.is_compensating(0));
}

#[test]
fn if_no_attempt_is_left_there_is_one_more() {
    for attempts in [2, 3] {
        let mut saga = memory([step().idempotent().retry(attempts).late()]);
        saga.act(0, unknown);
        for _ in 2..attempts {
            saga.wait(0).act(0, unknown);
        }
        saga.wait(0).act(0, refused_early);
        assert_eq!(saga.next(), await_late(0, CallKind::Action));
        saga.hear(passed(0)).hear(attempting(0));
        assert_eq!(saga.attempt(0), attempts + 1);
        for last in [unknown, transient, refused_early, panicked] {
            let mut saga = saga.clone();
            assert_eq!(saga.hear(last(0)).phase(0), Phase::Unsettled, "only one");
        }
        assert_eq!(saga.hear(refused(0)).end(), Some(End::Compensated));
    }
}

#[test]
fn not_with_one_attempt_alone() {
    let mut saga = durable([step().idempotent().retry(1).late()]);
    saga.act(0, lost).act(0, refused_early);
    assert_eq!(saga.phase(0), Phase::Unsettled);
}

#[test]
fn the_one_more_is_made_again_if_it_is_lost() {
    let mut saga = durable([step().idempotent().retry(2).late()]);
    saga.act(0, unknown).wait(0).act(0, refused_early);
    for losses in 0..3 {
        assert_eq!(saga.next(), await_late(0, CallKind::Action), "{losses}");
        saga.hear(passed(0)).act(0, lost);
        if losses > 0 {
            assert!(matches!(saga.next(), Command::AfterLoss { .. }));
            saga.wait(0);
        }
    }
    saga.hear(passed(0)).act(0, refused);
    assert_eq!(saga.end(), Some(End::Compensated));
}

#[test]
fn other_ways_to_settle_come_first_as_ever() {
    let mut saga = memory([again().by_key().late()]);
    saga.act(0, unknown).hear(Event::CancelRequested);
    assert!(saga.is_compensating(0));
    let mut saga = memory([again().resolve().late()]);
    saga.act(0, unknown);
    assert_eq!(saga.next(), await_late(0, CallKind::Resolve));
}

#[test]
fn a_refusal_of_something_half_done_never_counts_so_nothing_waits_for_it() {
    let mut saga = memory([again().late()]);
    saga.act(0, partial).wait(0).act(0, refused_early);
    assert_eq!(saga.next(), backoff(0, CallKind::Action, 1));
}

#[test]
fn a_resumed_saga_asks_again_at_once() {
    let mut saga = memory([pivot().retry(2).late()]);
    saga.act(0, unknown).wait(0).act(0, refused_early);
    saga.hear(passed(0)).act(0, refused_early);
    assert_eq!(saga.end(), Some(End::Parked));
    saga.hear(Event::Resumed);
    assert!(saga.is_attempting(0));
    saga.act(0, refused_early);
    assert_eq!(saga.next(), await_late(0, CallKind::Action));
}
