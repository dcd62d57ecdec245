//! A rerun repeats what was undone.

use super::build::*;
use crate::{
    definition::Step,
    kernel::{Command, End, Event, Left, PartEnd, Phase},
    values::call::CallKind,
};

const TURN: Command = Command::Turn {
    step: 0,
    failure: 0,
};
const REFUSE: Command = Command::Refuse { step: 0 };

/// A savepoint, this step, and one that was refused after it; the savepoint is undone.
fn gone_back(remaining: Step) -> Saga {
    let mut saga = memory([step().savepoint(2), remaining, step()]);
    saga.apply_all([0, 1]).act(2, refused);
    back_to_savepoint(&mut saga);
    saga
}

fn back_to_savepoint(saga: &mut Saga) {
    saga.compensate(0, compensated);
}

fn turned(saga: &mut Saga) -> &mut Saga {
    assert_eq!(saga.next(), TURN);
    saga.hear(Event::Turned { step: 0 }).apply_all([0])
}

#[test]
fn an_effect_that_remains_forbids_a_rerun() {
    for remaining in [lasting(), lasting().idempotent(), lasting().resolve()] {
        let mut saga = gone_back(remaining);
        assert_eq!(saga.next(), REFUSE);
        saga.hear(Event::TurnDeclined { step: 0 });
        assert_eq!(saga.end(), Some(End::Compensated));
        assert!(saga.left().eq([(1, Left::Certain)]));
    }
}

#[test]
fn an_effect_that_may_remain_forbids_it_too() {
    for remaining in [
        lasting(),
        lasting().resolve_times(1),
        lasting().idempotent().retry(1),
    ] {
        let mut saga = memory([step().savepoint(2), remaining]);
        saga.apply_all([0]).act(1, unknown);
        saga.hear(Event::CancelRequested);
        assert!(saga.left().eq([(1, Left::Perhaps)]));
    }
    let mut saga = memory([step().savepoint(2), lasting()]);
    saga.apply_all([0]).act(1, unknown);
    back_to_savepoint(&mut saga);
    assert_eq!(saga.next(), REFUSE);
}

#[test]
fn so_does_a_panic_that_nothing_settles() {
    let mut saga = memory([step().savepoint(2), step()]);
    saga.apply_all([0]).act(1, panicked);
    back_to_savepoint(&mut saga);
    assert_eq!(saga.next(), REFUSE);
}

#[test]
fn again_is_another_operation_each_time_and_is_listed_once() {
    let mut saga = memory([step().savepoint(2), again(), step()]);
    for round in 0..3 {
        saga.apply_all([0, 1]);
        assert_eq!(saga.round(1), round);
        saga.act(2, refused);
        back_to_savepoint(&mut saga);
        if round < 2 {
            saga.hear(Event::Turned { step: 0 });
        }
    }
    assert_eq!(saga.end(), Some(End::Compensated));
    assert!(saga.left().eq([(1, Left::Certain)]));
}

/// The doubt of a round is not settled: the round is perhaps left.
#[test]
fn again_in_doubt_is_perhaps_left_and_called_in_a_new_round() {
    let mut saga = memory([step().savepoint(2), again(), step()]);
    saga.apply_all([0]).act(1, unknown);
    back_to_savepoint(&mut saga);
    turned(&mut saga);
    assert!(!saga.is_in_doubt(1));
    saga.act(1, refused);
    assert_eq!(saga.round(1), 1);
    back_to_savepoint(&mut saga);
    let mut certain = saga.clone();
    saga.hear(Event::CancelRequested);
    assert_eq!(saga.end(), Some(End::Compensated));
    assert!(saga.left().eq([(1, Left::Perhaps)]));
    // Another round has certainly happened.
    certain.hear(Event::Turned { step: 0 }).apply_all([0, 1]);
    certain.hear(Event::CancelRequested);
    assert!(certain.left().eq([(1, Left::Certain)]));
}

#[test]
fn again_that_happened_in_part_is_left_for_certain() {
    let mut saga = memory([step().savepoint(2), again(), step()]);
    saga.apply_all([0]).act(1, partial);
    back_to_savepoint(&mut saga);
    turned(&mut saga).act(1, refused);
    back_to_savepoint(&mut saga);
    saga.hear(Event::CancelRequested);
    assert!(saga.left().eq([(1, Left::Certain)]));
}

#[test]
fn what_is_undone_with_another_step_does_not_forbid_a_rerun() {
    let mut saga = memory([step().savepoint(2), covered(0)]);
    saga.apply_all([0]).act(1, panicked);
    back_to_savepoint(&mut saga);
    assert_eq!(saga.next(), TURN);
}

