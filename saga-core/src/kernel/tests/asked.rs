//! Questions to the kernel besides that for the next command.

use super::build::*;
use crate::kernel::{Direction, Event};

#[test]
fn at_hand_is_where_the_way_forward_stands_or_stood() {
    let mut saga = memory([vec![step()], group(1, [step(), step()]), vec![step()]].concat());
    assert_eq!(saga.at_hand(), Some(0));
    assert_eq!(saga.apply_all([0, 2]).at_hand(), Some(1), "a block is one");
    assert_eq!(saga.apply_all([1]).at_hand(), Some(3));
    let mut back = saga.clone();
    assert_eq!(back.act(3, refused).direction(), Direction::Compensating);
    assert_eq!(back.at_hand(), Some(3));
    assert_eq!(saga.clone().apply_all([3]).at_hand(), None);
    saga.hear(attempting(3)).hear(Event::CancelRequested);
    assert_eq!(saga.hear(applied(3)).at_hand(), Some(3), "it is undone");
}

#[test]
fn a_saga_is_as_durable_as_its_journal() {
    assert!(durable([step()]).is_durable() && !memory([step()]).is_durable());
}

#[test]
fn a_block_was_taken_unless_its_condition_said_no() {
    for taken in [true, false] {
        let mut saga = memory(governed(0, [step(), step()]));
        saga.hear(Event::Decided { block: 0, taken });
        assert_eq!(saga.is_taken(0), taken);
    }
}

#[test]
fn part_of_a_step_happened_until_its_doubt_is_settled() {
    let mut saga = memory([step().idempotent().by_key()]);
    assert!(!saga.act(0, unknown).is_partial(0), "perhaps nothing did");
    assert!(saga.wait(0).act(0, partial).is_partial(0));
    assert!(!saga.wait(0).act(0, applied).is_partial(0));
}

#[test]
fn a_signal_counts_until_its_step_takes_it() {
    let mut saga = memory([step(), step(), signal(), signal()]);
    assert_eq!(saga.signalled().count(), 0);
    for step in [3, 2] {
        saga.hear(Event::Signalled { step });
    }
    assert_eq!(saga.signalled().collect::<Vec<_>>(), [2, 3]);
    saga.apply_all([0, 1]).hear(Event::Awaiting { step: 2 });
    saga.hear(Event::Received { step: 2 });
    assert_eq!(saga.signalled().collect::<Vec<_>>(), [3]);
}
