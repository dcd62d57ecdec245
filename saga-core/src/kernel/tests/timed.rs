//! Compares the times and counts that `typed-saga-analysis` computes with the longest run of the
//! kernel in virtual time: each call takes as long as it may, and ends in every way.

mod clock;
mod conditions;
mod deadlines;
mod doing;
mod savepoints;
mod versions;

use std::time::Duration;

use clock::measured;
use typed_saga_analysis::{Analysis, Bound, Called};
use versions::versions;

use super::{analysed::told, build::*};
use crate::{
    definition::{Compensation, Definition, Field, Kind, Limit, Step, Timing},
    values::call::CallKind,
};

/// A measurement of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Measure {
    /// The time until the run is decided.
    Decided,
    /// The time until the run has ended.
    Ended,
    /// The time from the attempt that applied one step until the other is applied.
    Hold(u16, u16),
    /// The number of calls of this code of the step at this path.
    Calls(Vec<u16>, CallKind),
}

const CALLS: [CallKind; 4] = [
    CallKind::Action,
    CallKind::Resolve,
    CallKind::Compensate,
    CallKind::Fallback,
];

/// The service that all code reads.
const SERVICE: &str = "vendor";

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}

/// Gives the step a name and time limits of its own, and each of its clauses the service.
fn timed(mut step: Step, number: u64) -> Step {
    let time = |time: u64| Some(Timing::Fixed(Duration::from_millis(time * (number + 1))));
    step.name = name(number).into();
    step.reads = [SERVICE.into()].into_iter().collect();
    for (call, limit) in [(&mut step.resolve, 300), (&mut step.rare.fallback, 1700)] {
        if let Some(call) = call {
            call.timeout = time(limit);
            call.reads = step.reads.clone();
        }
    }
    if let Compensation::Declared { call, .. } = &mut step.compensation {
        call.timeout = time(410);
        call.reads = step.reads.clone();
    }
    if step.late.is_some() {
        step.late = time(70);
    }
    match &mut step.rare.child {
        // Its limit is the deadline of the child saga.
        Some(child) => {
            child.services = step.reads.clone();
            child.definition =
                all_timed(child.definition.steps.to_vec(), child.definition.deadline).into();
        }
        None => step.timeout = time(1000),
    }
    step
}

fn name(number: u64) -> String {
    format!("s{number}")
}

fn all_timed(steps: Vec<Step>, deadline: Option<Duration>) -> Definition {
    let steps = (0..).zip(steps).map(|(number, step)| timed(step, number));
    let service = Field {
        name: SERVICE.into(),
        ..Field::PLAIN
    };
    Definition {
        services: [service].into_iter().collect(),
        deadline,
        ..definition(steps)
    }
}

