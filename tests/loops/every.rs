//! Every run of small loops of two items, with a limited number of troubles: whatever the services
//! do, what the saga says of its items is so; and what it does and says is what the same steps do
//! and say that are written out, one for each item.

mod sagas;
mod shapes;
mod world;

use self::{
    sagas::*,
    shapes::*,
    world::{Choices, Error, World},
};
use saga_tests::bound;
use typed_saga::{
    Completeness, Failure, Outcome,
    runtime::{Left, Machine, Prepared},
};

/// What the saga says of an item: how often it stands at least and at most.
fn said(standing: bool, in_doubt: bool) -> (u32, u32) {
    match (standing, in_doubt) {
        (true, _) => (1, 1),
        (false, true) => (0, 1),
        (false, false) => (0, 0),
    }
}

/// What a loop of two items makes, and the paths of the steps that make it.
const MADE: &[(u32, &str)] = &[(0, "made[0]"), (1, "made[1]")];
const MADE_BY_SAGAS: &[(u32, &str)] = &[
    (0, "made[0]/half"),
    (10, "made[0]/rest"),
    (1, "made[1]/half"),
    (11, "made[1]/rest"),
];

/// No step is made twice.
const NONE: &str = "nothing";

/// `twice`: a rerun makes once more what such a step has made.
fn check(
    world: &World,
    (made, twice): (&[(u32, &str)], &str),
    completeness: Option<&Completeness>,
) {
    for &(item, name) in made {
        let again = name.ends_with(twice);
        // What an earlier run of a saga left is listed as the step that the saga is.
        let above = name.split_once('/').map_or(name, |(above, _)| above);
        let is_it = |path: &str| path == name || again && path == above;
        let (least, most) = match completeness {
            None => (1, 1),
            Some(Completeness::Compensated { left }) => {
                let is = |how| left.iter().any(|left| is_it(&left.step) && left.how == how);
                said(is(Left::Certain), is(Left::Perhaps))
            }
            Some(Completeness::Parked(unsettled)) => said(
                unsettled.still_applied.iter().any(|path| is_it(path)),
                unsettled.in_doubt.iter().any(|path| is_it(path)),
            ),
            Some(other) => panic!("the output is not lost: {other:?}"),
        };
        let most = if again { 2 * most } else { most };
        let stands = world.stands(item);
        assert!(
            (least..=most).contains(&stands),
            "{stands} of {name} stand, {completeness:?}: {:?}",
            world.0.lock().unwrap().calls
        );
    }
}

/// Compensations that lost their answer leave what is said to stand undone.
fn lost_an_undo(world: &World) -> bool {
    let books = world.0.lock().unwrap();
    let undoes = |call: &&String| call.starts_with("undo") || call.starts_with("stop");
    let mut undone = books.calls.iter().filter(undoes);
    undone.any(|call| call.ends_with("LostAfter"))
}

/// What a run did and said, with the items written out.
#[derive(Debug, PartialEq)]
struct Told {
    /// What was called for each item, in order.
    calls: [Vec<String>; 3],
    end: &'static str,
    failed: Vec<String>,
    lists: Vec<String>,
}

fn told<M: Machine<Error = Error, Output = usize>>(world: &World, outcome: &Outcome<M>) -> Told {
    let plain = |path: &str| path.replace("[0]", "_0").replace("[1]", "_1");
    let name = |failure: &Failure<Error>| failure.step().map(plain);
    let (end, failed, lists) = match outcome {
        Outcome::Completed(_) => ("completed", Vec::new(), Vec::new()),
        Outcome::Compensated(error) => {
            let failures = [error.failure()].into_iter().chain(error.also());
            let lists = vec![plain(&error.completeness().to_string())];
            ("compensated", failures.filter_map(name).collect(), lists)
        }
        Outcome::Parked(parked) => {
            let failures = [parked.failure()].into_iter().chain(parked.also());
            let lists = vec![plain(&parked.unsettled().to_string())];
            ("parked", failures.filter_map(name).collect(), lists)
        }
        other @ Outcome::OutputLost(_) => panic!("{other:?}"),
    };
    let books = world.0.lock().unwrap();
    let calls = ["0", "1", "last"].map(|of| {
        let calls = books.calls.iter().filter(|call| call.contains(of));
        calls.cloned().collect()
    });
    Told {
        calls,
        end,
        failed,
        lists,
    }
}

