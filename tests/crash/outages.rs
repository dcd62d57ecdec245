//! The store fails for a moment, another process takes it over, the process is shut down: none of
//! this is an outcome of a saga.

use crate::crash::{
    audit::Run,
    parts::is_concurrent,
    process::{Fate, run},
    sagas::{self, Shape},
    tally::Tally,
    trouble::{Trouble, faults},
    world::ROUND_TRIP,
};
use std::time::Duration;
use typed_saga::{definition::Definition, runtime::Durable};

/// The writes with which an engine opens the store and registers its definitions.
const OPENING: u64 = 2;

/// Whether the order of calls depends on nothing but the saga: siblings that fail cut each other
/// short, at a moment that is theirs.
fn is_certain(definition: &'static Definition, trouble: &Trouble) -> bool {
    trouble.is_none() || !is_concurrent(definition)
}

/// The differences from a run to which nothing happened.
fn differs(run: &Run, undisturbed: &Run) -> Option<String> {
    if run.state != undisturbed.state {
        return Some(format!("it is {}, not {}", run.state, undisturbed.state));
    }
    if run.made() != undisturbed.made() {
        return Some(format!(
            "calls: {:?}\nnot: {:?}",
            run.made(),
            undisturbed.made()
        ));
    }
    (run.effects != undisturbed.effects)
        .then(|| format!("effects: {:?}\nnot: {:?}", run.effects, undisturbed.effects))
}

/// Every so manieth fault.
fn some(definition: &'static Definition, apart: usize) -> impl Iterator<Item = Trouble> {
    let faults = faults(definition);
    let apart = if faults.len() > 2 { apart } else { 1 };
    faults.into_iter().step_by(apart)
}

fn every_outage<S: Shape>(floor: usize) {
    let mut tally = Tally::default();
    let definition = S::Saga::DEFINITION;
    for trouble in some(definition, 2) {
        let undisturbed = run::<S>(&trouble, &[Fate::Lives]);
        for write in 0..undisturbed.known.writes[0] {
            for done in [false, true] {
                let run = run::<S>(&trouble, &[Fate::Unavailable(write, done)]);
                tally.count(run, |run| {
                    // A start that nobody was told of is taken up as after a crash.
                    let begun_unheard = done && write == OPENING;
                    let certain = is_certain(definition, &trouble) && !begun_unheard;
                    certain.then(|| differs(run, &undisturbed)).flatten()
                });
            }
        }
    }
    tally.close(&format!("{} with an outage", definition.name), floor);
}

fn every_takeover<S: Shape>(floor: usize) {
    let mut tally = Tally::default();
    let definition = S::Saga::DEFINITION;
    for trouble in some(definition, 3) {
        let undisturbed = run::<S>(&trouble, &[Fate::Lives]);
        // The writes before the first one are those of opening the store.
        for write in OPENING..undisturbed.known.writes[0] {
            for done in [false, true] {
                let run = run::<S>(&trouble, &[Fate::Fenced(write, done)]);
                tally.count(run, |_| None);
            }
        }
    }
    tally.close(&format!("{} taken over", definition.name), floor);
}

fn every_shutdown<S: Shape>(floor: usize) {
    let mut tally = Tally::default();
    let definition = S::Saga::DEFINITION;
    for trouble in some(definition, 3) {
        let undisturbed = run::<S>(&trouble, &[Fate::Lives]);
        // As a call begins, while it runs, and just after it has ended: in what it is waited for
        // then.
        let moments = undisturbed.calls.iter().flat_map(|call| {
            let later = |after| call.at + after;
            [
                Duration::ZERO,
                ROUND_TRIP / 2,
                ROUND_TRIP + Duration::from_millis(3),
            ]
            .map(later)
        });
        for moment in moments {
            let run = run::<S>(&trouble, &[Fate::ShutDown(moment), Fate::Lives]);
            tally.count(run, |run| {
                if run.lost() > 0 || run.known.cut_off > 0 || run.known.under_way[0] > 0 {
                    return Some("something was cut off".to_owned());
                }
                let certain = is_certain(definition, &trouble);
                certain.then(|| differs(run, &undisturbed)).flatten()
            });
        }
    }
    tally.close(&format!("{} shut down", definition.name), floor);
}

macro_rules! each {
    ($($of:ident { $($test:ident = $shape:ident, $floor:literal;)* })*) => {$(
        mod $of {
            use super::sagas;

            $(
                #[test]
                fn $test() {
                    super::$of::<sagas::$shape>($floor);
                }
            )*
        }
    )*};
}

each! {
    every_outage {
        a_sequence = Sequence, 350;
        asked = Asked, 500;
        stopped = Stopped, 350;
        left = Left, 400;
        conditional = When, 600;
        fallbacks = Fallback, 650;
        a_savepoint = Savepoint, 650;
        three_siblings = Trio, 550;
        a_pivot_that_is_asked_for = PivotAsked, 400;
        with_finally = Finally, 250;
        a_saga_that_is_a_step = Child, 750;
        a_loop = Loop, 650;
        a_signal = Signal, 800;
    }
    every_takeover {
        a_sequence = Sequence, 200;
        asked = Asked, 250;
        stopped = Stopped, 150;
        a_savepoint = Savepoint, 350;
        three_siblings = Trio, 300;
        a_pivot = Pivot, 200;
        with_finally = Finally, 100;
        a_saga_that_is_a_step = Child, 400;
        a_loop = Loop, 400;
        items_beside_each_other = Beside, 350;
        a_loop_of_sagas = LoopOfSagas, 600;
        locks = Locks, 100;
        everything = Mixed, 800;
    }
    every_shutdown {
        asked = Asked, 250;
        stopped = Stopped, 200;
        conditional = When, 500;
        retries = Retry, 100;
        a_savepoint = Savepoint, 400;
        two_siblings = Pair, 200;
        three_siblings = Trio, 350;
        a_pivot = Pivot, 200;
        with_finally = Finally, 100;
        a_saga_that_is_a_step = Child, 500;
        a_loop = Loop, 400;
        sleeps = Sleep, 300;
        a_signal = Signal, 300;
    }
}
