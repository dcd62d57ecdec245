//! What may follow once it is settled that a step has not happened.

use super::build::*;
use crate::kernel::{Command, Direction, End, Event, Settlement, Verdict};
use crate::values::call::CallKind;

/// The attempts that settle a doubt return something else than the one that began it.
fn settled_after(first: fn(u16) -> Event, later: fn(u16) -> Event) -> Saga {
    let mut saga = memory([pivot().resolve_times(1).retry(9)]);
    saga.act(0, first).resolve(0, unresolved).wait(0);
    saga.act(0, later);
    if matches!(saga.next(), Command::Backoff { .. }) {
        saga.wait(0);
    }
    saga.act(0, transient).hear(Event::Settled {
        step: 0,
        settlement: Settlement::NotApplied,
    });
    saga
}

#[test]
fn an_abort_in_doubt_counts_whatever_later_attempts_return() {
    for later in [unknown, transient, timed_out, panicked, lost] {
        let saga = settled_after(unknown_abort, later);
        assert!(saga.aborted());
        assert_eq!(saga.end(), Some(End::Compensated), "no other attempt");
    }
}

#[test]
fn an_abort_in_doubt_does_not_count_once_the_step_has_happened() {
    let mut saga = memory([read().savepoint(1), step().idempotent().retry(3), read()]);
    saga.act(0, applied).act(1, unknown_abort).wait(1);
    saga.act(1, applied);
    saga.act(2, transient).compensate(1, compensated);
    saga.hear(Event::Turned { step: 0 }).act(0, applied);
    saga.act(1, transient).wait(1).act(1, applied);
    assert_eq!(saga.act(2, applied).end(), Some(End::Completed));
}

#[test]
fn an_abort_in_doubt_of_a_pivot_that_an_operator_settles_counts() {
    let mut saga = memory([step(), pivot().retry(1)]);
    saga.act(0, applied).act(1, unknown_abort);
    assert_eq!(saga.end(), Some(End::Parked));
    saga.hear(Event::Settled {
        step: 1,
        settlement: Settlement::NotApplied,
    });
    saga.hear(Event::Resumed);
    assert!(saga.aborted() && saga.direction() == Direction::Compensating);
}

/// A child saga was aborted, and its parent's verdict on the error leaves room for another attempt.
#[test]
fn an_abort_of_a_child_counts_though_its_parent_leaves_room() {
    let aborted = |step| Event::Rejected {
        step,
        verdict: Verdict::Transient,
        abort: true,
        again: true,
        late_passed: true,
    };
    let mut saga = memory([step(), child().retry(2)]);
    saga.act(0, applied).act(1, aborted);
    assert!(saga.aborted());
    assert_eq!(saga.next(), Command::call(0, CallKind::Compensate));
}
