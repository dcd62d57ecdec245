//! What may follow once it is settled that a step has not happened.

use super::build::*;
use crate::kernel::{Command, End, Event, Settlement, Verdict};

/// No other attempt follows.
const fn once(step: u16) -> Event {
    Event::Rejected {
        step,
        verdict: Verdict::Unknown,
        abort: false,
        again: false,
        late_passed: true,
        awaits_late: false,
    }
}

#[test]
fn what_any_attempt_in_doubt_says_counts_once_the_doubt_is_settled() {
    for first in [once, unknown_abort] {
        for later in [unknown, transient, timed_out, panicked, lost] {
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
            assert_eq!(saga.end(), Some(End::Compensated), "no other attempt");
            assert_eq!(saga.aborted(), first(0) == unknown_abort(0));
        }
    }
}

#[test]
fn what_an_attempt_in_doubt_says_does_not_count_once_the_step_has_happened() {
    for first in [once, unknown_abort] {
        let mut saga = memory([read().savepoint(1), step().idempotent().retry(3), read()]);
        saga.act(0, applied).act(1, first).wait(1).act(1, applied);
        saga.act(2, transient).compensate(1, compensated);
        saga.hear(Event::Turned { step: 0 }).act(0, applied);
        saga.act(1, transient)
            .wait(1)
            .act(1, applied)
            .act(2, applied);
        assert_eq!(saga.end(), Some(End::Completed));
    }
}
