//! Compares what `saga-analysis` finds for a declaration with every run: which steps are never
//! applied without which others, how often code runs, and why a saga parks.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::BuildHasherDefault,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use saga_analysis::{Analysis, Cause, Settled};

use super::{
    answers::answers,
    build::*,
    shapes::{Case, enumerated, promised},
    situation::{Fnv, Situation},
    world::{World, declared, steps},
};
use crate::{
    definition::{Call, Compensation, Definition, Kind, Limit, Retry, Step},
    kernel::{
        Cancellation, Command, Direction, End, Event, Settlement,
        state::{Cause as Last, Flag, StepPhase},
    },
    values::call::CallKind,
};

/// The journal of the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Journal {
    Memory,
    /// The journal of an engine whose process does not end.
    Kept,
    /// The journal of an engine whose process sometimes ends; calls are not counted.
    Crashes,
}

impl Journal {
    const ALL: [Self; 3] = [Self::Memory, Self::Kept, Self::Crashes];
}

const KINDS: [CallKind; 4] = [
    CallKind::Action,
    CallKind::Resolve,
    CallKind::Compensate,
    CallKind::Fallback,
];

/// The number of calls of each code of each step.
type Calls = Vec<[u8; 5]>;

struct Explorer {
    journal: Journal,
    seen: HashSet<(Situation, World, Calls, u8), BuildHasherDefault<Fnv>>,
    found: Found,
}

#[derive(Default)]
struct Found {
    /// Pairs of steps of which the first was applied at some time while the second was not.
    alone: BTreeSet<(u16, u16)>,
    calls: BTreeMap<(u16, u8), u8>,
    /// The reasons for parking, each with how an operator may then settle the step.
    parked: BTreeMap<(u16, Cause), BTreeSet<Settled>>,
    /// Those of them for which a run parked while it rolled back.
    back: BTreeSet<(u16, Cause)>,
}

impl Explorer {
    fn explore(&mut self, saga: &Saga, world: &World, calls: &Calls, luck: u8) {
        let here = (Situation::of(saga), world.clone(), calls.clone(), luck);
        if !self.seen.insert(here) {
            return;
        }
        self.stands(saga, world);
        if saga.next() == Command::End(End::Parked) {
            self.parked(saga);
        }
        for (event, bad_luck) in answers(saga) {
            let Some(luck) = luck.checked_sub(u8::from(bad_luck)) else {
                continue;
            };
            if !self.is_heard(saga, event) || !world.allows(saga, event) {
                continue;
            }
            self.hear(saga, event, world, calls, luck);
            if let Event::Lost { step, .. } = event {
                if let Some((_, call)) = saga.running().find(|&(runs, _)| runs == step) {
                    let mut last = saga.clone();
                    last.states[usize::from(step)].losses.set(call, 9);
                    self.hear(&last, event, world, calls, luck);
                }
            }
        }
    }

    fn hear(&mut self, saga: &Saga, event: Event, world: &World, calls: &Calls, luck: u8) {
        let (mut then, mut world, mut calls) = (saga.clone(), world.clone(), calls.clone());
        then.hear(event);
        world.hear(saga, event, &then);
        if self.journal != Journal::Crashes {
            self.count(event, &mut calls);
        }
        self.explore(&then, &world, &calls, luck);
    }

    /// Whether the event may occur in such a run, without operators.
    fn is_heard(&self, saga: &Saga, event: Event) -> bool {
        match event {
            Event::Settled { .. } | Event::Resumed | Event::DeadlinePassed => false,
            Event::CancelRequested => saga.cancellation() == Cancellation::None,
            Event::TimedOut { step } if !declared(saga, step).kind.acts() => {
                declared(saga, step).timeout.is_some()
            }
            Event::Skipped { step } => declared(saga, step).when.is_some(),
            Event::Recalled => !saga.is_recalled(),
            Event::Unrecordable { .. } => self.journal != Journal::Memory,
            Event::Lost { counted, .. } => self.journal == Journal::Crashes && !counted,
            Event::TurnDeclined { step } => {
                let savepoint = &declared(saga, step).savepoint;
                savepoint.as_ref().is_some_and(|it| it.conditional)
            }
            _ => true,
        }
    }

    fn count(&mut self, event: Event, calls: &mut Calls) {
        let (step, call) = match event {
            Event::Attempting { step } => (step, CallKind::Action),
            Event::Resolving { step } => (step, CallKind::Resolve),
            Event::Compensating { step } => (step, CallKind::Compensate),
            Event::FallingBack { step } => (step, CallKind::Fallback),
            _ => return,
        };
        let count = &mut calls[usize::from(step)][call as usize];
        *count += 1;
        let most = self.found.calls.entry((step, call as u8)).or_default();
        *most = (*most).max(*count);
    }

