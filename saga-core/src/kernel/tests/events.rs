//! Short functions for events; and all events.

use crate::kernel::{Event, FailureKind, Illegal, Settlement, Verdict};

pub(super) const fn attempting(step: u16) -> Event {
    Event::Attempting { step }
}

pub(super) const fn resolving(step: u16) -> Event {
    Event::Resolving { step }
}

pub(super) const fn compensating(step: u16) -> Event {
    Event::Compensating { step }
}

pub(super) const fn falling_back(step: u16) -> Event {
    Event::FallingBack { step }
}

pub(super) const fn applied(step: u16) -> Event {
    Event::Applied { step }
}

pub(super) const fn unrecordable(step: u16) -> Event {
    Event::Unrecordable { step }
}

pub(super) const fn rejected(step: u16, verdict: Verdict) -> Event {
    Event::Rejected {
        step,
        verdict,
        abort: false,
        again: true,
        late_passed: true,
    }
}

pub(super) const fn refused(step: u16) -> Event {
    rejected(step, Verdict::Refused)
}

/// A refusal before `#[late]` has passed.
pub(super) const fn refused_early(step: u16) -> Event {
    Event::Rejected {
        step,
        verdict: Verdict::Refused,
        abort: false,
        again: true,
        late_passed: false,
    }
}

pub(super) const fn transient(step: u16) -> Event {
    rejected(step, Verdict::Transient)
}

pub(super) const fn partial(step: u16) -> Event {
    rejected(step, Verdict::Partial)
}

pub(super) const fn unknown(step: u16) -> Event {
    rejected(step, Verdict::Unknown)
}

/// A failure whose verdict says `.once()`.
pub(super) const fn not_again(step: u16) -> Event {
    Event::Rejected {
        step,
        verdict: Verdict::Transient,
        abort: false,
        again: false,
        late_passed: true,
    }
}

pub(super) const fn aborting(step: u16) -> Event {
    Event::Rejected {
        step,
        verdict: Verdict::Transient,
        abort: true,
        again: false,
        late_passed: true,
    }
}

/// An error that aborts the saga, once the doubt is settled.
pub(super) const fn unknown_abort(step: u16) -> Event {
    Event::Rejected {
        step,
        verdict: Verdict::Unknown,
        abort: true,
        again: false,
        late_passed: true,
    }
}

pub(super) const fn timed_out(step: u16) -> Event {
    Event::TimedOut { step }
}

pub(super) const fn panicked(step: u16) -> Event {
    Event::Panicked { step }
}

pub(super) const fn lost(step: u16) -> Event {
    Event::Lost { step }
}

pub(super) const fn failing(step: u16) -> Event {
    let refused = true;
    Event::Failing { step, refused }
}

pub(super) const fn happened(step: u16) -> Event {
    let happened = true;
    Event::Resolved { step, happened }
}

pub(super) const fn did_not_happen(step: u16) -> Event {
    let happened = false;
    Event::Resolved { step, happened }
}

pub(super) const fn unresolved(step: u16) -> Event {
    Event::ResolveFailed {
        step,
        refused: false,
    }
}

/// `resolve` is given up.
pub(super) const fn refuses_to_say(step: u16) -> Event {
    Event::ResolveFailed {
        step,
        refused: true,
    }
}

/// The compensation is given up.
pub(super) const fn refuses_to_undo(step: u16) -> Event {
    Event::CompensationFailed {
        step,
        refused: true,
    }
}

pub(super) const fn compensated(step: u16) -> Event {
    Event::Compensated { step }
}

pub(super) const fn still_applied(step: u16) -> Event {
    Event::CompensationFailed {
        step,
        refused: false,
    }
}

pub(super) const fn fell_back(step: u16) -> Event {
    Event::FellBack { step }
}

pub(super) const fn declined(step: u16) -> Event {
    Event::FallbackDeclined { step }
}

