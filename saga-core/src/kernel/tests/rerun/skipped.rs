//! Reruns past a `when` block in which something remains.

use super::*;

/// A savepoint, a block with this step and a sibling, which fails, and a step after it; the rerun has
/// come to the block.
fn in_a_block(remaining: Step, ends: fn(u16) -> Event) -> Saga {
    let block = governed(0, group(1, [remaining, step()]));
    let mut saga = memory([vec![step().savepoint(9)], block, vec![step()]].concat());
    saga.apply_all([0]).hear(TAKEN).act(1, ends).act(2, refused);
    back_to_savepoint(&mut saga);
    turned(&mut saga);
    saga
}

const TAKEN: Event = Event::Decided {
    block: 0,
    taken: true,
};

/// The block is not taken, the step after it fails, and the next rerun takes the block.
fn reaches_it_again(saga: &mut Saga) -> &mut Saga {
    let taken = false;
    saga.hear(Event::Decided { block: 0, taken })
        .act(3, refused);
    back_to_savepoint(saga);
    saga.hear(Event::Turned { step: 0 })
        .apply_all([0])
        .hear(TAKEN)
}

#[test]
fn the_condition_of_a_block_whose_first_step_is_kept_is_evaluated() {
    let mut saga = in_a_block(lasting_over(Rerun::Once), applied);
    assert_eq!(saga.next(), Command::DecideBlock { block: 0 });
    saga.hear(TAKEN).apply_all([2, 3]);
    assert_eq!(saga.end(), Some(End::Completed));
}

#[test]
fn what_a_rerun_skips_in_doubt_is_in_doubt_when_the_next_one_reaches_it() {
    let late = run(await_late(1, CallKind::Resolve));
    let mut saga = in_a_block(lasting().resolve().late(), unknown);
    let mut skipped = saga.clone();
    assert_eq!(saga.hear(TAKEN).lane(1), late);
    assert_eq!(reaches_it_again(&mut skipped).lane(1), late);
    assert!(skipped.is_in_doubt(1));
}

#[test]
fn a_step_that_happened_in_part_is_not_asked_for_after_it_was_skipped() {
    let mut saga = in_a_block(lasting().resolve().idempotent(), partial);
    let mut skipped = saga.clone();
    let again = run(Command::call(1, CallKind::Action));
    assert_eq!(saga.hear(TAKEN).lane(1), again);
    assert_eq!(reaches_it_again(&mut skipped).lane(1), again);
    skipped.hear(Event::CancelRequested);
    assert!(skipped.left().eq([(1, Left::Certain)]));
}

#[test]
fn an_early_refusal_does_not_count_after_the_step_was_skipped() {
    let mut saga = in_a_block(lasting().idempotent().late().retry(3), unknown);
    reaches_it_again(&mut saga).act(1, refused_early);
    assert!(
        saga.is_in_doubt(1),
        "the unconfirmed attempt may still arrive"
    );
}