/// Compares the measure with the result of the analysis, which must not be smaller. Returns whether
/// they are equal.
fn compare(definition: &Definition, durable: bool, measure: &Measure) -> Result<bool, String> {
    let analysis = Analysis::with_journal(definition, durable).with_deadline();
    let versions = versions(definition).into_iter();
    let found = versions.map(|version| measured(&version, durable, measure, analysis.deadline()));
    let found = found.max().flatten();
    let said = match measure {
        Measure::Decided => analysis.decided_within(),
        Measure::Ended => analysis.ends_within(),
        Measure::Hold(from, until) => match analysis.holds_within(*from, *until) {
            Some(bound) => bound,
            None => return Ok(true),
        },
        Measure::Calls(path, call) => match calls(&analysis, path, *call) {
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
        Some(found) if found < said && std::env::var("SHOW").is_ok() => {
            println!(
                "  {measure:?} {found} {said} {:?}",
                definition.steps.iter().map(told).collect::<Vec<_>>()
            );
            Ok(false)
        }
        Some(found) => Ok(found == said),
        None => Ok(true),
    }
}

/// How often the report says that this code runs.
fn calls(analysis: &Analysis<'_>, path: &[u16], call: CallKind) -> Limit {
    let names: Vec<_> = path.iter().map(|step| name(u64::from(*step))).collect();
    let path = names.join("/");
    let services = analysis.services();
    let mut code = services.iter().flat_map(|service| &service.code);
    let code = code.find(|code| code.step == *path && code.call == Called::Step(call));
    code.map_or(Limit::Times(0), |code| code.runs.expect("it is known"))
}

fn measures(definition: &Definition) -> Vec<Measure> {
    let count = u16::try_from(definition.steps.len()).unwrap();
    let mut all = vec![Measure::Decided, Measure::Ended];
    for step in 0..count {
        let declared = &definition.steps[usize::from(step)];
        if matches!(declared.kind, Kind::Step | Kind::Pivot) && !declared.is_nested() {
            all.extend((0..count).map(|until| Measure::Hold(step, until)));
        }
    }
    for path in paths(definition) {
        all.extend(CALLS.map(|call| Measure::Calls(path.clone(), call)));
    }
    all
}

/// The paths of all steps that have code.
fn paths(definition: &Definition) -> Vec<Vec<u16>> {
    let mut all = Vec::new();
    for (number, step) in (0..).zip(&*definition.steps) {
        match &step.child {
            Some(child) => {
                let inside = paths(&child.definition).into_iter();
                all.extend(inside.map(|path| [vec![number], path].concat()));
            }
            None => all.push(vec![number]),
        }
    }
    all
}

/// No run exceeds the results of the analysis for these sagas. Some run reaches the times until the
/// decision and the times for which results are held; the other results are reached, except for
/// `loose` of them.
fn check(sagas: impl IntoIterator<Item = Vec<Step>>, durable: bool, loose: usize) {
    let sagas = sagas.into_iter().map(|steps| all_timed(steps, None));
    check_all(sagas, durable, true, loose);
}

/// The same for bounds that no run has to reach.
fn check_late(sagas: impl IntoIterator<Item = Vec<Step>>, durable: bool, loose: usize) {
    let sagas = sagas.into_iter().map(|steps| all_timed(steps, None));
    check_all(sagas, durable, false, loose);
}

/// The same; but only if `exact`, some run reaches the times until the decision and of the holds.
fn check_all(
    sagas: impl IntoIterator<Item = Definition>,
    durable: bool,
    exact: bool,
    loose: usize,
) {
    let (mut wrong, mut above, mut all) = (Vec::new(), 0, 0);
    for definition in sagas {
        let about: Vec<_> = definition.steps.iter().map(told).collect();
        let within = definition.within;
        for measure in measures(&definition) {
            all += 1;
            match compare(&definition, durable, &measure) {
                Ok(true) => {}
                Ok(false) if !exact || matches!(measure, Measure::Ended | Measure::Calls(..)) => {
                    above += 1;
                }
                Ok(false) => wrong.push(format!(
                    "{measure:?} is never reached: {within:?} {about:#?}"
                )),
                Err(what) => wrong.push(format!("{what}: {within:?} {about:#?}")),
            }
        }
    }
    println!("{all} compared, {above} are never reached");
    let shown = &wrong[..wrong.len().min(80)];
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
    some_of(sagas, [1, part])
}

/// One saga in `every` if the suite is exhaustive, or else one in `part`.
fn some_of(sagas: Vec<Vec<Step>>, [every, part]: [usize; 2]) -> impl Iterator<Item = Vec<Step>> {
    sagas.into_iter().step_by(saga_tests::bound(every, part))
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

/// Steps for whose lost requests an attempt or a compensation waits. That wait counts from the end
/// of the unconfirmed attempt, beside the waits between attempts, so no run takes as long as both
/// together.
fn late_kinds() -> Vec<Step> {
    vec![
        step().idempotent().retry(2).undo(1).own_late(),
        lasting().idempotent().retry(3).late(),
        step()
            .resolve_times(1)
            .idempotent()
            .retry(2)
            .undo(1)
            .own_late(),
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

/// A compensation waits for requests of its own step, and of steps that are undone with it.
#[test]
fn late_requests() {
    let late = || step().idempotent().retry(2).undo(1).own_late();
    let with = |by: Step| vec![by, covered(0).idempotent().retry(2).own_late()];
    let undone = [
        with(step().undo(1)),
        with(step().by_key().undo(1)),
        with(late()),
        vec![late(), late()],
        vec![late(), read().retry(2)],
    ];
    let asked = |step: Step| step.resolve_times(1).idempotent().late();
    let asked = [
        asked(step().undo(1)).retry(3),
        asked(lasting()).retry(4),
        asked(step().by_key().undo(1)).retry(3).own_late(),
    ];
    let one = late_kinds().into_iter().chain(asked);
    for durable in [false, true] {
        check_late(one.clone().map(|step| vec![step]), durable, 11);
    }
    check_late(undone, false, 15);
    check_late(some(pairs(&late_kinds(), &small()), 3), false, 35);
    let (pivots, after) = ([pivot().retry(2).late()], [last().retry(2).late()]);
    check_late(pairs(&small(), &pivots), false, 14);
    check_late(pairs(&pivots, &after), false, 3);
}

#[test]
fn two_steps() {
    check(some(pairs(&kinds(), &small()), 3), false, 10);
    check(some(pairs(&small(), &small()), 2), true, 25);
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
