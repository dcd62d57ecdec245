//! Runs of plain steps that are applied in one call.

use super::{
    answers::answers,
    build::*,
    random::Random,
    shapes::sagas,
    situation::{Situation, goes_by_the_rules},
    world::World,
};
use crate::values::call::CallKind;
use crate::{
    definition::Step,
    kernel::{Command, End, Event, StepState, Verdict, passed_straight, straight_back},
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

/// A rollback that the declaration decides is the one that a kernel decides step by step. Returns
/// the number of such rollbacks.
fn goes_straight_back(saga: &Saga) -> usize {
    let definition = saga.definition();
    let passed = passed_straight(&definition.steps);
    let mut ways = 0;
    for failed in 0..u16::try_from(definition.steps.len()).unwrap() {
        for (verdict, again) in Verdict::ALL.map(|it| [(it, false), (it, true)]).concat() {
            let Some(way) = straight_back(definition, passed, (failed, verdict)) else {
                continue;
            };
            let mut lived = saga.clone();
            lived.apply_all(0..failed);
            lived.hear(Event::Attempting { step: failed });
            lived.hear(Event::Rejected {
                step: failed,
                verdict,
                abort: false,
                again,
                late_passed: true,
                awaits_late: false,
            });
            let mut undone = Vec::new();
            while let Command::Call {
                step,
                call: CallKind::Compensate,
            } = lived.next()
            {
                assert_eq!((lived.attempt(step), lived.round(step)), (1, 0));
                undone.push(step);
                lived.compensate(step, compensated);
            }
            let first = undone.first().map_or(0, |first| first + 1);
            assert_eq!(way, undone.last().copied().unwrap_or_default()..first);
            assert_eq!(lived.end(), Some(End::Compensated), "{definition:?}");
            assert_eq!(lived.first_failed(), Some(failed));
            assert_eq!(lived.left().next(), None, "{definition:?}");
            ways += 1;
        }
    }
    ways
}

#[test]
fn what_is_simply_undone_or_a_read_is_passed_without_a_kernel() {
    let plain = || vec![step(), read(), step().undo(2)];
    assert_eq!(passed_straight(&plain()), 3);
    for other in [lasting(), child(), step().savepoint(1), step().when()] {
        assert_eq!(passed_straight(&[plain(), vec![other, step()]].concat()), 3);
    }
}

#[test]
fn a_way_back_without_a_kernel_is_the_one_that_it_would_decide_on() {
    let shapes = sagas().into_iter().map(|case| case.steps);
    let sagas: Vec<_> = shapes.map(memory).collect();
    let ways: usize = sagas.iter().map(goes_straight_back).sum();
    assert!(ways > 1_000, "{ways} in {} sagas", sagas.len());

    let no_way = [
        vec![step().savepoint(1), step()],
        vec![lasting(), step()],
        vec![pivot(), last()],
        vec![step(), step().retry(2)],
        vec![step(), step().when()],
    ];
    for steps in no_way {
        let failed = u16::try_from(steps.len()).unwrap() - 1;
        let saga = memory(steps);
        let passed = passed_straight(&saga.definition().steps);
        assert_eq!(
            straight_back(saga.definition(), passed, (failed, Verdict::Refused)),
            None
        );
    }
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