/// Has both do the same: what a call does is chosen by its name, so whichever comes first.
fn alike<L, W>(
    most: usize,
    looped: impl Fn(World) -> Prepared<L>,
    written_out: impl Fn(World) -> Prepared<W>,
) -> usize
where
    L: Machine<Error = Error, Output = usize>,
    W: Machine<Error = Error, Output = usize>,
{
    let (runtime, most) = (runtime(), self::most(most));
    let mut choices = Some(Choices {
        most,
        ..Choices::default()
    });
    let mut runs = 0;
    while let Some(chosen) = choices.take() {
        let taken = chosen.taken.clone();
        let world = World::choosing(chosen);
        let outcome = runtime.block_on(looped(world.clone()).seed(1).outcome());
        let first = told(&world, &outcome);
        let other = World::choosing(Choices {
            taken,
            most,
            ..Choices::default()
        });
        let outcome = runtime.block_on(written_out(other.clone()).seed(1).outcome());
        assert_eq!(first, told(&other, &outcome));
        runs += 1;
        let mut books = world.0.lock().unwrap();
        choices = std::mem::take(&mut books.choices).advance();
    }
    runs
}

/// So many troubles; unless the suite is exhaustive, two at most.
fn most(troubles: usize) -> usize {
    bound(troubles, troubles.min(2))
}

/// So many runs there are at least; fewer if the suite is not exhaustive.
fn floor(runs: usize) -> usize {
    bound(runs, runs / 20)
}

fn runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap()
}

fn every<M: Machine<Error = Error, Output = usize>>(
    most: usize,
    saga: impl Fn(World) -> Prepared<M>,
) -> usize {
    every_of(most, (MADE, NONE), saga)
}

fn every_of<M: Machine<Error = Error, Output = usize>>(
    most: usize,
    made: (&[(u32, &str)], &str),
    saga: impl Fn(World) -> Prepared<M>,
) -> usize {
    let (runtime, most) = (runtime(), self::most(most));
    let mut choices = Some(Choices {
        most,
        ..Choices::default()
    });
    let mut runs = 0;
    while let Some(chosen) = choices.take() {
        let world = World::choosing(chosen);
        let outcome = runtime.block_on(saga(world.clone()).id("one").seed(1).outcome());
        let honest = !lost_an_undo(&world);
        match outcome {
            Outcome::Completed(2) => check(&world, made, None),
            Outcome::Compensated(error) => {
                if honest {
                    check(&world, made, Some(&error.completeness()));
                }
            }
            Outcome::Parked(parked) => {
                if honest {
                    check(
                        &world,
                        made,
                        Some(&Completeness::Parked(parked.unsettled().clone())),
                    );
                }
                world.0.lock().unwrap().healthy = true;
                let resumed = runtime.block_on(parked.resume().outcome());
                let resumed = match resumed {
                    // A saga behind the pivot has taken back what was refused to it: now it is
                    // tried again.
                    Outcome::Parked(parked) if made.0.len() > 2 => {
                        runtime.block_on(parked.resume().outcome())
                    }
                    resumed => resumed,
                };
                match resumed {
                    Outcome::Completed(2) => check(&world, made, None),
                    Outcome::Compensated(error) => check(&world, made, Some(&error.completeness())),
                    other => panic!(
                        "nothing goes wrong any more: {other:?}, {:?}",
                        world.0.lock().unwrap().calls
                    ),
                }
            }
            other => panic!("{other:?}"),
        }
        runs += 1;
        let mut books = world.0.lock().unwrap();
        choices = std::mem::take(&mut books.choices).advance();
    }
    runs
}