pub(super) fn all_events(steps: u16) -> Vec<Event> {
    let mut events = vec![
        Event::CancelRequested,
        Event::DeadlinePassed,
        Event::Recalled,
        Event::Resumed,
        Event::EmitFailed,
    ];
    for block in 0..3 {
        events.extend([true, false].map(|taken| Event::Decided { block, taken }));
    }
    // For one more step than the saga has.
    for step in 0..=steps {
        events.extend([
            Event::Skipped { step },
            Event::WhenPanicked { step },
            Event::Attempting { step },
            Event::LatePassed { step },
            Event::Resolving { step },
            Event::Compensating { step },
            Event::FallingBack { step },
            Event::Waited { step },
            Event::Kept { step },
            Event::Awaiting { step },
            Event::Woken { step },
            Event::Signalled { step },
            Event::Received { step },
            Event::Turned { step },
            Event::TurnDeclined { step },
            Event::RerunRefused { step },
        ]);
        events.extend(
            [
                Settlement::Applied,
                Settlement::NotApplied,
                Settlement::Undone,
            ]
            .map(|settlement| Event::Settled { step, settlement }),
        );
        events.extend(
            [
                applied,
                unrecordable,
                refused,
                failing,
                transient,
                unknown,
                timed_out,
                panicked,
                lost,
                happened,
                did_not_happen,
                unresolved,
                refuses_to_say,
                compensated,
                still_applied,
                refuses_to_undo,
                fell_back,
                declined,
            ]
            .map(|event: fn(u16) -> Event| event(step)),
        );
    }
    events
}

/// Exhaustive, so that a new event is not forgotten above.
pub(super) fn number(event: Event) -> usize {
    match event {
        Event::Skipped { .. } => 0,
        Event::WhenPanicked { .. } => 1,
        Event::Attempting { .. } => 2,
        Event::Applied { .. } => 3,
        Event::Unrecordable { .. } => 4,
        Event::Rejected { .. } => 5,
        Event::TimedOut { .. } => 6,
        Event::Panicked { .. } => 7,
        Event::Lost { .. } => 8,
        Event::LatePassed { .. } => 9,
        Event::Resolving { .. } => 10,
        Event::Resolved { .. } => 11,
        Event::ResolveFailed { .. } => 12,
        Event::Compensating { .. } => 13,
        Event::Compensated { .. } => 14,
        Event::CompensationFailed { .. } => 15,
        Event::FallingBack { .. } => 16,
        Event::FellBack { .. } => 17,
        Event::FallbackDeclined { .. } => 18,
        Event::Waited { .. } => 19,
        Event::Kept { .. } => 20,
        Event::Turned { .. } => 21,
        Event::TurnDeclined { .. } => 22,
        Event::CancelRequested => 23,
        Event::DeadlinePassed => 24,
        Event::Settled { .. } => 25,
        Event::Resumed => 26,
        Event::Recalled => 27,
        Event::Awaiting { .. } => 28,
        Event::Woken { .. } => 29,
        Event::Signalled { .. } => 30,
        Event::Received { .. } => 31,
        Event::Decided { .. } => 32,
        Event::EmitFailed => 33,
        Event::Failing { .. } => 34,
        Event::RerunRefused { .. } => 35,
    }
}

#[test]
fn all_events_are_probed() {
    let mut numbers: Vec<_> = all_events(0).into_iter().map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert!(numbers.into_iter().eq(0..36));
}

#[test]
fn the_end_of_a_call_that_failed_says_how() {
    let failures = [
        (transient(0), FailureKind::Error),
        (timed_out(0), FailureKind::TimedOut),
        (panicked(0), FailureKind::Panicked),
        (unrecordable(0), FailureKind::Unrecordable),
        (lost(0), FailureKind::Lost),
    ];
    for (event, how) in failures {
        assert_eq!(event.failure(), Some(how));
    }
    for event in [attempting(0), applied(0), Event::Kept { step: 0 }] {
        assert_eq!(event.failure(), None);
    }
}

#[test]
fn only_the_end_of_an_attempt_that_may_still_arrive_brings_doubt() {
    for event in [unknown(0), partial(0), timed_out(0), panicked(0), lost(0)] {
        assert!(event.brings_doubt(), "{event:?}");
    }
    let when = Event::WhenPanicked { step: 0 };
    for event in [refused(0), transient(0), applied(0), still_applied(0)] {
        assert!(!event.brings_doubt(), "{event:?}");
    }
    assert!(!when.brings_doubt() && !unresolved(0).brings_doubt());
}

#[test]
fn an_event_that_does_not_fit_is_named() {
    let event = Event::Resumed;
    let said = Illegal { event }.to_string();
    assert_eq!(said, "Resumed does not fit the state of the saga");
}
