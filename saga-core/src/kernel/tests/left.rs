//! Which reruns meet a step that remains: what the compiler says (`Definition::left_at`), compared with
//! every run of small sagas.
//!
//! Three things are left aside: a result that cannot be recorded, the lost output of a child saga (a step
//! then fails itself although it is applied), and what an operator settles. Then the kernel alone forbids
//! the rerun.

mod children;
mod loops;
mod shapes;

use std::{
    collections::{BTreeSet, HashSet},
    hash::BuildHasherDefault,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{
    build::*,
    situation::Fnv,
    tree::{Answer, Key, Move, Tree},
    world::{declared, steps},
};
use crate::{
    definition::{Arm, Definition, Kind, Step, Timing},
    kernel::{Command, Direction, Event, remnant::Part},
};

/// A step that is certainly applied when a rerun is due from a savepoint, and the step that failed.
type Met = BTreeSet<(u16, u16, u16)>;

#[derive(Default)]
struct Explorer {
    seen: HashSet<(Key, u8), BuildHasherDefault<Fnv>>,
    met: Met,
}

impl Explorer {
    fn explore(&mut self, tree: &Tree, luck: u8) {
        if !self.seen.insert((tree.key(), luck)) {
            return;
        }
        self.note(&tree.saga);
        for answer in tree.answers() {
            let luck = luck.checked_sub(u8::from(answer.bad_luck));
            let Some(luck) = luck.filter(|_| may_happen(tree, &answer)) else {
                continue;
            };
            for then in after(tree, &answer) {
                self.explore(&then, luck);
            }
        }
    }

    fn note(&mut self, saga: &Saga) {
        let Some((savepoint, failed)) = due(saga).zip(saga.first_failed()) else {
            return;
        };
        for step in savepoint..steps(saga).end {
            if declared(saga, step).is_left() && is_certain(saga, step) {
                self.met.insert((step, savepoint, failed));
            }
        }
    }
}

/// The savepoint from which a rerun is due, whether or not it is then refused.
fn due(saga: &Saga) -> Option<u16> {
    match saga.next() {
        Command::Turn { step, .. } => Some(step),
        Command::Refuse { step } if saga.direction() == Direction::Compensating => Some(step),
        _ => None,
    }
}

/// Whether the step, or an item of it, is certainly applied.
fn is_certain(saga: &Saga, step: u16) -> bool {
    let state = &saga.states[usize::from(step)];
    let items = declared(saga, step).items.is_some();
    state.is_applied() || items && (state.part.has(Part::CERTAIN) || state.part.has(Part::STANDS))
}

/// Whether the declaration lets this happen, and it is not left aside.
fn may_happen(tree: &Tree, answer: &Answer) -> bool {
    let saga = &tree.at(&answer.path).saga;
    let Move::Hear(event) = answer.what else {
        return true;
    };
    match event {
        // Not one leads to a rerun that would not be due otherwise.
        Event::CancelRequested | Event::DeadlinePassed | Event::Recalled => false,
        Event::Unrecordable { .. } | Event::Settled { .. } => false,
        Event::Skipped { step } => declared(saga, step).when.is_some(),
        Event::TimedOut { step } => match declared(saga, step).kind {
            Kind::Signal => declared(saga, step).timeout.is_some(),
            _ => true,
        },
        Event::WhenPanicked { step } => {
            matches!(saga.next(), Command::DecideBlock { .. }) || evaluates(declared(saga, step))
        }
        _ => true,
    }
}

/// Whether a wait evaluates an expression.
fn evaluates(wait: &Step) -> bool {
    wait.when.is_some()
        || match wait.kind {
            Kind::Sleep => !matches!(wait.timeout, Some(Timing::Fixed(_))),
            Kind::Signal => false,
            _ => true,
        }
}

/// The sagas once this has happened; a loop ends in several ways.
fn after(tree: &Tree, answer: &Answer) -> Vec<Tree> {
    if let Move::Begin(step) = answer.what
        && declared(&tree.at(&answer.path).saga, step).items.is_some()
    {
        return loops::ends(tree, step);
    }
    let mut then = tree.clone();
    then.hear(&answer.path, answer.what);
    vec![then]
}

fn met(definition: &Definition) -> Met {
    let mut explorer = Explorer::default();
    // A failure, and each later savepoint declines.
    let savepoints = definition
        .steps
        .iter()
        .filter(|step| step.savepoint.is_some());
    let luck = u8::try_from(savepoints.count()).unwrap().max(2);
    explorer.explore(&Tree::new(saga(definition.clone(), false), None), luck);
    explorer.met
}

/// What this function returns for each definition, in their order.
fn each<T: Send>(definitions: &[Definition], of: impl Fn(&Definition) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(definition) = definitions.get(at) else {
                return found;
            };
            found.push((at, of(definition)));
        }
    };
    let mut found: Vec<_> = thread::scope(|scope| {
        let workers = [0; 4].map(|_| scope.spawn(work));
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, found)| found).collect()
}

