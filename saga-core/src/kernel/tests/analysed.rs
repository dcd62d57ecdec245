//! Compares what `typed-saga-analysis` finds for a declaration with every run: which steps are
//! never applied without which others, how often code runs, and why a saga parks.

mod parked;
mod remaining;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::BuildHasherDefault,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use typed_saga_analysis::Analysis;

use super::{
    build::*,
    shapes::{Case, enumerated, promised},
    situation::Fnv,
    tree::{Answer, Key, Move, Tree},
    world::{declared, steps},
};
use crate::{
    definition::{Call, Compensation, Definition, Kind, Limit, Ref, Retry, Step},
    kernel::{Cancellation, Command, End, Event},
    values::call::CallKind,
};
use parked::Parked;
use remaining::named;

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
    seen: HashSet<(Key, Calls, u8), BuildHasherDefault<Fnv>>,
    found: Found,
}

#[derive(Default)]
struct Found {
    /// Pairs of steps of which the first was applied at some time while the second was not.
    alone: BTreeSet<(u16, u16)>,
    calls: BTreeMap<(u16, u8), u8>,
    parked: Parked,
}

impl Explorer {
    fn explore(&mut self, tree: &Tree, calls: &Calls, luck: u8) {
        let here = (tree.key(), calls.clone(), luck);
        if !self.seen.insert(here) {
            return;
        }
        self.stands(tree);
        if tree.saga.next() == Command::End(End::Parked) {
            self.found.parked.add(tree);
        }
        for answer in tree.answers() {
            let Some(luck) = luck.checked_sub(u8::from(answer.bad_luck)) else {
                continue;
            };
            if !self.is_heard(tree, &answer) {
                continue;
            }
            self.hear(tree.clone(), &answer, calls, luck);
            if let Move::Hear(Event::Lost { step, .. }) = answer.what {
                let mut last = tree.clone();
                let saga = &mut last.at_mut(&answer.path).saga;
                let ended = saga.running().find(|&(runs, _)| runs == step);
                if let Some((_, call)) = ended {
                    saga.states[usize::from(step)].losses.set(call, 9);
                    self.hear(last, &answer, calls, luck);
                }
            }
        }
    }

    fn hear(&mut self, mut then: Tree, answer: &Answer, calls: &Calls, luck: u8) {
        let mut calls = calls.clone();
        then.hear(&answer.path, answer.what);
        match answer.what {
            Move::Hear(event) if answer.path.is_empty() && self.journal != Journal::Crashes => {
                self.count(event, &mut calls);
            }
            _ => {}
        }
        self.explore(&then, &calls, luck);
    }

