//! Runs of plain steps that are applied in one call.

use super::{
    answers::answers,
    build::*,
    random::Random,
    situation::{Situation, goes_by_the_rules},
    world::World,
};
use crate::{
    definition::Step,
    kernel::{Command, End, Event, StepState},
};

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

/// Sagas that are longer than the enumerated ones. They mostly end as long sagas do: by success, or
/// after one failure.
#[test]
fn a13_long_sagas_go_by_the_rules() {
    let early: [fn() -> Step; 5] = [
        step,
        read,
        lasting,
        || step().undo(2).savepoint(1),
        || step().idempotent().retry(2).when(),
    ];
    let mut random = Random::drawn(13);
    let (mut events, mut ended) = (0, 0);
    for _ in 0..2_000 {
        let mut steps: Vec<_> = (0..6).map(|_| random.of(&early)()).collect();
        steps.extend(group(6, (0..3).map(|_| random.of(&early[..3])())));
        steps.extend((0..4).map(|_| random.of(&early)()));
        steps.extend([pivot(), last(), last()]);
        let mut saga = memory(steps);
        let mut world = World::new(saga.states.len());
        for _ in 0..200 {
            let all = answers(&saga);
            for &(event, _) in &all {
                events += 1;
                goes_by_the_rules(&saga, event);
            }
            let good: Vec<_> = all.iter().copied().filter(|(_, bad)| !bad).collect();
            let well = random.next() % 16 != 0 && !good.is_empty();
            let (event, _) = random.of(if well { &good } else { &all });
            if !world.allows(&saga, event) {
                continue;
            }
            let before = saga.clone();
            saga.hear(event);
            world.hear(&before, event, &saga);
            if let Command::End(_) = saga.next() {
                ended += 1;
                break;
            }
        }
    }
    assert!(events > 100_000 && ended > 1_000, "{events} {ended}");
}