/// Where the rule, applied to what `seen` makes of the definition, differs from what the runs of the
/// definition have met.
fn differences(
    definition: &Definition,
    met: &Met,
    seen: impl Fn(Definition) -> Definition,
) -> Vec<String> {
    let rule = seen(definition.clone());
    let steps = || (0..).zip(definition.steps.iter());
    let left = steps().filter(|(_, step)| step.is_left());
    let pairs = left.flat_map(|(left, _)| {
        let savepoints = steps().filter(|(_, step)| step.savepoint.is_some());
        savepoints.map(move |(savepoint, _)| (left, savepoint))
    });
    let wrong = pairs.filter_map(|(left, savepoint)| {
        let said = rule.left_at(left, savepoint);
        let these = met.iter().filter(|met| (met.0, met.1) == (left, savepoint));
        let last = these.map(|met| met.2).max();
        (said != last).then(|| format!("{left} from {savepoint}: {said:?}, not {last:?}"))
    });
    wrong.collect()
}

/// What the rule would see of a definition without one of its parts.
const BLIND: [(&str, fn(&mut Definition)); 6] = [
    ("`on`", |saga| {
        for step in saga.steps.to_mut() {
            if let Some(savepoint) = &mut step.savepoint {
                savepoint.on = None;
            }
        }
    }),
    ("arms", |saga| {
        for condition in saga.conditions.to_mut() {
            condition.arm = Arm::When;
        }
    }),
    ("siblings", |saga| {
        for step in saga.steps.to_mut() {
            step.group = None;
        }
    }),
    ("what siblings await", |saga| {
        for step in saga.steps.to_mut() {
            step.awaits = [][..].into();
        }
    }),
    ("items", |saga| {
        for step in saga.steps.to_mut() {
            step.items = None;
        }
    }),
    ("waits that do not fail", |saga| {
        for step in saga.steps.to_mut() {
            if !step.kind.acts() {
                step.kind = Kind::Read;
            }
        }
    }),
];

#[test]
fn the_compiler_refuses_a_step_if_and_only_if_some_rerun_meets_it() {
    let sagas = shapes::all();
    let met = each(&sagas, met);
    for (saga, met) in sagas.iter().zip(&met) {
        let wrong = differences(saga, met, |saga| saga);
        assert!(wrong.is_empty(), "{wrong:?}: {saga:#?}");
    }
    for (part, blind) in BLIND {
        let seen = |mut saga: Definition| {
            blind(&mut saga);
            saga
        };
        let mut all = sagas.iter().zip(&met);
        let differs = all.any(|(saga, met)| !differences(saga, met, seen).is_empty());
        assert!(differs, "without {part}, the rule is the same");
    }
    let refused = met.iter().filter(|met| !met.is_empty()).count();
    assert!(refused > 100 && sagas.len() - refused > 100, "{refused}");
}