#[test]
fn every_run_of_two_items_says_what_stands() {
    let items = || vec![0, 1];
    let runs = [
        every(3, |world| Repeated { items: items() }.with(world)),
        every(3, |world| Beside { items: items() }.with(world)),
        every(3, |world| Found { items: items() }.with(world)),
        every(3, |world| Stopped { items: items() }.with(world)),
        every(2, |world| Turned { items: items() }.with(world)),
        every(3, |world| Abandoned { items: items() }.with(world)),
        every(3, |world| Behind { items: items() }.with(world)),
    ];
    assert!(runs.iter().sum::<usize>() > floor(5_000), "{runs:?}");
}

#[test]
fn a_loop_does_what_steps_do_that_are_written_out() {
    let items = || vec![0, 1];
    let (one, two) = (0, 1);
    let runs = [
        alike(
            4,
            |world| Repeated { items: items() }.with(world),
            |world| RepeatedWrittenOut { one, two }.with(world),
        ),
        alike(
            4,
            |world| FoundInOrder { items: items() }.with(world),
            |world| FoundWrittenOut { one, two }.with(world),
        ),
        alike(
            4,
            |world| StoppedInOrder { items: items() }.with(world),
            |world| StoppedWrittenOut { one, two }.with(world),
        ),
        alike(
            3,
            |world| TurnedInOrder { items: items() }.with(world),
            |world| TurnedWrittenOut { one, two }.with(world),
        ),
        alike(
            4,
            |world| AbandonedInOrder { items: items() }.with(world),
            |world| AbandonedWrittenOut { one, two }.with(world),
        ),
        alike(
            4,
            |world| Behind { items: items() }.with(world),
            |world| BehindWrittenOut { one, two }.with(world),
        ),
    ];
    assert!(runs.iter().sum::<usize>() > floor(10_000), "{runs:?}");
}

#[test]
fn every_run_of_two_items_that_are_sagas_says_what_stands() {
    let items = || vec![0, 1];
    let made = (MADE_BY_SAGAS, NONE);
    let runs = [
        every_of(3, made, |world| Pairs { items: items() }.with(world)),
        every_of(3, made, |world| PairsBeside { items: items() }.with(world)),
        every_of(2, made, |world| {
            PairsRepeated { items: items() }.with(world)
        }),
        every_of(2, made, |world| PairsTurned { items: items() }.with(world)),
        every_of(2, (MADE_BY_SAGAS, "/half"), |world| {
            PairsKept { items: items() }.with(world)
        }),
        every_of(3, made, |world| PairsLeft { items: items() }.with(world)),
        every_of(3, made, |world| PairsBehind { items: items() }.with(world)),
    ];
    assert!(runs.iter().sum::<usize>() > floor(5_000), "{runs:?}");
}

#[test]
fn a_loop_of_sagas_does_what_sagas_do_that_are_written_out() {
    let items = || vec![0, 1];
    let (one, two) = (0, 1);
    let runs = [
        alike(
            3,
            |world| Pairs { items: items() }.with(world),
            |world| PairsWrittenOut { one, two }.with(world),
        ),
        alike(
            3,
            |world| PairsRepeated { items: items() }.with(world),
            |world| PairsRepeatedWrittenOut { one, two }.with(world),
        ),
        alike(
            3,
            |world| PairsTurned { items: items() }.with(world),
            |world| PairsTurnedWrittenOut { one, two }.with(world),
        ),
        alike(
            3,
            |world| PairsKept { items: items() }.with(world),
            |world| PairsKeptWrittenOut { one, two }.with(world),
        ),
        alike(
            3,
            |world| PairsLeft { items: items() }.with(world),
            |world| PairsLeftWrittenOut { one, two }.with(world),
        ),
    ];
    assert!(runs.iter().sum::<usize>() > floor(5_000), "{runs:?}");
}
