//! `resolve` and compensations that are given up: however often they may be called, they are not called
//! again until the saga is resumed.

use super::{
    build::*,
    versions::{continued, named},
};
use crate::{
    definition::{Compensation, Limit, Step},
    kernel::{Command, End, Event, Phase},
    values::call::CallKind,
};

/// The counts with which a call would go on.
const COUNTS: [Limit; 3] = [Limit::Times(1), Limit::Times(9), Limit::Forever];

fn asked(limit: Limit) -> Step {
    let mut step = step().resolve_times(1);
    if let Some(resolve) = &mut step.resolve {
        resolve.retry.as_mut().unwrap().limit = limit;
    }
    step
}

fn undone(step: Step, limit: Limit) -> Step {
    let mut step = step.undo(1);
    if let Compensation::Declared { call, .. } = &mut step.compensation {
        call.retry.as_mut().unwrap().limit = limit;
    }
    step
}

#[test]
fn what_is_given_up_is_not_called_again() {
    for limit in COUNTS {
        // On the way back.
        let mut saga = memory([undone(step(), limit), step()]);
        saga.apply_all([0]).act(1, refused);
        saga.compensate(0, refuses_to_undo);
        assert_eq!(saga.phase(0), Phase::Uncompensated, "{limit:?}");
        assert_eq!(saga.end(), Some(End::Parked));
        saga.hear(Event::Resumed);
        assert!(saga.is_compensating(0), "it is called again");

        // To settle doubt: another way is next, or none.
        let mut saga = memory([undone(step().by_key(), limit)]);
        saga.act(0, unknown).compensate(0, refuses_to_undo);
        assert_eq!(saga.end(), Some(End::Parked), "{limit:?}");
        saga.hear(Event::Resumed);
        assert_eq!(saga.next(), Command::call(0, CallKind::Compensate));

        let mut saga = memory([asked(limit)]);
        saga.act(0, unknown).resolve(0, refuses_to_say);
        assert_eq!(saga.end(), Some(End::Parked), "{limit:?}");
        saga.hear(Event::Resumed);
        assert_eq!(saga.next(), Command::call(0, CallKind::Resolve));

        let mut saga = memory([asked(limit).idempotent().retry(2)]);
        saga.act(0, unknown).resolve(0, refuses_to_say).wait(0);
        assert!(saga.is_attempting(0), "the next way to settle doubt");
    }
}

/// A version with a higher count does not call it again, either.
#[test]
fn it_is_given_up_in_every_version() {
    let of = |limit| named([undone(step(), limit), step()]);
    let mut run = saga(of(Limit::Times(1)), true);
    run.apply_all([0]).act(1, refused);
    run.compensate(0, refuses_to_undo);
    let next = continued(&run, &of(Limit::Forever).into());
    assert_eq!(next.phase(0), Phase::Uncompensated);
}
