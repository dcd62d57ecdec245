//! Every run of many small sagas, with bounded bad luck.

use crate::values::call::CallKind;
use std::{
    collections::HashMap,
    hash::BuildHasherDefault,
    io::{Write, stdout},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{
    answers::{answers, hold, settleable},
    build::*,
    moves::{self, Moves},
    shapes::{Case, enumerated},
    shortcuts::{SHORTCUTS, goes_by_the_rules},
    situation::{Fnv, Situation},
    world::World,
};
use crate::{
    definition::Definition,
    kernel::{Cancellation, Command, Direction, End, Event, Lane, batch::is_plain, state::Course},
};

#[derive(Default)]
struct Explorer {
    /// The situations that were met, numbered.
    seen: HashMap<(Situation, World, u8), usize, BuildHasherDefault<Fnv>>,
    /// The number of runs that lead from each situation to an end; `None` while they are being
    /// counted.
    runs: Vec<Option<u128>>,
    probes: u64,
    /// The batches that were applied in one call.
    batches: u64,
    /// The blocks that were applied in one call.
    blocks: u64,
    /// How often each shortcut was taken.
    shortcuts: [u64; SHORTCUTS.len()],
    /// Whether steps are settled by hand.
    by_hand: bool,
    /// Whether calls are also lost many times in a row.
    losses: bool,
    settled: u64,
    /// The phases into which events lead their steps.
    moves: Moves,
}

/// One in so many situations is probed: probing all takes longer and finds the same.
const SAMPLE: usize = 150;

impl Explorer {
    /// Returns the number of runs that lead from here to an end.
    fn explore(&mut self, saga: &Saga, world: &World, luck: u8) -> u128 {
        let number = self.runs.len();
        let here = (Situation::of(saga), world.clone(), luck);
        match *self.seen.entry(here).or_insert(number) {
            met if met < number => return self.runs[met].expect("it does not terminate"),
            _ => self.runs.push(None),
        }
        self.batches += goes_forward_in_one_go(saga);
        self.blocks += u64::from(goes_abreast_in_one_go(saga));
        let answers = answers(saga);
        for &(event, _) in &answers {
            if let Some(shortcut) = goes_by_the_rules(saga, event) {
                self.shortcuts[shortcut] += 1;
            }
        }
        if number % SAMPLE == 0 {
            self.probe(saga, &answers);
        }
        let mut runs = 0_u128;
        if number % 5 == 0 && saga.definition().pivot.is_none() && !saga.is_recalled() {
            is_recalled(saga.clone(), world.clone());
        }
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
            let left_out = by_hand && !self.by_hand;
            if is_idle(saga, event) || left_out || !world.allows(saga, event) {
                continue;
            }
            if let Event::Lost { step } = event {
                runs = runs.saturating_add(self.explore_loop(saga, step, world, luck));
            }
            self.settled += u64::from(by_hand);
            let (mut then, mut world) = (saga.clone(), world.clone());
            then.hear(event);
            self.moves.note(saga, event, &then);
            world.hear(saga, event, &then);
            runs = runs.saturating_add(self.explore(&then, &world, luck));
        }
        assert!(runs > 0, "it stops without an end: {saga:?}");
        self.runs[number] = Some(runs);
        runs
    }

    /// Explores the runs in which this call has been lost so often in a row that it counts now.
    fn explore_loop(&mut self, saga: &Saga, step: u16, world: &World, luck: u8) -> u128 {
        let Some((_, call)) = saga
            .running()
            .find(|&(runs, _)| runs == step && self.losses)
        else {
            return 0;
        };
        let mut last = saga.clone();
        last.states[usize::from(step)].losses.set(call, 9);
        let (mut then, mut world) = (last.clone(), world.clone());
        let event = Event::Lost { step };
        then.hear(event);
        self.moves.note(&last, event, &then);
        world.hear(&last, event, &then);
        self.explore(&then, &world, luck)
    }

    /// A parked saga of which every step was settled by hand comes to a good end, if there are no
    /// other faults.
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
                assert_eq!(Situation::of(&then), here);
            }
            self.probes += 1;
        }
    }
}

/// If its parent rolls back at any time, a saga rolls back to its start, and all that remains is
/// listed.
fn is_recalled(mut saga: Saga, mut world: World) {
    let mut event = Event::Recalled;
    loop {
        let before = saga.clone();
        saga.hear(event);
        world.hear(&before, event, &saga);
        assert!(saga.direction() == Direction::Compensating && saga.is_recalled());
        if let Command::End(end) = saga.next() {
            return world.end(&saga, end);
        }
        let answers = answers(&saga);
        let mut good = answers.iter().filter(|(_, bad_luck)| !bad_luck);
        event = good
            .find(|(event, _)| world.allows(&saga, *event))
            .expect("it goes on")
            .0;
        assert!(!matches!(event, Event::Turned { .. }), "it turned");
    }
}

