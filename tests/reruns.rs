//! Reruns over a step that says `compensate none again`, and that nothing settles: in memory, in each
//! place where it can be run again. What is settled is in `durable/reruns.rs`.

mod desk;
mod rounds;
mod sagas;

use self::{
    desk::{Desk, Trouble},
    sagas::sagas,
};
use std::collections::BTreeSet;
use typed_saga::{Completeness, runtime::Left};

macro_rules! all_places {
    ($($place:ident)*) => { $(
        sagas! { ([] [] [#[savepoint(1, 1s..1s, jitter = false)]] [#[retry(3, 1s..1s, jitter = false)]])
            $place desk key number quote { anew [] {} [again] } }
    )* };
}

all_places! { inside step governed beside items child children retried left }

/// Of how many steps of the saga something is listed for certain, and of how many perhaps. (What an
/// earlier run of a child left is listed as its step.)
fn listed(completeness: &Completeness) -> (usize, usize) {
    let Completeness::Compensated { left } = completeness else {
        panic!("{completeness:?}")
    };
    let of = |how| {
        let left = left.iter().filter(|left| left.how == how);
        let steps = left.map(|left| left.step.split('/').next());
        steps.collect::<BTreeSet<_>>().len()
    };
    (of(Left::Certain), of(Left::Perhaps))
}

/// With `many` items, and as many rounds if the last step always fails.
macro_rules! places {
    ($($test:ident $place:ident $many:literal $times:literal)*) => { $(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            let desk = Desk::default();
            desk.fails("last", 1);
            $place::anew::Outer { number: 7 }.with(desk.clone()).await.unwrap();
            assert_eq!((desk.calls("mail"), desk.held()), (2 * $many, 2 * $many), "{desk:?}");
            assert!(!desk.was_doubled(), "{desk:?}");

            let desk = Desk::default();
            desk.fails("last", 1000);
            let error = $place::anew::Outer { number: 7 }.with(desk.clone()).await.unwrap_err();
            assert_eq!(desk.held(), $times * $many, "{desk:?}");
            assert_eq!(listed(&error.completeness()), ($many, 0), "once, whatever its rounds");

            // Nothing tells whether it happened: it is called again all the same, but not by a retry, since
            // it panicked.
            let desk = Desk::default();
            desk.panics();
            let outcome = $place::anew::Outer { number: 7 }.with(desk.clone()).await;
            assert!(!desk.was_doubled(), "{desk:?}");
            match outcome {
                Ok(()) => assert!(desk.held() > $many, "{desk:?}"),
                Err(error) => {
                    assert_eq!(stringify!($place), "retried");
                    assert_eq!(listed(&error.completeness()), (0, 1));
                }
            }
        }
    )* };
}

places! {
    a_step step 1 2
    a_step_of_a_when_block governed 1 2
    a_step_beside_another beside 1 2
    items_of_another_list items 2 2
    a_child_that_is_undone child 1 2
    children_of_items_of_another_list children 2 2
    a_child_that_is_tried_three_times retried 1 3
    a_child_that_its_parent_leaves left 1 2
}
