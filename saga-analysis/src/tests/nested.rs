//! Child sagas and loops.

use std::time::Duration;

use typed_saga_definition::{Items, Step, Timing};

use super::build::*;
use crate::{Bound, Why};

#[test]
fn a_child_is_as_long_as_its_steps_and_a_failed_round_undoes_them() {
    let inside = || saga([step(), step()]);
    of_saga([child(inside())], |it| {
        assert_eq!(it.times(0).applied, ms(2000));
        assert_eq!(it.times(0).undone, ms(800));
    });
    // One round that fails and undoes itself, a wait, and one round that does not fail.
    let rounds = of_saga([child(inside()).tried(2)], |it| it.times(0).applied);
    assert_eq!(rounds, ms(2400 + 10 + 2000));
}

#[test]
fn the_timeout_of_a_child_bounds_its_rounds() {
    let hangs = Step {
        timeout: None,
        ..signal()
    };
    let mut limited = child(saga([step(), hangs]));
    limited.timeout = Some(Timing::Fixed(Duration::from_secs(5)));
    let until = decided([limited]);
    assert_eq!(until, ms(5000));
}

#[test]
fn the_earlier_of_its_deadline_and_its_timeout_bounds_the_rounds_of_a_child() {
    let hangs = Step {
        timeout: None,
        ..signal()
    };
    let mut inside = saga([step(), hangs]);
    inside.deadline = Some(Duration::from_secs(4));
    let mut limited = child(inside);
    assert_eq!(decided([limited.clone()]), ms(4000));
    limited.timeout = Some(Timing::Fixed(Duration::from_secs(5)));
    assert_eq!(decided([limited.clone()]), ms(4000));
    limited.timeout = Some(Timing::Fixed(Duration::from_secs(3)));
    assert_eq!(decided([limited]), ms(3000));
}

#[test]
fn a_loop_has_as_many_items_as_it_is_given() {
    let each = Items::each_of(step(), false, true, false);
    let mut looped = step().when();
    looped.items = Some(Items {
        item: "it".into(),
        ty: "u8".into(),
        each: each.into(),
        ..Items::PLAIN
    });
    let Bound::Endless(endless) = decided([step(), looped, pivot()]) else {
        panic!("the number of items is not known");
    };
    assert_eq!((endless.step, endless.why), (1, Why::Items));
}
