//! A saga that continues under another version: what the old version decided is history, and what
//! the new one allows holds from there on.

use super::build::*;
use crate::{
    definition::{Definition, DefinitionRef, Places, Step},
    kernel::{Command, End, Event, Phase},
    values::call::CallKind,
};

/// The steps, each with a name of its own.
pub(super) fn named(steps: impl IntoIterator<Item = Step>) -> Definition {
    let names = ["a", "b", "c", "d", "e"].into_iter();
    let steps = steps.into_iter().zip(names).map(|(step, name)| Step {
        name: name.into(),
        ..step
    });
    definition(steps)
}

fn begun(steps: impl IntoIterator<Item = Step>) -> Saga {
    saga(named(steps), true)
}

/// The same saga from here on under a version with these steps.
fn under(saga: &Saga, steps: impl IntoIterator<Item = Step>) -> Saga {
    continued(saga, &named(steps).into())
}

pub(super) fn continued(saga: &Saga, new: &DefinitionRef) -> Saga {
    let places = Places::of(saga.definition(), new);
    saga.under(new.clone(), &places)
}

const TWO: fn() -> [Step; 2] = || [step().savepoint(3).undo(1), step().undo(1)];

#[test]
fn a_savepoint_that_is_gone_is_not_used() {
    let mut saga = begun(TWO());
    saga.apply_all([0]).act(1, refused);
    let mut next = under(&saga, [step().undo(1), step().undo(1)]);
    next.compensate(0, compensated);
    assert_eq!(next.end(), Some(End::Compensated));
}

#[test]
fn a_savepoint_that_is_new_is_not_used_by_a_rollback_in_progress() {
    let mut saga = begun([step().undo(1), step().undo(1)]);
    saga.apply_all([0]);
    // While it goes forward, the savepoint counts.
    let mut forward = under(&saga, TWO());
    forward.act(1, refused).compensate(0, compensated);
    assert_eq!(
        forward.next(),
        Command::Turn {
            step: 0,
            failure: 0
        }
    );
    saga.act(1, refused);
    let mut back = under(&saga, TWO());
    back.compensate(0, compensated);
    assert_eq!(back.end(), Some(End::Compensated));
}

#[test]
fn a_lower_count_stops_further_turns() {
    let mut saga = begun(TWO());
    for _ in 0..2 {
        saga.apply_all([0])
            .act(1, refused)
            .compensate(0, compensated)
            .hear(Event::Turned { step: 0 });
    }
    saga.apply_all([0]).act(1, refused);
    for (count, turns) in [(1, false), (2, false), (3, true)] {
        let mut next = under(&saga, [step().savepoint(count).undo(1), step().undo(1)]);
        next.compensate(0, compensated);
        assert_eq!(next.end().is_none(), turns, "{count}");
    }
}

type Of = fn(u16) -> Event;
/// A step with so many attempts.
type Declared<'a> = &'a dyn Fn(u32) -> Step;

