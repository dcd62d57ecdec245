//! The shortcuts by which the kernel applies nearly all events of most runs.

use super::{
    answers::answers, build::*, random::Random, shapes::early, situation::Situation, world::World,
};
use crate::{
    definition::{Arm, Step},
    kernel::{Command, Event, EventKind, state::StepPhase, transition::Transition},
    values::call::CallKind,
};

/// The events for which there is a shortcut.
pub(super) const SHORTCUTS: [EventKind; 4] = [
    EventKind::Attempting,
    EventKind::Applied,
    EventKind::Compensating,
    EventKind::Compensated,
];

/// Checks that an event has the same result with and without its shortcut, if it takes one: the
/// shortcut's place in [`SHORTCUTS`] is returned then.
pub(super) fn goes_by_the_rules(saga: &Saga, event: Event) -> Option<usize> {
    let mut short = saga.clone();
    if !short.apply_by_shortcut(event) {
        return None;
    }
    let mut rules = saga.clone();
    assert_eq!(rules.apply_by_rules(event), Ok(()), "{saga:?}");
    assert_eq!(Situation::of(&short), Situation::of(&rules), "{event:?}");
    let taken = SHORTCUTS.iter().position(|kind| *kind == event.kind());
    Some(taken.expect("each shortcut is listed"))
}

/// Runs a saga of these steps, with bad luck once in so many events. Passes each event that may come
/// next to `each`. Returns whether the saga has ended.
fn run(
    random: &mut Random,
    steps: Vec<Step>,
    bad_luck: u64,
    each: &mut dyn FnMut(&Saga, Event),
) -> bool {
    let mut saga = memory(steps);
    let mut world = World::new(saga.states.len());
    for _ in 0..200 {
        let all = answers(&saga);
        for &(event, _) in &all {
            each(&saga, event);
        }
        let good: Vec<_> = all.iter().copied().filter(|(_, bad)| !bad).collect();
        let well = random.next() % bad_luck != 0 && !good.is_empty();
        let (event, _) = random.of(if well { &good } else { &all });
        if !world.allows(&saga, event) {
            continue;
        }
        let before = saga.clone();
        saga.hear(event);
        world.hear(&before, event, &saga);
        if let Command::End(_) = saga.next() {
            return true;
        }
    }
    false
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
    let (mut events, mut ended, mut taken) = (0, 0, [0; SHORTCUTS.len()]);
    for _ in 0..2_000 {
        let mut steps: Vec<_> = (0..6).map(|_| random.of(&early)()).collect();
        steps.extend(group(6, (0..3).map(|_| random.of(&early[..3])())));
        steps.extend((0..2).map(|_| random.of(&early)()));
        for (block, kind) in (0..).zip(Arm::ALL) {
            let inside: Vec<_> = (0..2).map(|_| random.of(&early)()).collect();
            steps.extend(arm(kind, block, inside));
        }
        steps.extend((0..2).map(|_| random.of(&early)()));
        steps.extend([pivot(), last(), last()]);
        let has_ended = run(&mut random, steps, 16, &mut |saga, event| {
            events += 1;
            if let Some(shortcut) = goes_by_the_rules(saga, event) {
                taken[shortcut] += 1;
            }
        });
        ended += u32::from(has_ended);
    }
    assert!(events > 100_000 && ended > 1_000, "{events} {ended}");
    assert!(taken.iter().all(|&times| times > 200), "{taken:?}");
}

/// What the shortcut for each of [`SHORTCUTS`] does to a step, without a look at whether it may.
const RASH: [fn(&mut Saga, u16); SHORTCUTS.len()] = [
    |saga, step| {
        saga.states[usize::from(step)].attempted();
        saga.due = Err((step, CallKind::Action));
    },
    |saga, step| {
        saga.states[usize::from(step)].at = StepPhase::Applied;
        saga.saga.cursor = step + 1;
        saga.due = saga.view().due();
    },
    |saga, step| {
        saga.states[usize::from(step)].undoing();
        saga.saga.below = step + 1;
        saga.due = Err((step, CallKind::Compensate));
    },
    |saga, step| {
        let (of, states) = (&mut saga.saga, &mut *saga.states);
        Transition { saga: of, states }.compensated(step);
        saga.due = saga.view().way_back(step);
    },
];

/// Whether the event is the answer to what is due, by one of [`SHORTCUTS`].
fn answers_what_is_due(saga: &Saga, event: Event) -> bool {
    use CallKind::{Action, Compensate};
    match event {
        Event::Attempting { step } => saga.due == Ok(Command::call(step, Action)),
        Event::Applied { step } => saga.due == Err((step, Action)),
        Event::Compensating { step } => saga.due == Ok(Command::call(step, Compensate)),
        Event::Compensated { step } => saga.due == Err((step, Compensate)),
        _ => false,
    }
}

/// The comparison finds a shortcut that is taken too often.
#[test]
fn a_rash_shortcut_would_be_found() {
    let (mut random, early) = (Random::drawn(14), early());
    let all: Vec<_> = (0..early.len()).collect();
    let mut found = [0; SHORTCUTS.len()];
    for _ in 0..2_000 {
        let steps = (0..4).map(|_| early[random.of(&all)].clone()).collect();
        run(&mut random, steps, 4, &mut |saga, event| {
            let known = SHORTCUTS.iter().position(|kind| *kind == event.kind());
            let known = known.zip(event.step());
            let Some((shortcut, step)) = known.filter(|_| answers_what_is_due(saga, event)) else {
                return;
            };
            let (mut rash, mut rules) = (saga.clone(), saga.clone());
            RASH[shortcut](&mut rash, step);
            rules.hear(event);
            // A kernel has a `Situation` only if what is due follows from the rest of it.
            let differs =
                rash.due != rash.view().due() || Situation::of(&rash) != Situation::of(&rules);
            let taken = goes_by_the_rules(saga, event).is_some();
            assert!(!taken || !differs, "{event:?}: {saga:?}");
            found[shortcut] += u32::from(differs);
        });
    }
    assert!(found.iter().all(|&times| times > 10), "{found:?}");
}
