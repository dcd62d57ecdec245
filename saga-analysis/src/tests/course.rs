//! The rules for sequences, blocks, savepoints and rolling back.

use super::build::*;
use crate::{Analysis, Bound};
use typed_saga_definition::{Arm, Condition, Definition, Step};

#[test]
fn a_sequence_is_decided_once_its_pivot_is_applied_or_given_up() {
    let until = decided([step(), read(), pivot(), last()]);
    assert_eq!(until, ms(3000));
    // The step that fails for good late decides, too.
    let until = decided([by_key(), by_key()]);
    assert_eq!(until, ms(2400));
}

#[test]
fn a_block_takes_its_longest_path() {
    let steps = || block(0, [step(), step().tried(2), step().on(&[0])]);
    assert_eq!(decided(steps()), ms(2010));
}

#[test]
fn a_hold_begins_with_the_attempt_and_ends_with_the_later_step() {
    of_saga([step().tried(2), read(), pivot(), last()], |it| {
        assert_eq!(it.holds_within(0, 2), Some(ms(4010)));
        assert_eq!(it.holds_within(0, 3), Some(ms(5010)));
        assert_eq!(it.holds_within(2, 0), None);
    });
}

#[test]
fn a_hold_in_a_block_does_not_wait_for_what_its_step_awaited() {
    let steps = || {
        block(
            0,
            [step().tried(3), step().on(&[0]), step(), step().on(&[1])],
        )
    };
    of_saga(steps(), |it| {
        assert_eq!(it.holds_within(1, 3), Some(ms(2000)));
        assert_eq!(it.holds_within(1, 2), None, "it does not await it");
    });
}

#[test]
fn turns_share_one_counter_and_undo_what_they_repeat() {
    let steps = [step(), read().saved(2), step(), step()];
    // A pass from the savepoint: two steps, and the one that fails; two reruns.
    let pass = 3000 + 400 + 10;
    assert_eq!(decided(steps), ms(1000 + 2 * pass + 3000));
}

#[test]
fn only_turns_after_it_prolong_a_hold_unless_it_may_stay() {
    let held = |first| of_saga([first, pivot()], |it| it.holds_within(0, 1));
    assert_eq!(held(step().saved(1)), Some(ms(2000)));
    assert_eq!(held(lasting().saved(1)), Some(ms(2000 + 10 + 2000)));
}

#[test]
fn it_ends_once_all_before_the_failure_is_undone() {
    assert_eq!(ended([step(), step()]), ms(2800));
    let after = ended([step(), pivot(), last().tried(2)]);
    assert_eq!(after, ms(4010));
}

#[test]
fn more_turns_than_can_be_followed_are_each_as_long_as_the_longest() {
    let few = decided([step().saved(64), step()]);
    let many = decided([step().saved(1000), step()]);
    assert!(few < many && many.within().is_some());
    assert_eq!(decided([]), Bound::ZERO);
}

/// An arm of two steps, this arm of one, and the pivot.
fn with_arms(second: Arm) -> Definition {
    let governed = |block| Step {
        condition: Some(block),
        ..step()
    };
    let block = |arm, first, len| Condition {
        arm,
        first,
        len,
        ..Condition::PLAIN
    };
    let steps = [governed(0), governed(0), governed(1), pivot()];
    Definition {
        conditions: vec![block(Arm::When, 0, 2), block(second, 2, 1)].into(),
        ..saga(steps)
    }
}

#[test]
fn of_the_arms_of_a_when_the_longest_counts() {
    for (arm, until, back) in [
        (Arm::When, 4000, 1200),
        (Arm::ElseWhen, 3000, 800),
        (Arm::Else, 3000, 800),
    ] {
        let saga = with_arms(arm);
        let analysis = Analysis::with_journal(&saga, false);
        assert_eq!(analysis.decided_within(), ms(until), "{arm:?}");
        assert_eq!(analysis.undone_within(), ms(back), "{arm:?}");
    }
}