/// Applying a batch of attempts in one call has the same result as applying its events step by
/// step. Returns the number of such batches.
fn goes_forward_in_one_go(saga: &Saga) -> u64 {
    let Command::Call {
        step: first,
        call: CallKind::Action,
    } = saga.next()
    else {
        return 0;
    };
    if !saga.is_fresh() {
        return 0;
    }
    let (mut lived, mut batches) = (saga.clone(), 0);
    lived.hear(Event::Attempting { step: first });
    let behind = saga.definition().steps.iter().skip(usize::from(first) + 1);
    let plain = behind.take_while(|step| is_plain(step)).count();
    for last in (first + 1..).take(plain) {
        lived
            .hear(applied(last - 1))
            .hear(Event::Attempting { step: last });
        let mut told = saga.clone();
        told.hear(Event::Attempting { step: first })
            .apply_batch(last);
        assert_eq!(Situation::of(&told), Situation::of(&lived));
        batches += 1;
    }
    batches
}

/// Applying a block in one call has the same result as applying the events of its steps,
/// concurrently or one after the other. Returns whether there is such a block.
fn goes_abreast_in_one_go(saga: &Saga) -> bool {
    if !saga.attempts_group() {
        return false;
    }
    let Command::Group { first, len } = saga.next() else {
        panic!("no block is at hand: {saga:?}");
    };
    let steps = || first..first + len;
    let (mut told, mut together, mut apart) = (saga.clone(), saga.clone(), saga.clone());
    let attempt = |step| Lane::Run(Command::call(step, CallKind::Action));
    for step in steps() {
        // Whatever the outcome of the steps before it.
        for lane in [together.lane(step), apart.lane(step)] {
            assert_eq!(lane, attempt(step), "{saga:?}");
        }
        together.hear(Event::Attempting { step });
        apart.hear(Event::Attempting { step }).hear(applied(step));
        assert_eq!((together.attempt(step), together.round(step)), (1, 0));
        assert_eq!(apart.lane(step), Lane::Ended);
    }
    for step in steps() {
        together.hear(applied(step));
    }
    told.apply_group();
    assert_eq!(Situation::of(&told), Situation::of(&together));
    assert_eq!(Situation::of(&told), Situation::of(&apart));
    true
}

/// Whether the event is a repeated request: one of each kind is enough.
fn is_idle(saga: &Saga, event: Event) -> bool {
    match event {
        Event::CancelRequested => saga.cancellation() != Cancellation::None,
        Event::DeadlinePassed => saga.deadline() != Cancellation::None || saga.states.len() > 1,
        // With more than one step, `is_recalled` follows this event from every situation instead,
        // without bad luck.
        Event::Recalled => saga.is_recalled() || saga.states.len() > 1,
        _ => false,
    }
}

fn nothing_is_left_to_settle(saga: &Saga) -> bool {
    let mut steps = 0..u16::try_from(saga.states.len()).unwrap();
    saga.saga.course == Course::Halted && steps.all(|step| saga.settleable(step).next().is_none())
}

/// The numbers of runs, situations, probed events, settled steps, batches, and blocks, and how often
/// each shortcut was taken.
fn explore(definition: Definition, case: &Case, moves: &mut Moves) -> [u128; 10] {
    let steps = definition.steps.len();
    let mut explorer = Explorer {
        by_hand: case.by_hand,
        losses: case.losses,
        ..Explorer::default()
    };
    let runs = explorer.explore(&saga(definition, false), &World::new(steps), case.luck);
    moves.merge(explorer.moves);
    let [attempting, applied, compensating, compensated] = explorer.shortcuts.map(u128::from);
    [
        runs,
        explorer.runs.len() as u128,
        u128::from(explorer.probes),
        u128::from(explorer.settled),
        u128::from(explorer.batches),
        u128::from(explorer.blocks),
        attempting,
        applied,
        compensating,
        compensated,
    ]
}

#[test]
fn every_run_keeps_the_rules() {
    let (sagas, next) = (enumerated(), AtomicUsize::new(0));
    let work = || {
        let (mut sum, mut moves) = ([0; 10], Moves::default());
        while let Some(case) = sagas.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = explore(definition(case.steps.iter().cloned()), case, &mut moves);
            sum = std::array::from_fn(|at| sum[at] + found[at]);
        }
        (sum, moves)
    };
    let (sums, moves): (Vec<_>, Vec<_>) = thread::scope(|scope| {
        let workers = [0; 4].map(|_| scope.spawn(work));
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    let [
        runs,
        situations,
        probes,
        settled,
        batches,
        blocks,
        shortcuts @ ..,
    ]: [u128; 10] = std::array::from_fn(|at| sums.iter().map(|sum| sum[at]).sum());
    moves::check(moves);
    // Written past the test runner, which captures the output of a test that passes.
    writeln!(stdout(), "{runs} runs enumerated").unwrap();
    println!(
        "{} sagas, {situations} situations, {probes} events probed, {settled} steps settled by hand, \
         {batches} batches, {blocks} blocks, {shortcuts:?} shortcuts",
        sagas.len()
    );
    assert!(runs >= 100_000 && settled >= 10_000);
    assert!(batches >= 100 && blocks >= 100);
    assert!(shortcuts.iter().all(|&times| times >= 100), "{shortcuts:?}");
}
