//! A step that remains, in each place where it can be run again, and a second version of its saga: with
//! another count, without the savepoint, or with another word.

use crate::durable::{
    lives::lives,
    reruns::{
        self, End, Says, TRIALS, Trial, all_places,
        desk::{Desk, Trouble},
        ends, inside,
        sagas::sagas,
    },
};
use saga_tests::bound;
use std::{fmt, future::Future, pin::Pin, time::Duration};
use typed_saga::engine::Memory;
use typed_saga_conformance::Faulty;

/// The sagas of a version, which rerun this often. (`reruns` has those that rerun once.)
macro_rules! version {
    ($version:ident [$($savepoint:tt)*] [$($retry:tt)*]) => {
        mod $version {
            use super::{Desk, Trouble, all_places, inside, sagas};

            all_places! { [$($savepoint)*] [$($retry)*]
                step governed beside items listed child in_a_row left_before children children_listed retried left left_listed
            }
        }
    };
}

version! { never [] [#[retry(1)]] }
version! { twice [#[savepoint(2, 1s..1s, jitter = false)]] [#[retry(4, 1s..1s, jitter = false)]] }

/// Runs the order under one version, until it or its process ends.
type Life = fn(Faulty<Memory>, Desk) -> Pin<Box<dyn Future<Output = Option<End>>>>;

#[derive(Clone, Copy)]
struct Version {
    /// How often it reruns.
    reruns: usize,
    says: Says,
    life: Life,
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.says, self.reruns)
    }
}

/// What one process after the other did with the order.
struct Course {
    /// How the order ended, as each process says; `None` if the version could not read it, or the
    /// process ended before.
    ends: Vec<Option<End>>,
    /// How many writes each made.
    writes: Vec<u64>,
    /// How many rounds there may be.
    most: usize,
    /// Whether a call was repeated that its version, or the one before, does not call `#[idempotent]`.
    doubled: bool,
}

/// The order begins under the first version, whose process ends after this write; it goes on under the
/// second one, and whatever that leaves under the first one again, or if that cannot read it under the
/// second.
fn course([first, second]: [Version; 2], crashes: &[u64], desk: &Desk) -> Course {
    let crashes = crashes.iter().chain([&NEVER]);
    let crashes: Vec<_> = crashes.map(|write| (true, *write)).collect();
    // What each process found: how many calls there were, and whether one was repeated.
    let mut lived: Vec<(Version, usize, bool)> = Vec::new();
    let (mut ends, mut most) = (Vec::new(), 0);
    let writes = lives(&Memory::new(), &crashes, async |store| {
        let version = [first, second][ends.len() % 2];
        lived.push((version, desk.calls("mail"), desk.was_doubled()));
        // A round that was decided may not have reached its last step.
        most = (desk.rounds("last") + 1).max(version.reruns + 1);
        let place = ends.len();
        ends.push(None);
        ends[place] = (version.life)(store, desk.clone()).await;
    });
    lived.push((first, desk.calls("mail"), desk.was_doubled()));
    let (mut may_double, mut doubled) = (true, false);
    for life in lived.windows(2) {
        let [(version, calls, was), (_, calls_then, is)] = life else {
            unreachable!("two of them")
        };
        if calls_then > calls {
            may_double &= version.says.is_idempotent();
        }
        doubled |= is != was && !may_double;
    }
    Course {
        ends,
        writes,
        most,
        doubled,
    }
}

/// No process ends as late.
const NEVER: u64 = u64::MAX;

/// Whether the step is settled alike, so that each version reads what the other one has done.
fn fits([first, second]: [Version; 2]) -> bool {
    first.says.is_idempotent() == second.says.is_idempotent()
}

/// Gives how many writes the second version made.
fn check(versions: [Version; 2], trial: Trial, crashes: [u64; 2], most_operations: usize) -> u64 {
    let desk = trial.desk();
    let course = course(versions, &crashes, &desk);
    let Course {
        ends,
        most,
        writes,
        doubled,
    } = course;
    let context = format!("{versions:?} {trial:?}, crashes {crashes:?}: {ends:?}, {desk:?}");
    assert!(!doubled, "{context}");
    assert!(!desk.changed_its_content(), "{context}");
    assert!(desk.rounds("last") <= most, "{context}");
    assert!(desk.keys().len() <= most_operations, "{context}");
    let [_, second, third, fourth] = &ends[..] else {
        panic!("{context}")
    };
    // What one version has ended the other may not be able to read.
    let end = third.as_ref().or(fourth.as_ref()).expect(&context);
    assert!(end.lists_what_stands(&desk), "{context}");
    let ended = [second, fourth].into_iter().flatten();
    assert!(ended.into_iter().all(|ended| ended == end), "{context}");
    if fits(versions) {
        assert!(third.is_some(), "{context}");
        // It was read, unless its process ended before it could say so.
        assert!(second.is_some() || crashes[1] != NEVER, "{context}");
    }
    writes[1]
}

/// All pairs of versions of a place with another count, with no savepoint or a new one, or with another
/// word; `many` steps of it remain.
fn place(versions: &[Version], many: usize) {
    assert_eq!(versions.len(), 18);
    let (step, mut number, mut runs) = (bound(1, 61), 0_usize, 0);
    for first in versions {
        for trial in TRIALS {
            let whole = course([*first; 2], &[NEVER, NEVER], &trial.desk());
            let others = versions
                .iter()
                .filter(|second| (first.says == second.says) != (first.reruns == second.reruns));
            for second in others {
                let operations = (first.reruns.max(second.reruns) + 1) * many;
                for write in 0..whole.writes[0] {
                    number += 1;
                    if number % step != 0 {
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
    assert!(runs > 450, "{runs}");
}

macro_rules! places {
    ($($test:ident $place:ident $many:literal [$($reruns:literal)*])*) => { $(
        #[test]
        fn $test() {
            let mut versions = Vec::new();
            places! { @version versions $place never 0 }
            places! { @versions versions $place $($reruns)* }
            place(&versions, $many);
        }
    )* };
    (@versions $versions:ident $place:ident $fewer:literal $more:literal) => {
        places! { @version $versions $place reruns $fewer }
        places! { @version $versions $place twice $more }
    };
    (@version $versions:ident $place:ident $version:ident $reruns:literal) => {
        places! { @each $versions $place $version $reruns
            asked Asked, same Same, once Once, once_same OnceSame, anew Anew, anew_same AnewSame
        }
    };
    (@each $versions:ident $place:ident $version:ident $reruns:literal $($name:ident $says:ident),*) => {
        $( $versions.push(Version {
            reruns: $reruns,
            says: Says::$says,
            life: |store, desk| Box::pin(async move {
                let order = $version::$place::$name::Outer { number: 7 };
                let services = $version::$place::$name::OuterServices { desk };
                ends(store, (order, services), Duration::from_millis(1)).await
            }),
        }); )*
    };
}

places! {
    a_step step 1 [1 2]
    a_step_of_a_when_block governed 1 [1 2]
    a_step_beside_another beside 1 [1 2]
    items_of_the_same_list items 2 [1 2]
    items_of_another_list listed 2 [1 2]
    a_child_that_is_undone child 1 [1 2]
    a_child_behind_another in_a_row 1 [1 2]
    a_child_that_is_left_before_another left_before 1 [1 2]
    children_of_items children 2 [1 2]
    children_of_items_of_another_list children_listed 2 [1 2]
    a_child_that_is_tried_three_times retried 1 [2 3]
    a_child_that_its_parent_leaves left 1 [1 2]
    children_that_are_left_of_another_list left_listed 2 [1 2]
}
