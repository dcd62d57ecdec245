//! Each run of small sagas stops at every point, and continues in every way under each version that
//! may continue it, and from every point under the first version again.

use super::{
    answers::answers,
    build::*,
    shapes::{early, pivots, with_remaining},
    since::Since,
    situation::{Fnv, Situation},
    versions::{continued, named},
    world::World,
};
use crate::{
    definition::{Arm, Compensation, Definition, DefinitionRef, Kind, Savepoint, Step},
    kernel::{Cancellation, Command, Direction, Event, Phase},
};
use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasherDefault,
    io::{Write, stdout},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

type Seen<K> = HashMap<K, Option<()>, BuildHasherDefault<Fnv>>;

/// Runs a version in every way.
#[derive(Default)]
struct Player {
    seen: Seen<(Situation, World, u8, SinceHash)>,
    /// The situations in which the run may stop.
    stops: Vec<(Saga, World, u8, Since)>,
}

/// Compared, and left out of the hash.
#[derive(Clone, PartialEq, Eq)]
struct SinceHash(Since);

impl std::hash::Hash for SinceHash {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

impl Player {
    fn play(&mut self, saga: &Saga, world: &World, luck: u8, since: &Since) {
        let key = (
            Situation::of(saga),
            world.clone(),
            luck,
            SinceHash(since.clone()),
        );
        match self.seen.get(&key) {
            Some(Some(())) => return,
            Some(None) => panic!("it does not terminate: {saga:?}"),
            None => drop(self.seen.insert(key.clone(), None)),
        }
        self.stops
            .push((saga.clone(), world.clone(), luck, since.clone()));
        let mut ways = 0;
        if let Command::End(end) = saga.next() {
            world.end(saga, end);
            ways = 1;
        }
        for (event, bad_luck) in answers(saga) {
            let Some(luck) = luck.checked_sub(u8::from(bad_luck)) else {
                continue;
            };
            if is_left_out(saga, event) || !world.allows(saga, event) {
                continue;
            }
            let (mut then, mut world, mut since) = (saga.clone(), world.clone(), since.clone());
            then.hear(event);
            world.hear(saga, event, &then);
            since.hear(saga, event, &then);
            self.play(&then, &world, luck, &since);
            ways += 1;
        }
        assert!(ways > 0, "it stops without an end: {saga:?}");
        self.seen.insert(key, Some(()));
    }
}

/// What other enumerations play: what operators do.
fn is_left_out(saga: &Saga, event: Event) -> bool {
    match event {
        Event::Settled { .. } => true,
        Event::CancelRequested => saga.cancellation() != Cancellation::None,
        Event::DeadlinePassed | Event::Recalled => true,
        _ => false,
    }
}

/// The version as the saga continues under it: a step that it has called is still undone late.
fn marked(saga: &Saga, world: &World, new: &DefinitionRef) -> DefinitionRef {
    let mut marked = (**new).clone();
    let old = saga.definition().steps.iter().enumerate();
    for ((step, was), is) in old.zip(marked.steps.to_mut()) {
        is.late_undo |= was.late_undo && world.knows(step);
    }
    marked.into()
}

/// The saga continues under the other version. What ran is lost with the process.
fn stops(
    (saga, world, luck, since): &(Saga, World, u8, Since),
    new: &DefinitionRef,
) -> (Saga, World, u8, Since) {
    let new = &marked(saga, world, new);
    let mut next = continued(saga, new);
    let mut outside = world.of_steps(new.steps.len());
    let back = saga.direction() == Direction::Compensating;
    let mut since = since.continued(saga.definition(), new, back);
    loop {
        let running = next.running().map(|(step, _)| step).next();
        let gone = running.or_else(|| next.unrecorded().next());
        let Some(step) = gone else { break };
        let before = next.clone();
        next.hear(lost(step));
        outside.hear(&before, lost(step), &next);
        since.hear(&before, lost(step), &next);
    }
    (next, outside, *luck, since)
}

/// Changes of a saga with which each of its runs can continue.
fn changes(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut all = Vec::new();
    for at in 0..steps.len() {
        let mut change = |change: &dyn Fn(&mut Step)| {
            let mut changed = steps.to_vec();
            change(&mut changed[at]);
            if changed != steps {
                all.push(changed);
            }
        };
        let is_late = steps[..at].iter().any(|step| step.kind == Kind::Pivot);
        let is_pivot = steps[at].kind == Kind::Pivot;
        // From a savepoint on, nothing is undone with a step before it.
        let mut from_it_on = steps[at..].iter();
        let reaches_back = from_it_on.any(|step| step.compensation.with().is_some());
        if !is_late && !is_pivot && (at == 0 || !reaches_back) {
            for savepoint in [None, Some(1), Some(2)] {
                let savepoint = savepoint.map(|n| Savepoint::of(times(n)));
                change(&|step| step.savepoint.clone_from(&savepoint));
            }
        }
        if steps[at].kind.acts() {
            for retry in [None, Some(times(1)), Some(times(2)), Some(times(3))] {
                let declared = steps[at].idempotent || steps[at].kind != Kind::Step;
                if declared || retry.is_none() {
                    change(&|step| step.retry.clone_from(&retry));
                }
            }
            let undoes_another = steps.iter().any(|step| step.compensation.with().is_some());
            if !undoes_another {
                change(&|step| step.when = Some([][..].into()));
            }
        }
        if steps[at].resolve.is_some() || steps[at].kind == Kind::Step {
            for n in 1..=2 {
                change(&|step| *step = step.clone().resolve_times(n));
            }
        }
        for n in 1..=3 {
            change(&|step| *step = step.clone().undo(n));
        }
        let undone = steps[at].compensation.declared().is_some();
        if steps[at].kind == Kind::Step && undone && !steps[at].is_by_key() {
            change(&|step| step.late_undo = step.late.is_some() && !step.late_undo);
        }
        if let Compensation::None { .. } = steps[at].compensation {
            for again in [true, false] {
                change(&|step| step.compensation = Compensation::None { again });
            }
        }
    }
    // What the compiler allows only where there is no savepoint before it.
    let mut appended = steps.to_vec();
    for step in &mut appended {
        step.savepoint = None;
    }
    let declared = appended
        .iter()
        .position(|step| step.compensation.declared().is_some());
    let has_pivot = steps.iter().any(|step| step.kind == Kind::Pivot);
    if !has_pivot {
        all.push([appended.clone(), vec![lock()]].concat());
        let is_certain = |step: &Step| {
            step.fallback.is_none() && step.when.is_none() && step.condition.is_none()
        };
        if let Some(by) = declared.filter(|by| is_certain(&appended[*by])) {
            let by = u16::try_from(by).unwrap();
            all.push([appended.clone(), vec![covered(by)]].concat());
        }
        all.push([appended, vec![step().undo(1)]].concat());
    }
    all
}

/// Sagas of one and of two steps.
fn sagas() -> Vec<Vec<Step>> {
    let kinds: Vec<_> = early()
        .into_iter()
        .map(|step| match &*step.effect {
            MAY_ABORT => Step {
                effect: Step::PLAIN.effect,
                ..step
            },
            _ => step,
        })
        .collect();
    let mut all: Vec<_> = kinds.iter().map(|step| vec![step.clone()]).collect();
    let (part, of_blocks) = (saga_tests::bound(3, 11), saga_tests::bound(5, 14));
    for (first, one) in kinds.iter().enumerate() {
        for (second, two) in kinds.iter().chain(&pivots()).enumerate() {
            if (first + second) % part == 0 {
                let block = group(0, [one.clone(), two.clone()]);
                let mut two = two.clone();
                two.stands_on = [0][..].into();
                all.push(vec![one.clone(), two]);
                let is_block = block.iter().all(|step| step.kind != Kind::Pivot);
                if is_block && (first + second) % of_blocks == 0 {
                    all.push(block);
                }
            }
        }
    }
    // The macro refuses some changes of what reads another value in each rerun.
    let steady = |steps: &Vec<Step>| steps.iter().all(|step| step.reads.is_empty());
    all.extend(with_remaining(2).into_iter().filter(steady));
    all.push(governed(0, [step().undo(1), step().savepoint(1).undo(1)]));
    let arms = [
        arm(Arm::When, 0, [step().undo(1)]),
        arm(Arm::Else, 1, [step().savepoint(1).undo(1)]),
    ];
    all.push(arms.concat());
    all.push(vec![
        step().savepoint(2).undo(1),
        Step {
            compensation: Compensation::With(0),
            ..step().idempotent()
        },
    ]);
    all
}

#[test]
fn every_run_that_another_version_continues_keeps_the_rules() {
    let (sagas, next) = (sagas(), AtomicUsize::new(0));
    let work = || {
        let mut sum = [0_u64; 3];
        while let Some(steps) = sagas.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = versions_of(steps);
            sum = std::array::from_fn(|at| sum[at] + found[at]);
        }
        sum
    };
    let sums: Vec<_> = thread::scope(|scope| {
        let workers = [0; 4].map(|_| scope.spawn(work));
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    let [pairs, stops, situations] =
        std::array::from_fn(|at| sums.iter().map(|sum| sum[at]).sum::<u64>());
    writeln!(
        stdout(),
        "{pairs} pairs of versions, {stops} stops, {situations} situations"
    )
    .unwrap();
    assert!(pairs > 300 && stops > 20_000, "{pairs} {stops}");
}

/// The numbers of pairs, of stops, and of situations behind them.
fn versions_of(steps: &[Step]) -> [u64; 3] {
    let luck = if saga_tests::is_exhaustive() { 3 } else { 2 };
    let old = DefinitionRef::from(named(steps.iter().cloned()));
    let mut first = Player::default();
    let begun = saga(old.clone(), true);
    first.play(&begun, &World::new(steps.len()), luck, &Since::of(&old));
    let mut sum = [0; 3];
    for changed in changes(steps) {
        let new = DefinitionRef::from(named(changed));
        let mut second = Player::default();
        for stop in &first.stops {
            let (next, world, luck, since) = stops(stop, &new);
            second.play(&next, &world, luck.min(1), &since);
        }
        let mut again = Player::default();
        let back: HashSet<_> = (0..second.stops.len()).step_by(37).collect();
        for stop in back.iter().map(|stop| &second.stops[*stop]) {
            // Steps that only the new version has.
            let beyond = stop.0.states.iter().skip(steps.len());
            let mut beyond = beyond.zip(steps.len()..);
            let is_there = |place: usize| stop.0.phase(u16::try_from(place).unwrap());
            let asks = |steps: &Definition| -> Vec<_> {
                let steps = steps.steps.iter();
                steps.map(|step| step.resolve.is_some()).collect()
            };
            // A `resolve` that is gone is a difference.
            let goes_back = asks(&new).starts_with(&asks(&old));
            if goes_back && beyond.all(|(_, place)| is_there(place) == Phase::Pending) {
                let (next, world, luck, since) = stops(stop, &old);
                again.play(&next, &world, luck, &since);
            }
        }
        let situations = second.seen.len() + again.seen.len();
        sum[0] += 1;
        sum[1] += first.stops.len() as u64;
        sum[2] += situations as u64;
    }
    sum
}