/// In each way to settle doubt, and without doubt; with the call under way, and before it.
#[test]
fn a_call_that_was_to_be_tried_again_is_tried_once_more() {
    let idempotent = |n| step().idempotent().retry(n).undo(1);
    let plain = |n| step().retry(n).undo(1);
    let asked = |n| step().resolve_times(n).undo(1);
    let by_key = |n| step().by_key().undo(n);
    let cases: [(Declared<'_>, Of, Of); 4] = [
        (&plain, attempting, transient),
        (&idempotent, attempting, unknown),
        (&asked, resolving, |step| Event::ResolveFailed {
            step,
            refused: false,
        }),
        (&by_key, compensating, |step| Event::CompensationFailed {
            step,
            refused: false,
        }),
    ];
    for (declared, begins, fails) in cases {
        for runs in [false, true] {
            // A plain step that is lost is not tried again.
            if runs
                && declared(1).idempotent == (declared(1).resolve.is_some())
                && fails(0) == transient(0)
            {
                continue;
            }
            let failures = 3;
            let mut saga = begun([declared(9)]);
            if begins(0) != attempting(0) {
                saga.act(0, unknown);
            }
            for time in 0..failures {
                if time > 0 {
                    saga.wait(0);
                }
                saga.hear(begins(0)).hear(fails(0));
            }
            saga.wait(0);
            if runs {
                saga.hear(begins(0));
            }
            for (count, more) in [(1, 1), (2, 1), (3, 1), (4, 1), (5, 2), (9, 6)] {
                let mut next = under(&saga, [declared(count)]);
                if runs {
                    next.hear(lost(0));
                }
                for time in 0..more {
                    if time > 0 {
                        next.wait(0);
                    }
                    next.hear(begins(0)).hear(fails(0));
                }
                let again = matches!(next.phase(0), Phase::Waiting(_));
                assert!(!again, "{begins:?} {runs} {count}: {next:?}");
            }
        }
    }
}

#[test]
fn a_way_that_is_used_up_is_used_up() {
    let way = |n, m| step().resolve_times(n).idempotent().retry(m).undo(1);
    let mut saga = begun([way(1, 9)]);
    saga.act(0, unknown)
        .resolve(0, |step| Event::ResolveFailed {
            step,
            refused: false,
        })
        .wait(0)
        .act(0, unknown);
    let mut next = under(&saga, [way(1, 2)]);
    next.wait(0);
    assert!(next.is_attempting(0), "{next:?}");
    // More is allowed from here on.
    let next = under(&saga, [way(2, 9)]);
    let mut settled = next;
    settled.wait(0);
    assert_eq!(settled.next(), Command::call(0, CallKind::Resolve));
}

/// An attempt that makes a refusal count is made, whatever the count is now.
#[test]
fn a_refusal_that_came_too_early_is_followed_by_one_more_attempt() {
    let of = |n| [step().idempotent().retry(n).late().undo(1)];
    let mut saga = begun(of(3));
    saga.act(0, unknown).wait(0).act(0, unknown).wait(0);
    saga.act(0, refused_early);
    for count in 1..=4 {
        let mut next = under(&saga, of(count));
        let (step, call) = (0, CallKind::Action);
        assert_eq!(next.next(), Command::AwaitLate { step, call }, "{count}");
        next.hear(Event::LatePassed { step }).act(0, refused);
        assert_eq!(next.end(), Some(End::Compensated), "{count}");
    }
}

/// What remains forbids a rerun, or does not, as the new version says.
#[test]
fn the_new_version_says_whether_a_rerun_calls_what_remains() {
    let of = |remaining| [step().savepoint(3).undo(1), remaining, step().undo(1)];
    for (said, says, turns) in [
        (lasting(), again(), true),
        (again(), again(), true),
        (again(), lasting(), false),
        (lasting(), lasting(), false),
    ] {
        let mut saga = begun(of(said));
        saga.apply_all([0, 1]).act(2, refused);
        let mut next = under(&saga, of(says));
        next.compensate(0, compensated);
        let (step, failure) = (0, 0);
        let expected = if turns {
            Command::Turn { step, failure }
        } else {
            Command::Refuse { step }
        };
        assert_eq!(next.next(), expected);
    }
}

#[test]
fn the_state_is_carried_over_by_name() {
    let mut saga = begun([read(), step().undo(1), step().undo(1), step().undo(1)]);
    saga.apply_all([0, 1]).act(2, refused);
    // Versions in which steps are skipped, gone, or new at the end have other places for them.
    let mut old = saga.definition().steps.to_vec();
    old.remove(0);
    let new = definition(old);
    let mut next = continued(&saga, &new.into());
    assert_eq!(next.first_failed(), Some(1));
    assert!(next.is_compensating(0), "{next:?}");
    next.compensate(0, compensated);
    assert_eq!(next.end(), Some(End::Compensated));
}
