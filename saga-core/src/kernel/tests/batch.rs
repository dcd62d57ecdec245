//! Runs of plain steps that are applied in one call.

use super::{build::*, situation::Situation};
use crate::kernel::{End, Event, state::StepState};

#[test]
fn a_run_of_ordinary_steps_may_be_told_in_one_go() {
    for at in 0..4 {
        let steps = || [step(), read(), pivot(), last(), last()];
        let (mut told, mut lived) = (memory(steps()), memory(steps()));
        told.hear(Event::Attempting { step: 0 }).apply_batch(at);
        lived.apply_all(0..at);
        lived.hear(Event::Attempting { step: at });
        assert_eq!(Situation::of(&told), Situation::of(&lived));
        told.hear(applied(at)).apply_all(at + 1..5);
        assert_eq!(told.end(), Some(End::Completed));
    }
}

#[test]
fn a_saga_is_fresh_until_it_fails_turns_or_is_asked_to_stop() {
    let mut saga = memory([step().savepoint(1), step()]);
    assert!(saga.is_fresh());
    assert!(!saga.hear(Event::Attempting { step: 0 }).is_fresh());
    assert!(saga.hear(applied(0)).is_fresh());
    assert!(!saga.act(1, refused).is_fresh());
    saga.compensate(0, compensated)
        .hear(Event::Turned { step: 0 });
    assert!(!saga.is_fresh());

    let mut cancelled = memory([step()]);
    assert!(!cancelled.hear(Event::CancelRequested).is_fresh());
}

#[test]
fn a_resumed_saga_is_not_fresh() {
    let mut saga = memory([pivot(), last().retry(1), last()]);
    saga.apply_all([0]).act(1, refused).hear(Event::Resumed);
    assert!(!saga.apply_all([1]).is_fresh());
}

/// There is one `StepState` for each step of each running saga.
#[test]
fn a_step_is_remembered_in_few_bytes() {
    assert_eq!(size_of::<StepState>(), 32);
}