/// What the end of a run of these steps, each applied, and then refused, means for the run around it.
fn part(steps: impl IntoIterator<Item = Step>) -> PartEnd {
    let mut child = memory(steps.into_iter().chain([read()]));
    let last = u16::try_from(child.states.len()).unwrap() - 1;
    child.apply_all(0..last).act(last, refused);
    while let Command::Call { step, .. } = child.next() {
        child.compensate(step, compensated);
    }
    child.as_part()
}

#[test]
fn a_child_is_not_run_again_over_what_remains_of_it() {
    for (inside, covers, refuses) in [
        (lasting(), false, true),
        (lasting(), true, false),
        (again(), false, false),
        (step(), false, false),
    ] {
        let of = if covers { again_child() } else { child() };
        let mut saga = memory([of.retry(3), step()]);
        saga.hear(Event::Attempting { step: 0 });
        saga.note_part(0, part([inside]));
        saga.hear(transient(0));
        assert_eq!(saga.next() == Command::Refuse { step: 0 }, refuses);
        if refuses {
            saga.hear(Event::RerunRefused { step: 0 });
            assert_eq!(
                (saga.phase(0), saga.end()),
                (Phase::Failed, Some(End::Compensated))
            );
        }
    }
}

fn again_child() -> Step {
    Step {
        compensation: again().compensation,
        ..child()
    }
}

#[test]
fn its_fallback_takes_its_place() {
    let mut saga = memory([child().retry(3).fallback()]);
    saga.hear(Event::Attempting { step: 0 });
    saga.note_part(0, part([lasting()]));
    saga.hear(timed_out(0))
        .hear(Event::RerunRefused { step: 0 });
    assert_eq!(saga.next(), Command::call(0, CallKind::Fallback));
}

/// What a run of a child has left is listed by its step, once another run has replaced it.
#[test]
fn what_a_replaced_run_left_is_listed_by_its_step() {
    let mut saga = memory([child().retry(3), step()]);
    saga.hear(Event::Attempting { step: 0 });
    saga.note_part(0, part([again()]));
    saga.hear(transient(0));
    assert_eq!(saga.left().count(), 0, "it lists that itself");
    saga.hear(Event::Waited { step: 0 });
    saga.hear(Event::Attempting { step: 0 });
    saga.note_part(0, part([step()]));
    saga.hear(refused(0));
    assert_eq!(saga.end(), Some(End::Compensated));
    assert!(saga.left().eq([(0, Left::Certain)]));
}

#[test]
fn so_is_what_a_run_left_before_a_turn() {
    for (inside, of, left) in [
        (again(), child(), Some(Left::Certain)),
        (step(), child(), None),
        (step(), again_child(), Some(Left::Certain)),
        (read(), again_child(), None),
    ] {
        let mut saga = memory([step().savepoint(1), of, step()]);
        saga.apply_all([0]).hear(Event::Attempting { step: 1 });
        let mut run = memory([inside]);
        run.apply_all([0]);
        if saga.definition().steps[1].compensation.is_passed() {
            saga.note_part(1, run.as_part());
            saga.hear(applied(1)).act(2, refused);
        } else {
            saga.note_part(1, run.as_part());
            saga.hear(applied(1)).act(2, refused);
            run.recall();
            while let Command::Call { step, .. } = run.next() {
                run.compensate(step, compensated);
            }
            saga.hear(Event::Compensating { step: 1 });
            saga.note_part(1, run.as_part());
            saga.hear(compensated(1));
        }
        back_to_savepoint(&mut saga);
        turned(&mut saga).hear(Event::CancelRequested);
        back_to_savepoint(&mut saga);
        let listed: Vec<_> = saga.left().collect();
        assert_eq!(
            listed,
            left.map(|how| (1, how)).into_iter().collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_child_that_is_left_forbids_a_rerun_over_it_unless_it_failed() {
    let left = || stays(child());
    let mut saga = memory([step().savepoint(2), left(), step()]);
    saga.apply_all([0]).hear(Event::Attempting { step: 1 });
    let mut failed = saga.clone();
    failed.hear(refused(1));
    back_to_savepoint(&mut failed);
    assert_eq!(failed.next(), TURN);
    saga.hear(applied(1)).act(2, refused);
    back_to_savepoint(&mut saga);
    assert_eq!(saga.next(), REFUSE);
}

#[test]
fn what_a_child_could_not_undo_forbids_another_run_of_it() {
    let mut inside = memory([step().undo(1), step()]);
    inside.apply_all([0]).act(1, refused);
    inside.compensate(0, still_applied);
    assert_eq!(inside.end(), Some(End::Parked));
    for of in [stays(child()), again_child()] {
        let mut saga = memory([step().savepoint(2), of]);
        saga.apply_all([0]).hear(Event::Attempting { step: 1 });
        saga.note_part(1, inside.as_part());
        saga.hear(unknown(1));
        back_to_savepoint(&mut saga);
        assert_eq!(saga.next(), REFUSE);
    }
}