    fn stands(&mut self, saga: &Saga, world: &World) {
        let missing = steps(saga).filter(|&other| !world.stands(other));
        for other in missing {
            let alone = steps(saga).filter(|&step| step != other && world.may_stand(saga, step));
            self.found.alone.extend(alone.map(|step| (step, other)));
        }
    }

    fn parked(&mut self, saga: &Saga) {
        for step in steps(saga) {
            let state = &saga.states[usize::from(step)];
            let behind = saga.definition().pivot.is_some_and(|pivot| pivot < step);
            let forward = saga.direction() == Direction::Forward;
            let cause = match state.at {
                StepPhase::Uncompensated => Cause::CannotBeUndone,
                StepPhase::Unsettled => Cause::StaysUnknown,
                StepPhase::CrashLoop => Cause::Lost,
                StepPhase::Unrecorded if forward => Cause::NotRecorded,
                StepPhase::Failed if forward && behind => {
                    let evaluated = state.has(Flag::Started) || state.cause != Last::Panicked;
                    if evaluated {
                        Cause::GivenUp
                    } else {
                        Cause::NotEvaluated
                    }
                }
                _ => continue,
            };
            let settled = saga.settleable(step).map(|settlement| match settlement {
                Settlement::Applied => Settled::Applied,
                Settlement::NotApplied => Settled::NotApplied,
                Settlement::Undone => Settled::Undone,
            });
            let all = self.found.parked.entry((step, cause)).or_default();
            all.extend(settled);
            if !forward {
                self.found.back.insert((step, cause));
            }
        }
    }
}

fn acts(definition: &Definition, step: u16) -> bool {
    let kind = definition.steps[usize::from(step)].kind;
    matches!(kind, Kind::Step | Kind::Pivot)
}

/// Explores all runs of the saga, and finds those that the analysis rules out.
fn explore(definition: &Definition, luck: u8, journal: Journal) -> (Found, Vec<String>) {
    let mut explorer = Explorer {
        journal,
        seen: HashSet::default(),
        found: Found::default(),
    };
    let count = definition.steps.len();
    let durable = journal != Journal::Memory;
    let start = saga(definition.clone(), durable);
    explorer.explore(&start, &World::new(count), &vec![[0; 5]; count], luck);
    let analysis = Analysis::with_journal(definition, durable);
    let found = explorer.found;
    let mut wrong = Vec::new();
    for &(step, other) in &found.alone {
        let promised = acts(definition, step) && analysis.never_without(step, other).is_ok();
        if promised {
            wrong.push(format!("{step} stands without {other}"));
        }
    }
    for (&(step, call), &most) in &found.calls {
        let call = KINDS.into_iter().find(|kind| *kind as u8 == call).unwrap();
        let allowed = analysis.calls(step, call);
        if matches!(allowed, Limit::Times(times) if times < u32::from(most)) {
            wrong.push(format!("{step}: {most} calls of {call}, not {allowed:?}"));
        }
    }
    let parks = analysis.parks();
    for (&(step, cause), settled) in &found.parked {
        let park = parks
            .iter()
            .find(|park| park.path == [step] && park.cause == cause);
        match park {
            None => wrong.push(format!("{step} parks: {cause:?}")),
            Some(park) if !settled.iter().all(|it| park.settled.contains(it)) => {
                wrong.push(format!("{step} is settled: {cause:?} {settled:?}"));
            }
            Some(park) if park.undoes_nothing && found.back.contains(&(step, cause)) => {
                wrong.push(format!("{step} parks while the saga rolls back: {cause:?}"));
            }
            Some(_) => {}
        }
    }
    (found, wrong)
}

/// Checks each saga, on all cores.
fn each(sagas: &[Case], does: impl Fn(&Case, &Definition) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(case) = sagas.get(next.fetch_add(1, Ordering::Relaxed)) {
            let definition = definition(case.steps.iter().cloned());
            let found = does(case, &definition);
            let steps: Vec<_> = case.steps.iter().map(told).collect();
            wrong.extend(found.into_iter().map(|it| format!("{it}: {steps:#?}")));
        }
        wrong
    };
    thread::scope(|scope| {
        let workers = [0; 4].map(|_| scope.spawn(work));
        let found = workers.into_iter().map(|worker| worker.join().unwrap());
        found.flatten().collect()
    })
}

