//! A step that remains, in each place where it can be run again, and a second version of its saga: with
//! another count, without the savepoint, or without the word.

use crate::durable::{
    lives::lives,
    reruns::{
        self, End, TRIALS, Trial,
        desk::{Desk, Trouble},
        ends, inside,
        sagas::sagas,
    },
};
use saga_tests::bound;
use std::{future::Future, pin::Pin, time::Duration};
use typed_saga::engine::Memory;
use typed_saga_conformance::Faulty;

/// The sagas of a version, which rerun this often. (`reruns` has those that rerun once.)
macro_rules! version {
    ($version:ident [$($inside:ident)?] $savepoint:tt $retry:tt $word:tt $($place:ident)*) => {
        mod $version {
            use super::{Desk, Trouble, $($inside,)? sagas};

            $( sagas! { ([#[classify(Trouble::verdict)] #[timeout(10s)]] [durable] $savepoint $retry)
                $place desk key number quote { same [#[idempotent] #[retry(1)]] {} $word } } )*
        }
    };
}

// Without a rerun, no step needs the word.
version! { plain [] [] [#[retry(1)]] [] inside step items child retried left }
version! { never [inside] [] [#[retry(1)]] [again] step items child retried left }
version! { twice [inside] [#[savepoint(2, 1s..1s, jitter = false)]] [#[retry(4, 1s..1s, jitter = false)]] [again]
    step items child retried left
}

/// Runs the order under one version, until it or its process ends.
type Life = fn(Faulty<Memory>, Desk) -> Pin<Box<dyn Future<Output = End>>>;

#[derive(Clone, Copy)]
struct Version {
    name: &'static str,
    /// How often it reruns.
    reruns: usize,
    life: Life,
}

/// What one process after the other did with the order.
struct Course {
    /// How the order ended, as each process says; `None` if the process ended before.
    ends: Vec<Option<End>>,
    /// How many writes each made.
    writes: Vec<u64>,
    /// How many rounds there may be.
    most: usize,
}

/// The order begins under the first version, whose process ends after this write; it goes on under the
/// second one, and whatever that leaves under the first one again.
fn course([first, second]: [Version; 2], crashes: &[u64], desk: &Desk) -> Course {
    let crashes: Vec<_> = crashes.iter().map(|write| (true, *write)).collect();
    let (mut ends, mut most) = (Vec::new(), 0);
    let writes = lives(&Memory::new(), &crashes, async |store| {
        let version = [first, second][ends.len() % 2];
        // A round that was decided may not have reached its last step.
        most = (desk.rounds("last") + 1).max(version.reruns + 1);
        let place = ends.len();
        ends.push(None);
        ends[place] = Some((version.life)(store, desk.clone()).await);
    });
    Course { ends, writes, most }
}

/// No process ends as late.
const NEVER: u64 = u64::MAX;

/// Gives how many writes the second version made.
fn check(versions: [Version; 2], trial: Trial, crashes: [u64; 2], most_operations: usize) -> u64 {
    let desk = trial.desk();
    let Course { ends, most, writes } = course(versions, &crashes, &desk);
    let names = versions.map(|version| version.name);
    let context = format!("{names:?} {trial:?}, crashes {crashes:?}: {ends:?}, {desk:?}");
    assert!(!desk.changed_its_content(), "{context}");
    assert!(desk.rounds("last") <= most, "{context}");
    assert!(desk.keys().len() <= most_operations, "{context}");
    let [_, second, third] = &ends[..] else {
        panic!("{context}")
    };
    let end = third.as_ref().expect(&context);
    assert!(end.lists_what_stands(&desk), "{context}");
    assert!(
        second.as_ref().is_none_or(|second| second == end),
        "{context}"
    );
    // Its process may have ended before it could say so.
    assert!(second.is_some() || crashes[1] != NEVER, "{context}");
    writes[1]
}

/// All pairs of versions of a place; `many` steps of it remain.
fn place(versions: &[Version; 4], many: usize) {
    let (step, mut number, mut runs) = (bound(1, 23), 0_usize, 0);
    for (place, first) in versions.iter().enumerate() {
        for trial in TRIALS {
            let whole = course([*first; 2], &[NEVER, NEVER], &trial.desk());
            for (other, second) in versions.iter().enumerate() {
                let operations = (first.reruns.max(second.reruns) + 1) * many;
                for write in 0..whole.writes[0] {
                    number += 1;
                    if other == place || number % step != 0 {
                        continue;
                    }
                    // The second version ends the order, or its process ends, too.
                    let check = |then| check([*first, *second], trial, [write, then], operations);
                    let writes = check(NEVER);
                    (0..writes).for_each(|then| _ = check(then));
                    runs += 1 + writes;
                }
            }
        }
    }
    assert!(runs > 100, "{runs}");
}

macro_rules! places {
    ($($test:ident $place:ident $many:literal [$once:literal $twice:literal])*) => { $(
        #[test]
        fn $test() {
            let versions = places! { @versions $place plain 0, never 0, reruns $once, twice $twice };
            place(&versions, $many);
        }
    )* };
    (@versions $place:ident $($version:ident $reruns:literal),*) => {
        [$( Version {
            name: stringify!($version),
            reruns: $reruns,
            life: |store, desk| Box::pin(async move {
                let order = $version::$place::same::Outer { number: 7 };
                let services = $version::$place::same::OuterServices { desk };
                ends(store, (order, services), Duration::from_millis(1)).await
            }),
        } ),*]
    };
}

places! {
    a_step step 1 [1 2]
    items_of_another_list items 2 [1 2]
    a_child_that_is_undone child 1 [1 2]
    a_child_that_is_tried_several_times retried 1 [2 3]
    a_child_that_its_parent_leaves left 1 [1 2]
}
