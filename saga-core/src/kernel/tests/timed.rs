//! Compares the times and counts that `saga-analysis` computes with the longest run of the kernel
//! in virtual time: each call takes as long as it may, and ends in every way.

mod clock;

use std::time::Duration;

use clock::measured;
use saga_analysis::{Analysis, Bound};

use super::{analysed::told, build::*};
use crate::{
    definition::{Compensation, Definition, Kind, Limit, Step, Timing},
    values::call::CallKind,
};

/// A measurement of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    /// The time until the run is decided.
    Decided,
    /// The time until the run has ended.
    Ended,
    /// The time from the attempt that applied one step until the other is applied.
    Hold(u16, u16),
    /// The number of calls of this code of this step.
    Calls(u16, CallKind),
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}

/// Gives the step time limits of its own.
fn timed(mut step: Step, number: u64) -> Step {
    let time = |time: u64| Some(Timing::Fixed(Duration::from_millis(time * (number + 1))));
    step.timeout = time(1000);
    for (call, limit) in [(&mut step.resolve, 300), (&mut step.fallback, 170)] {
        if let Some(call) = call {
            call.timeout = time(limit);
        }
    }
    if let Compensation::Declared { call, .. } = &mut step.compensation {
        call.timeout = time(410);
    }
    if step.late.is_some() {
        step.late = time(70);
    }
    step
}

/// Compares the measure with the result of the analysis, which must not be smaller. Returns whether
/// they are equal.
fn compare(definition: &Definition, durable: bool, measure: Measure) -> Result<bool, String> {
    let analysis = Analysis::with_journal(definition, durable);
    let found = measured(definition, durable, measure);
    let said = match measure {
        Measure::Decided => analysis.decided_within(),
        Measure::Ended => analysis.ends_within(),
        Measure::Hold(from, until) => match analysis.holds_within(from, until) {
            Some(bound) => bound,
            None => return Ok(true),
        },
        Measure::Calls(step, call) => match analysis.calls(step, call) {
            Limit::Times(times) => Bound::Within(Duration::from_millis(times.into())),
            Limit::Forever => return Ok(false),
        },
    };
    let Bound::Within(said) = said else {
        return Ok(false);
    };
    let said = millis(said);
    match found {
        Some(found) if found > said => Err(format!("{measure:?}: {found} > {said}")),
        Some(found) => Ok(found == said),
        None => Ok(true),
    }
}

fn measures(definition: &Definition) -> Vec<Measure> {
    let count = u16::try_from(definition.steps.len()).unwrap();
    let mut all = vec![Measure::Decided, Measure::Ended];
    for step in 0..count {
        let kind = definition.steps[usize::from(step)].kind;
        if matches!(kind, Kind::Step | Kind::Pivot) {
            all.extend((0..count).map(|until| Measure::Hold(step, until)));
        }
        let calls = [
            CallKind::Action,
            CallKind::Resolve,
            CallKind::Compensate,
            CallKind::Fallback,
        ];
        all.extend(calls.map(|call| Measure::Calls(step, call)));
    }
    all
}

/// No run exceeds the results of the analysis for these sagas. Some run reaches the times until the
/// decision and the times for which results are held; the other results are reached, except for
/// `loose` of them.
fn check(sagas: impl IntoIterator<Item = Vec<Step>>, durable: bool, loose: usize) {
    let (mut wrong, mut above) = (Vec::new(), 0);
    for steps in sagas {
        let steps = (0..).zip(steps).map(|(number, step)| timed(step, number));
        let steps: Vec<_> = steps.collect();
        let about: Vec<_> = steps.iter().map(told).collect();
        let definition = definition(steps);
        for measure in measures(&definition) {
            match compare(&definition, durable, measure) {
                Ok(true) => {}
                Ok(false) if matches!(measure, Measure::Ended | Measure::Calls(..)) => above += 1,
                Ok(false) => wrong.push(format!("{measure:?} is never reached: {about:#?}")),
                Err(what) => wrong.push(format!("{what}: {about:#?}")),
            }
        }
    }
    let shown = &wrong[..wrong.len().min(8)];
    assert!(
        wrong.is_empty(),
        "{} times:\n{}",
        wrong.len(),
        shown.join("\n")
    );
    assert!(above <= loose, "{above} are never reached");
}