    /// Whether this may happen in such a run, without operators.
    fn is_heard(&self, tree: &Tree, answer: &Answer) -> bool {
        let Move::Hear(event) = answer.what else {
            return true;
        };
        let Tree { saga, world, .. } = tree.at(&answer.path);
        let nested = |step: u16| declared(saga, step).is_nested();
        let may = match event {
            Event::Settled { .. } | Event::Resumed => false,
            // A cancel has the same consequences; but a child saga reports its deadline.
            Event::DeadlinePassed => {
                !answer.path.is_empty() && saga.deadline() == Cancellation::None
            }
            Event::CancelRequested => saga.cancellation() == Cancellation::None,
            Event::TimedOut { step } if !declared(saga, step).kind.acts() => {
                declared(saga, step).timeout.is_some()
            }
            Event::Skipped { step } => declared(saga, step).when.is_some(),
            Event::Recalled => !saga.is_recalled(),
            // What a service drops by itself is no promise of the saga.
            Event::Resolved { step, happened } => happened || !world.has_happened(step),
            Event::Unrecordable { step } => self.journal != Journal::Memory || nested(step),
            // The call of a child saga is lost with its own calls.
            Event::Lost { step, .. } if tree.at(&answer.path).is_nested_call(step) => true,
            Event::Lost { .. } => self.journal == Journal::Crashes,
            Event::TurnDeclined { step } => {
                let savepoint = &declared(saga, step).savepoint;
                savepoint.as_ref().is_some_and(|it| it.conditional)
            }
            _ => true,
        };
        may && (event.step().is_some_and(nested) || world.allows(saga, event))
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

    /// A promise cannot name child sagas.
    fn stands(&mut self, tree: &Tree) {
        let Tree { saga, world, .. } = tree;
        let own = || steps(saga).filter(|&step| !declared(saga, step).is_nested());
        let missing = own().filter(|&other| !world.stands(other));
        for other in missing {
            let alone = own().filter(|&step| step != other && world.may_stand(saga, step));
            self.found.alone.extend(alone.map(|step| (step, other)));
        }
    }
}

/// Whether the step changes something itself.
fn acts(definition: &Definition, step: u16) -> bool {
    let step = &definition.steps[usize::from(step)];
    matches!(step.kind, Kind::Step | Kind::Pivot) && !step.is_nested()
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
    let start = Tree::new(saga(definition.clone(), durable), None);
    explorer.explore(&start, &vec![[0; 5]; count], luck);
    let analysis = Analysis::with_journal(definition, durable);
    let found = explorer.found;
    let mut wrong = Vec::new();
    for &(step, other) in &found.alone {
        let promised = acts(definition, step) && analysis.gap(step, other).is_none();
        if promised {
            wrong.push(format!("{step} stands without {other}"));
        }
    }
    for (&(step, call), &most) in &found.calls {
        let call = KINDS.into_iter().find(|kind| *kind as u8 == call).unwrap();
        let allowed = analysis.calls(step, call);
        let nested = definition.steps[usize::from(step)].is_nested();
        if matches!(allowed, Limit::Times(times) if times < u32::from(most)) && !nested {
            wrong.push(format!("{step}: {most} calls of {call}, not {allowed:?}"));
        }
    }
    let parks = analysis.parks();
    wrong.extend(found.parked.unlisted(&parks));
    wrong.extend(found.parked.remaining.differences(&parks).0);
    (found, wrong)
}

/// Checks each saga, on all cores.
fn each(sagas: &[Case], does: impl Fn(&Case, &Definition) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(case) = sagas.get(next.fetch_add(1, Ordering::Relaxed)) {
            let definition = definition(named(case.steps.iter().cloned()));
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
    let of = |call: &Option<Ref<Call>>| call.as_ref().map(|call| limit(call.retry.as_ref()));
    let undone = match &step.compensation {
        Compensation::Absent => "-".to_owned(),
        Compensation::None { .. } => "none".to_owned(),
        Compensation::With(other) => format!("with {other}"),
        Compensation::Declared { by_key, call } => {
            let by_key = if *by_key { "by_key " } else { "" };
            format!("{by_key}{}", limit(call.retry.as_ref()))
        }
    };
    let inside = step.child.as_ref().map(|child| {
        let inside: Vec<_> = child.definition.steps.iter().map(told).collect();
        (child.definition.deadline, inside)
    });
    format!(
        "{:?} {inside:?} group {:?} if {:?} when {:?} undo {undone} ask {:?} instead {:?} on {:?} awaits {:?} retry {} same {} save {:?}",
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
        step.savepoint,
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

    fn add(&self, reached: usize) {
        self.0.iter().for_each(|number| {
            number.fetch_add(reached, Ordering::Relaxed);
        });
    }

    fn get(&self) -> [usize; 2] {
        self.0
            .each_ref()
            .map(|number| number.load(Ordering::Relaxed))
    }
}

#[test]
fn no_run_does_what_the_declaration_denies() {
    // Of the larger sagas, each third.
    let mut sagas = enumerated();
    let mut count = 0;
    sagas.retain(|case| {
        count += usize::from(case.steps.len() > 2);
        case.steps.len() <= 2 || count % 3 == 0
    });
    let wrong = each(&sagas, |case, definition| {
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
                let Some(gap) = analysis.gap(step, other) else {
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
            if journal != Journal::Kept && count <= 2 {
                let (all, reached) = found.parked.reached(&analysis.parks(), journal, case.luck);
                lacking.extend(reached.into_iter().map(|it| format!("{journal:?}: {it}")));
                causes.add(all);
            }
            lacking.extend(found.parked.remaining.differences(&analysis.parks()).1);
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
