//! Every run of many small sagas, with bounded bad luck.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hash, Hasher},
    io::{Write, stdout},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{
    answers::{answers, hold, settleable},
    build::*,
    shapes::{Case, sagas},
    world::World,
};
use crate::{
    definition::Definition,
    kernel::state::Course,
    kernel::{Cancellation, Command, Direction, End, Event, Phase, Settlement, StepState},
};

/// All that tells one state of saga and world from another.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Situation {
    states: Vec<StepState>,
    cursor: u16,
    direction: Direction,
    requests: [Cancellation; 2],
    aborted: bool,
    course: Course,
    turns: u32,
    first_failed: Option<u16>,
}

impl Situation {
    pub(super) fn of(saga: &Saga) -> Self {
        Self {
            states: saga.states.clone(),
            cursor: saga.saga.cursor,
            direction: saga.direction(),
            requests: [saga.cancellation(), saga.deadline()],
            aborted: saga.aborted(),
            course: saga.saga.course,
            turns: saga.turns(),
            first_failed: saga.first_failed(),
        }
    }
}

/// Of a part of it: without optimization the whole takes longer to hash than to compare.
impl Hash for Situation {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        for state in &self.states {
            let bytes = [state.at as u8, state.cause as u8, state.lost, state.panics];
            let counted = [state.attempts, state.resolve_failures, state.undo_failures];
            let counted = counted.iter().fold(state.round, |sum, n| sum << 4 ^ n);
            hasher.write_u64(u64::from(u32::from_le_bytes(bytes)) << 32 | u64::from(counted));
        }
        let requests = self.requests.map(|request| request as u8);
        let bytes = [
            self.direction as u8,
            self.aborted.into(),
            requests[0],
            requests[1],
        ];
        hasher.write_u64(u64::from(u32::from_le_bytes(bytes)) << 32 | u64::from(self.turns));
    }
}

/// FNV-1a, word by word: without optimization the standard hasher takes most of the time.
#[derive(Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.write_usize(word.unsigned_abs());
    }
}

#[derive(Default)]
struct Explorer {
    /// The situations met, numbered.
    seen: HashMap<(Situation, World, u8), usize, BuildHasherDefault<Fnv>>,
    /// How many runs lead from each to an end; nothing while they are being counted.
    runs: Vec<Option<u128>>,
    probes: u64,
    /// Whether people settle steps by hand.
    by_hand: bool,
    settled: u64,
}

/// One situation in so many is probed: probing all takes longer and finds the same.
const SAMPLE: usize = 150;

impl Explorer {
    /// How many runs lead from here to an end.
    fn explore(&mut self, saga: &Saga, world: &World, luck: u8) -> u128 {
        let number = self.runs.len();
        let here = (Situation::of(saga), world.clone(), luck);
        match *self.seen.entry(here).or_insert(number) {
            met if met < number => return self.runs[met].expect("it does not terminate"),
            _ => self.runs.push(None),
        }
        let general = saga.view().next();
        assert_eq!(saga.next(), general, "the short cut goes elsewhere");
        if let Some(lowest) = saga.undo_limit() {
            goes_back_in_one_go(saga, lowest);
        }
        let answers = answers(saga);
        if number % SAMPLE == 0 {
            self.probe(saga, &answers);
        }
        let mut runs = 0_u128;
        if let Command::End(end) = saga.next() {
            world.end(saga, end);
            if end == End::Parked && nothing_is_left_to_settle(saga) {
                Self::ends_well(saga.clone(), world.clone());
            }
            runs = 1;
        }
        for (event, bad_luck) in answers {
            let Some(luck) = luck.checked_sub(u8::from(bad_luck)) else {
                continue;
            };
            let by_hand = matches!(event, Event::Settled { .. });
            if is_idle(saga, event) || by_hand && !self.by_hand || !world.allows(saga, event) {
                continue;
            }
            self.settled += u64::from(by_hand);
            let (mut then, mut world) = (saga.clone(), world.clone());
            then.hear(event);
            world.hear(saga, event, &then);
            runs = runs.saturating_add(self.explore(&then, &world, luck));
        }
        assert!(runs > 0, "it stops without an end: {saga:?}");
        self.runs[number] = Some(runs);
        runs
    }

    /// A parked saga of which every step was settled by hand comes to a good end, if nothing else goes wrong.
    fn ends_well(mut saga: Saga, mut world: World) {
        while saga.next() != Command::End(End::Completed)
            && saga.next() != Command::End(End::Compensated)
        {
            let lucky = answers(&saga)
                .into_iter()
                .find(|&(event, bad_luck)| !bad_luck && world.allows(&saga, event));
            let Some((event, _)) = lucky else {
                panic!("it does not go on: {saga:?}");
            };
            let before = saga.clone();
            saga.hear(event);
            world.hear(&before, event, &saga);
        }
    }

