//! A process ends at every write and in every call; the next one goes on.

use crate::crash::{
    audit::Run,
    process::{Crash, Fate, run},
    sagas::{self, Shape},
    tally::Tally,
    trouble::{Sent, Trouble, faults},
    world::{Arrival, ROUND_TRIP},
};
use std::time::Duration;
use typed_saga::{engine::State, runtime::Durable};

pub(crate) const ARRIVALS: [Arrival; 4] = [
    Arrival::Never,
    Arrival::Before,
    Arrival::Soon,
    Arrival::Late,
];

/// Every point at which a process can end that runs as this one did.
pub(crate) fn crashes(lived: &Run) -> Vec<Crash> {
    let (writes, calls) = (lived.known.writes.last(), lived.known.calls.last());
    let before = lived
        .known
        .calls
        .iter()
        .rev()
        .nth(1)
        .copied()
        .unwrap_or_default();
    let writes = (0..writes.copied().unwrap_or_default())
        .flat_map(|write| [Crash::Before(write), Crash::After(write)]);
    let calls = before..calls.copied().unwrap_or_default();
    // A `when` is no call: it ends before the process can.
    let calls = calls.filter(|call| lived.calls[*call].mark != 'w');
    writes.chain(calls.map(Crash::During)).collect()
}

/// If nothing but crashes goes wrong, the saga completes.
fn completes(trouble: &Trouble, run: &Run) -> Option<String> {
    (trouble.is_none() && run.state != State::Completed)
        .then(|| format!("nothing failed, and it is {}", run.state))
}

fn crash_everywhere<S: Shape>(trouble: &Trouble, tally: &mut Tally) {
    let lived = run::<S>(trouble, &[Fate::Lives]);
    let crashes = crashes(&lived);
    tally.count(lived, |run| completes(trouble, run));
    for crash in crashes {
        for arrival in ARRIVALS {
            let fates = [Fate::Crashes(crash, arrival), Fate::Lives];
            let run = run::<S>(trouble, &fates);
            let under_way = run.known.under_way[0];
            tally.count(run, |run| completes(trouble, run));
            if under_way == 0 {
                break;
            }
        }
    }
}

fn every_crash<S: Shape>(floor: usize) {
    let mut tally = Tally::default();
    let definition = S::Saga::DEFINITION;
    for trouble in faults(definition) {
        crash_everywhere::<S>(&trouble, &mut tally);
    }
    let undisturbed = run::<S>(&Trouble::default(), &[Fate::Lives]);
    if S::signal().is_some() {
        // When it waits, and never.
        let waits = undisturbed.calls[0].at + ROUND_TRIP + Duration::from_millis(5);
        for sent in [Sent::From(waits), Sent::Never] {
            crash_everywhere::<S>(&Trouble::sent(sent), &mut tally);
        }
    }
    let calls = saga_tests::bound(undisturbed.calls.len(), 0);
    for call in 0..calls {
        crash_everywhere::<S>(&Trouble::cancel(call), &mut tally);
    }
    for call in &undisturbed.calls[..calls] {
        let deadline = call.at + Duration::from_millis(3);
        crash_everywhere::<S>(&Trouble::deadline(deadline), &mut tally);
    }
    tally.close(&definition.name, floor);
}

macro_rules! every_crash {
    ($($test:ident = $shape:ident, $floor:literal;)*) => {$(
        #[test]
        fn $test() {
            every_crash::<sagas::$shape>($floor);
        }
    )*};
}

every_crash! {
    a_sequence_of_idempotent_steps = Sequence, 1_750;
    steps_that_are_asked_for = Asked, 2_200;
    steps_that_are_stopped_by_key = Stopped, 1_800;
    steps_that_may_stay = Left, 1_850;
    reads = ReadFirst, 2_200;
    conditional_steps = When, 2_650;
    fallbacks = Fallback, 3_150;
    retries = Retry, 1_150;
    a_savepoint = Savepoint, 3_350;
    a_savepoint_on_a_read = SavepointOnRead, 2_600;
    two_siblings = Pair, 1_900;
    three_siblings = Trio, 2_850;
    a_pivot = Pivot, 2_000;
    a_pivot_that_is_asked_for = PivotAsked, 1_950;
    a_saga_with_finally = Finally, 1_050;
    an_abort = Abort, 2_900;
    a_when_block = Block, 5_400;
    arms = Arms, 1_000;
    a_when_block_with_a_loop_and_waits = BlockOfAll, 4_250;
    a_saga_that_is_a_step = Child, 3_700;
    a_saga_that_is_a_step_and_a_savepoint = ChildTurned, 7_200;
    a_loop = Loop, 3_450;
    items_beside_each_other = LoopBeside, 4_350;
    a_loop_of_sagas = LoopOfSagas, 6_500;
    sleeps = Sleep, 3_100;
    locks = Locks, 1_000;
    a_signal = Signal, 3_100;
    everything = Mixed, 5_900;
}

/// The same for every point of the process that took over; unless the suite is exhaustive, for the
/// first of them.
fn every_second_crash<S: Shape>(trouble: &Trouble, tally: &mut Tally) {
    let lived = run::<S>(trouble, &[Fate::Lives]);
    for first in crashes(&lived) {
        for arrival in [Arrival::Before, Arrival::Late] {
            let first = Fate::Crashes(first, arrival);
            let lived = run::<S>(trouble, &[first, Fate::Lives]);
            let under_way = lived.known.under_way[0];
            let points = saga_tests::bound(usize::MAX, 1);
            let second = crashes(&lived).into_iter().take(points);
            for (second, arrival) in second.zip(ARRIVALS.iter().cycle()) {
                let fates = [first, Fate::Crashes(second, *arrival), Fate::Lives];
                tally.count(run::<S>(trouble, &fates), |run| completes(trouble, run));
            }
            if under_way == 0 {
                break;
            }
        }
    }
}

fn every_second_crash_of<S: Shape>(floor: usize) {
    let mut tally = Tally::default();
    let definition = S::Saga::DEFINITION;
    for trouble in [Trouble::default(), Trouble::turns_back(definition)] {
        every_second_crash::<S>(&trouble, &mut tally);
    }
    tally.close(&format!("{} with two crashes", definition.name), floor);
}

macro_rules! every_second_crash {
    ($($test:ident = $shape:ident, $floor:literal;)*) => {$(
        #[test]
        fn $test() {
            every_second_crash_of::<sagas::$shape>($floor);
        }
    )*};
}

every_second_crash! {
    steps_that_are_asked_for_twice = Asked, 800;
    steps_that_are_stopped_by_key_twice = Stopped, 600;
    a_savepoint_twice = Savepoint, 2_100;
    three_siblings_twice = Trio, 850;
    a_pivot_twice = Pivot, 500;
    a_saga_with_finally_twice = Finally, 450;
    a_when_block_twice = Block, 1_950;
    arms_twice = Arms, 500;
    a_saga_that_is_a_step_twice = Child, 1_000;
    a_loop_twice = Loop, 1_000;
    items_beside_each_other_twice = LoopBeside, 1_300;
    sleeps_twice = Sleep, 1_900;
    locks_twice = Locks, 500;
    a_signal_twice = Signal, 1_600;
    everything_twice = Mixed, 3_800;
}
