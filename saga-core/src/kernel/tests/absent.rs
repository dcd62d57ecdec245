//! Steps that a saga goes on without: it runs as if they did not exist.

use super::{answers::answers, build::*, random::Random, shapes::sagas};
use crate::{
    definition::{Compensation, Definition, List, Step},
    kernel::{Command, End, Event, Phase},
    values::call::CallKind,
};
use std::mem::discriminant;

fn absent() -> Step {
    let step = Step {
        introduced: true,
        absent: true,
        ..step()
    };
    step.when()
}

/// `places` has the new place of each step, and the total number of steps.
fn moved(of: &[u16], places: &[u16]) -> List<u16> {
    of.iter().map(|step| places[usize::from(*step)]).collect()
}

/// The saga with an absent step before each of its units, and at its end; and the new places of its
/// own steps.
fn with_absent(definition: &Definition) -> (Definition, Vec<u16>) {
    let (mut steps, mut places) = (Vec::new(), Vec::new());
    for (place, step) in (0..).zip(definition.steps.iter()) {
        let begins = definition.unit_of(place).start == place
            && step
                .condition
                .is_none_or(|block| definition.conditions[usize::from(block)].first == place);
        if begins {
            steps.push(absent());
        }
        places.push(u16::try_from(steps.len()).unwrap());
        steps.push(step.clone());
    }
    steps.push(absent());
    for step in steps.iter_mut().filter(|step| !step.absent) {
        step.stands_on = moved(&step.stands_on, &places);
        step.awaits = moved(&step.awaits, &places);
        if let Some(group) = &mut step.group {
            group.first = places[usize::from(group.first)];
        }
        if let Compensation::With(other) = &mut step.compensation {
            *other = places[usize::from(*other)];
        }
    }
    let mut conditions = definition.conditions.to_vec();
    for condition in &mut conditions {
        condition.first = places[usize::from(condition.first)];
    }
    let with = Definition {
        steps: steps.into(),
        conditions: conditions.into(),
        pivot: definition.pivot.map(|pivot| places[usize::from(pivot)]),
        ..definition.clone()
    };
    (with, places)
}

#[test]
fn it_is_as_if_they_were_not_there() {
    let (mut random, mut heard) = (Random::drawn(3), 0);
    for saga_of in sagas().into_iter().step_by(7) {
        let definition = definition(saga_of.steps.iter().cloned());
        let (with, places) = with_absent(&definition);
        let place = |step: u16| places[usize::from(step)];
        for durable in [false, true] {
            let mut without = saga(definition.clone(), durable);
            let mut kernel = saga(with.clone(), durable);
            for _ in 0..60 {
                let both = answers(&without).into_iter().zip(answers(&kernel));
                let both: Vec<_> = both
                    .map(|((event, _), (moved, _))| (event, moved))
                    .collect();
                if both.is_empty() {
                    break;
                }
                let (event, moved) = random.of(&both);
                assert_eq!(discriminant(&event), discriminant(&moved));
                assert_eq!(event.step().map(place), moved.step());
                without.hear(event);
                kernel.hear(moved);
                heard += 1;
                assert_eq!(without.direction(), kernel.direction());
                assert_eq!(without.end(), kernel.end(), "{event:?}: {without:?}");
                for (step, is) in (0..).zip(&places) {
                    assert_eq!(without.phase(step), kernel.phase(*is), "{event:?}");
                }
                let mut absent = (0..).zip(with.steps.iter()).filter(|(_, step)| step.absent);
                assert!(absent.all(|(place, _)| kernel.phase(place) == Phase::Skipped));
            }
        }
    }
    assert!(heard > 5_000, "{heard}");
}

#[test]
fn it_turns_without_them() {
    let mut saga = memory([step().savepoint(1), absent(), step(), absent()]);
    saga.apply_all([0]);
    assert!(saga.is_attempting(2));
    saga.act(2, refused)
        .compensate(0, compensated)
        .hear(Event::Turned { step: 0 });
    assert_eq!(saga.next(), Command::call(0, CallKind::Action));
    saga.apply_all([0, 2]);
    assert_eq!(saga.end(), Some(End::Completed));
}