    /// Every other event is refused and changes nothing.
    fn probe(&mut self, saga: &Saga, answers: &[(Event, bool)]) {
        let here = Situation::of(saga);
        for step in 0..u16::try_from(saga.states.len()).unwrap() {
            assert!(
                saga.settleable(step)
                    .eq(settleable(saga, step).iter().copied()),
                "{step}: {saga:?}"
            );
        }
        for event in all_events(u16::try_from(saga.states.len()).unwrap()) {
            let fits = hold(answers, event);
            let mut then = saga.clone();
            assert_eq!(then.apply(event).is_ok(), fits, "{event:?}: {saga:?}");
            if !fits {
                assert!(Situation::of(&then) == here && then.saga.fast == saga.saga.fast);
            }
            self.probes += 1;
        }
    }
}

/// A run of compensations that is told in one go is the same as one that is told step by step.
fn goes_back_in_one_go(saga: &Saga, lowest: u16) {
    let (mut told, mut lived) = (saga.clone(), saga.clone());
    let mut first = None;
    while first.is_none() || lived.phase(lowest) != Phase::Undone {
        let Command::Compensate { step } = lived.next() else {
            panic!("it does not go back: {lived:?}");
        };
        assert_eq!((lived.attempt(step), lived.round(step)), (1, 0));
        first.get_or_insert(step);
        lived
            .hear(Event::Compensating { step })
            .hear(compensated(step));
    }
    let step = first.expect("a step was undone");
    told.hear(Event::Compensating { step });
    if step != lowest {
        told.undo_batch(lowest);
    }
    told.hear(compensated(lowest));
    assert!(Situation::of(&told) == Situation::of(&lived) && told.saga.fast == lived.saga.fast);
    assert_eq!(told.saga.below, lived.saga.below);
}

/// A request that comes again says nothing new; one of each kind is enough.
fn is_idle(saga: &Saga, event: Event) -> bool {
    match event {
        Event::CancelRequested => saga.cancellation() != Cancellation::None,
        Event::DeadlinePassed => saga.deadline() != Cancellation::None || saga.states.len() > 1,
        _ => false,
    }
}

pub(super) fn all_events(steps: u16) -> Vec<Event> {
    let mut events = vec![
        Event::CancelRequested,
        Event::DeadlinePassed,
        Event::Resumed,
    ];
    // One more step than there are.
    for step in 0..=steps {
        events.extend([
            Event::Skipped { step },
            Event::WhenPanicked { step },
            Event::Attempting { step },
            Event::LatePassed { step },
            Event::Resolving { step },
            Event::Compensating { step },
            Event::FallingBack { step },
            Event::Waited { step },
            Event::Kept { step },
            Event::Turned { step },
            Event::TurnDeclined { step },
        ]);
        events.extend(
            [
                Settlement::Applied,
                Settlement::NotApplied,
                Settlement::Undone,
            ]
            .map(|settlement| Event::Settled { step, settlement }),
        );
        events.extend(
            [
                applied,
                unrecordable,
                refused,
                transient,
                unknown,
                timed_out,
                panicked,
                lost,
                happened,
                did_not_happen,
                unresolved,
                compensated,
                not_compensated,
                fell_back,
                declined,
            ]
            .map(|event: fn(u16) -> Event| event(step)),
        );
    }
    events
}

fn nothing_is_left_to_settle(saga: &Saga) -> bool {
    let mut steps = 0..u16::try_from(saga.states.len()).unwrap();
    saga.saga.course == Course::Halted && steps.all(|step| saga.settleable(step).next().is_none())
}

/// Runs, situations, refused events and settled steps.
fn explore(definition: &'static Definition, case: &Case) -> [u128; 4] {
    let steps = definition.steps.len();
    let mut explorer = Explorer {
        by_hand: case.by_hand,
        ..Explorer::default()
    };
    let runs = explorer.explore(&saga(definition, false), &World::new(steps), case.luck);
    [
        runs,
        explorer.runs.len() as u128,
        u128::from(explorer.probes),
        u128::from(explorer.settled),
    ]
}

#[test]
fn every_run_keeps_the_rules() {
    let (sagas, next) = (sagas(), AtomicUsize::new(0));
    let work = || {
        let mut sum = [0; 4];
        while let Some(case) = sagas.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = explore(definition(case.steps.iter().copied()), case);
            sum = [0, 1, 2, 3].map(|at| sum[at] + found[at]);
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
    let [runs, situations, probes, settled] =
        [0, 1, 2, 3].map(|at| sums.iter().map(|sum| sum[at]).sum::<u128>());
    // Past the test runner, which keeps what a test that passes prints.
    writeln!(stdout(), "{runs} runs enumerated").unwrap();
    println!(
        "{} sagas, {situations} situations, {probes} events probed, {settled} steps settled by hand",
        sagas.len()
    );
    assert!(runs >= 100_000 && settled >= 10_000);
}