/// A short text of a step's declaration.
pub(super) fn told(step: &Step) -> String {
    let of = |call: &Option<Call>| call.as_ref().map(|call| limit(call.retry.as_ref()));
    let undone = match &step.compensation {
        Compensation::Absent => "-".to_owned(),
        Compensation::None => "none".to_owned(),
        Compensation::With(other) => format!("with {other}"),
        Compensation::Declared { by_key, call } => {
            let by_key = if *by_key { "by_key " } else { "" };
            format!("{by_key}{}", limit(call.retry.as_ref()))
        }
    };
    format!(
        "{:?} group {:?} if {:?} when {:?} undo {undone} ask {:?} instead {:?} on {:?} awaits {:?} retry {} same {} save {}",
        step.kind,
        step.group.map(|group| (group.first, group.len)),
        step.condition,
        step.when.is_some(),
        of(&step.resolve),
        of(&step.fallback),
        step.stands_on,
        step.awaits,
        limit(step.retry.as_ref()),
        step.idempotent,
        limit(step.savepoint.as_ref()),
    )
}

fn limit(retry: Option<&Retry>) -> String {
    retry.map_or_else(|| "-".to_owned(), |retry| format!("{:?}", retry.limit))
}

fn none(wrong: &[String]) {
    let shown = &wrong[..wrong.len().min(20)];
    assert!(
        wrong.is_empty(),
        "{} times:\n{}",
        wrong.len(),
        shown.join("\n")
    );
}

/// How many of the results that the analysis allows are reached by some run.
#[derive(Default)]
struct Reached([AtomicUsize; 2]);

impl Reached {
    fn count(&self, is_reached: bool) {
        self.0[0].fetch_add(1, Ordering::Relaxed);
        self.0[1].fetch_add(usize::from(is_reached), Ordering::Relaxed);
    }

    fn get(&self) -> [usize; 2] {
        self.0
            .each_ref()
            .map(|number| number.load(Ordering::Relaxed))
    }
}

#[test]
fn no_run_does_what_the_declaration_denies() {
    let wrong = each(&enumerated(), |case, definition| {
        let journals = Journal::ALL.into_iter();
        let wrong = journals.flat_map(|journal| {
            let (_, wrong) = explore(definition, case.luck, journal);
            wrong
                .into_iter()
                .map(move |it| format!("{journal:?}: {it}"))
        });
        wrong.collect()
    });
    none(&wrong);
}

/// If bad luck covers all limits, the pairs and the causes are exactly those that some run shows.
#[test]
fn what_the_declaration_allows_happens() {
    let (pairs, causes, calls) = (Reached::default(), Reached::default(), Reached::default());
    let wrong = each(&promised(), |case, definition| {
        let mut lacking = Vec::new();
        let all: Vec<_> = Journal::ALL
            .iter()
            .map(|&journal| (journal, explore(definition, case.luck, journal)))
            .collect();
        for (journal, (found, wrong)) in all {
            lacking.extend(wrong);
            let analysis = Analysis::with_journal(definition, journal != Journal::Memory);
            let count = u16::try_from(definition.steps.len()).unwrap();
            let all = (0..count).flat_map(|step| (0..count).map(move |other| (step, other)));
            for (step, other) in all.filter(|(step, other)| step != other) {
                let both = acts(definition, step) && acts(definition, other);
                if !both || journal == Journal::Kept {
                    continue;
                }
                let Err(gap) = analysis.never_without(step, other) else {
                    continue;
                };
                let reached = found.alone.contains(&(step, other));
                pairs.count(reached);
                if !reached {
                    lacking.push(format!(
                        "{journal:?}: {step} never stands without {other}: {gap:?}"
                    ));
                }
            }
            for park in analysis.parks() {
                if journal == Journal::Kept {
                    continue;
                }
                if count > 2 {
                    continue;
                }
                let settled = found.parked.get(&(park.path[0], park.cause));
                let declared = &definition.steps[usize::from(park.path[0])];
                // Five repetitions need more bad luck than there is: the step remains in doubt only
                // by a `Partial`.
                let short = declared.idempotent && declared.retry.is_none();
                let reached = settled
                    .is_some_and(|it| it.iter().eq(&park.settled) || short && !it.is_empty());
                causes.count(reached);
                if !reached {
                    lacking.push(format!(
                        "{journal:?}: {} never parks: {:?} {:?}, but {settled:?}",
                        park.path[0], park.cause, park.settled
                    ));
                }
            }
            for step in 0..count {
                for call in KINDS {
                    let Limit::Times(allowed) = analysis.calls(step, call) else {
                        continue;
                    };
                    let most = found.calls.get(&(step, call as u8)).copied().unwrap_or(0);
                    if allowed > 0 && journal == Journal::Memory {
                        calls.count(u32::from(most) == allowed);
                    }
                }
            }
        }
        lacking
    });
    println!(
        "pairs {:?}, causes {:?}, calls {:?}",
        pairs.get(),
        causes.get(),
        calls.get()
    );
    none(&wrong);
}
