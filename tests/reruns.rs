//! Reruns over a step that remains, and that nothing settles: in memory, in each place where it can
//! be run again. What is settled is in `durable/reruns.rs`.

mod desk;
mod rounds;
mod sagas;

use self::{
    desk::{Desk, Trouble},
    sagas::sagas,
};
use typed_saga::{Completeness, runtime::Left};

macro_rules! all_places {
    ($($place:ident)*) => { $(
        sagas! { ([] [] [#[savepoint(1, 1s..1s, jitter = false)]]
            [#[retry(3, 1s..1s, jitter = false)]]) $place desk key {
            plain [] { compensate none }
            once [] { compensate none once }
            anew [] { compensate none again }
        } }
    )* };
}

all_places! { inside step governed beside items listed child in_a_row left_before children children_listed retried left left_listed }

/// How many operations there are at the end, and whether the saga completed, if its last step fails
/// once.
type Then = (usize, bool);

const REFUSED: Then = (1, false);
const KEPT: Then = (1, true);
const ANEW: Then = (2, true);

fn certain(completeness: &Completeness) -> (usize, usize) {
    let Completeness::Compensated { left } = completeness else {
        panic!("{completeness:?}")
    };
    let certain = left.iter().filter(|left| left.how == Left::Certain);
    let certain = certain.count();
    (certain, left.len() - certain)
}

/// With `many` items; `$then` is what is to happen with `compensate none`, `once` and `again`.
macro_rules! places {
    ($($test:ident $place:ident $many:literal $plain:ident $once:ident $anew:ident)*) => { $(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            places! { @each $place $many plain $plain }
            places! { @each $place $many once $once }
            places! { @each $place $many anew $anew }
        }
    )* };
    (@each $place:ident $many:literal $says:ident $then:ident) => {
        let (times, completes) = $then;
        let desk = Desk::default();
        desk.fails("last", 1);
        let end = $place::$says::Outer { number: 7 }.with(desk.clone()).await;
        assert_eq!((desk.calls("mail"), end.is_ok()), (times * $many, completes), "{desk:?}");
        assert!(!desk.was_doubled() && desk.held() == times * $many, "{desk:?}");
        if let Err(error) = end {
            assert_eq!(certain(&error.completeness()), (times * $many, 0));
        }

        // Nothing tells whether it happened.
        let desk = Desk::default();
        desk.panics();
        let error = $place::$says::Outer { number: 7 }.with(desk.clone()).await.unwrap_err();
        assert_eq!((desk.calls("mail"), desk.held()), (1, 1), "{desk:?}");
        assert_eq!(certain(&error.completeness()), (0, 1));
    };
}

places! {
    a_step step 1 REFUSED KEPT ANEW
    a_step_of_a_when_block governed 1 REFUSED KEPT ANEW
    a_step_beside_another beside 1 REFUSED KEPT ANEW
    items_of_the_same_list items 2 REFUSED KEPT ANEW
    items_of_another_list listed 2 REFUSED KEPT ANEW
    a_child_that_is_undone child 1 REFUSED REFUSED ANEW
    a_child_behind_another in_a_row 1 REFUSED REFUSED ANEW
    children_of_items children 2 REFUSED REFUSED ANEW
    children_of_items_of_another_list children_listed 2 REFUSED REFUSED ANEW
    a_child_that_is_tried_three_times retried 1 REFUSED REFUSED ANEW
    a_child_that_its_parent_leaves left 1 REFUSED REFUSED REFUSED
    a_child_that_is_left_before_another left_before 1 REFUSED REFUSED REFUSED
    children_that_are_left_of_another_list left_listed 2 REFUSED REFUSED REFUSED
}