/// All sagas, or one in `part` unless the suite is exhaustive.
fn some(sagas: Vec<Vec<Step>>, part: usize) -> impl Iterator<Item = Vec<Step>> {
    sagas.into_iter().step_by(saga_tests::bound(1, part))
}

fn kinds() -> Vec<Step> {
    vec![
        step().undo(2),
        step().idempotent().retry(2).undo(1),
        step().resolve_times(2).late().retry(2).undo(1),
        step().by_key().retry(2).undo(2),
        step().resolve_times(1).idempotent().retry(2).undo(1),
        step().resolve_times(1).late().by_key().undo(1),
        step().by_key().idempotent().retry(2).undo(1).when(),
        step().resolve_times(1).retry(2).undo(1).fallback(),
        lasting().idempotent().retry(2),
        read().retry(2).fallback(),
        read(),
    ]
}

fn small() -> Vec<Step> {
    vec![
        step().undo(1),
        step().by_key().retry(2).undo(1),
        step().idempotent().retry(2).undo(1).when(),
        read().fallback(),
        lasting().idempotent().retry(2),
    ]
}

fn afterwards() -> Vec<Step> {
    vec![
        last().retry(2),
        last().resolve_times(1).retry(1).fallback(),
        last().when().retry(1),
        read().retry(1),
        signal().fallback(),
    ]
}

fn pairs(first: &[Step], second: &[Step]) -> Vec<Vec<Step>> {
    let second = |first: &Step| {
        let second = second.iter().cloned();
        second
            .map(|second| vec![first.clone(), second])
            .collect::<Vec<_>>()
    };
    first.iter().flat_map(second).collect()
}

#[test]
fn one_step() {
    for durable in [false, true] {
        let sagas = kinds().into_iter().map(|step| vec![step]);
        check(sagas, durable, 1);
    }
}

#[test]
fn two_steps() {
    check(some(pairs(&kinds(), &small()), 3), false, 10);
    check(some(pairs(&small(), &small()), 2), true, 25);
}

#[test]
fn savepoints() {
    let saved = |turns| small().into_iter().map(move |step| step.savepoint(turns));
    let all: Vec<_> = saved(1).chain(saved(2)).collect();
    check(some(pairs(&all, &small()), 5), false, 20);
    check(some(pairs(&small(), &all), 5), false, 30);
    check(some(pairs(&all, &all), 11), false, 80);
}

#[test]
fn savepoints_with_conditions() {
    let conditional = |turns: u32, mut step: Step| {
        step = step.savepoint(turns);
        step.savepoint.as_mut().unwrap().conditional = true;
        step
    };
    let mut all = Vec::new();
    for [first, second] in [[1, 2], [2, 1], [2, 2]] {
        for is_conditional in [[false, false], [true, false], [false, true], [true, true]] {
            let saved = |turns, is_conditional, step: Step| {
                if is_conditional {
                    conditional(turns, step)
                } else {
                    step.savepoint(turns)
                }
            };
            all.push(vec![
                saved(
                    first,
                    is_conditional[0],
                    step().idempotent().retry(1).undo(1),
                ),
                saved(second, is_conditional[1], read()),
                step().by_key().undo(1),
            ]);
        }
    }
    check(some(all, 3), false, 60);
}

#[test]
fn pivots_and_after() {
    let pivots = [pivot().retry(2), pivot().resolve_times(2).late().retry(2)];
    check(some(pairs(&small(), &pivots), 1), false, 0);
    check(some(pairs(&pivots, &afterwards()), 1), false, 0);
    let savepoint = step().idempotent().retry(1).undo(1).savepoint(1);
    let three = pivots.map(|pivot| vec![savepoint.clone(), pivot, last().retry(1)]);
    check(three, false, 10);
}

#[test]
fn blocks() {
    let mut all = Vec::new();
    for steps in pairs(&small(), &small()) {
        all.push(group(0, steps.clone()));
        let [first, second] = steps.try_into().unwrap();
        all.push(group(0, [first, second.awaits(&[0])]));
    }
    check(some(all, 7), false, 12);
    let few = || [step().undo(1), step().idempotent().retry(1).undo(1), read()];
    let mut all = Vec::new();
    for first in few() {
        for second in few() {
            let third = || step().undo(1);
            let all_of = |third| group(0, [first.clone(), second.clone(), third]);
            all.push(all_of(third().awaits(&[0])));
            all.push(all_of(third().awaits(&[1])));
        }
    }
    check(some(all, 6), false, 12);
}
