//! The requests of unconfirmed attempts, which may still arrive until `#[late]` has passed.

use super::{World, declared, is_by_key, steps};
use crate::{
    definition::Limit,
    kernel::{Command, Event, Phase, Settlement, Verdict, tests::build::Saga},
    values::call::CallKind,
};

/// The requests of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flight {
    /// A lost one may still arrive, and `#[late]` is on the step itself.
    arrives: bool,
    /// The last one was refused too early to count.
    early: bool,
    /// None can arrive any more, since `#[late]` has passed after the last loss.
    passed: bool,
}

impl World {
    /// A compensation begins once nothing that it undoes can arrive any more, and an attempt after
    /// a refusal that came too early begins once that refusal would have counted. Nothing waits for
    /// requests that cannot arrive.
    pub(super) fn flight(&mut self, before: &Saga, event: Event, after: &Saga) {
        let doubt = |step| before.is_in_doubt(step);
        match event {
            Event::Attempting { step } => {
                assert!(!self.3[usize::from(step)].early, "an attempt too early");
            }
            Event::Compensating { step } if !doubt(step) => {
                let undone = steps(before).filter(|&other| {
                    let with = declared(before, other).compensation.with();
                    with == Some(step) || other == step && !is_by_key(declared(before, other))
                });
                for other in undone {
                    assert!(!self.3[usize::from(other)].arrives, "undone too early");
                }
            }
            Event::LatePassed { step } => {
                let flight = &mut self.3[usize::from(step)];
                if before.next()
                    == (Command::AwaitLate {
                        step,
                        call: CallKind::Compensate,
                    })
                {
                    assert!(flight.arrives, "a wait for nothing");
                }
                *flight = Flight {
                    passed: true,
                    ..Flight::default()
                };
            }
            Event::TimedOut { step } | Event::Panicked { step } => self.loses(before, step),
            Event::Rejected {
                step,
                verdict,
                late_passed,
                ..
            } => {
                let part = before.is_partial(step);
                let counts = verdict == Verdict::Refused && declared(before, step).idempotent;
                match verdict {
                    Verdict::Unknown | Verdict::Partial => self.loses(before, step),
                    Verdict::Refused if counts && doubt(step) && !part => {
                        self.refused(before, after, step, late_passed);
                    }
                    _ => {
                        self.3[usize::from(step)].early = false;
                    }
                }
            }
            Event::Lost { step, .. } => {
                // An attempt that was to count is made again, and is to count again.
                let attempted = before.phase(step) == Phase::Running(CallKind::Action);
                let flight = &mut self.3[usize::from(step)];
                flight.arrives |= attempted && declared(before, step).late_undo;
                flight.passed &= !attempted;
            }
            Event::Applied { step } | Event::Unrecordable { step } => {
                self.3[usize::from(step)].early = false;
            }
            Event::Resolved { step, happened } => self.known(step, happened),
            Event::Compensated { step } => self.known(step, false),
            Event::Settled { step, settlement } => {
                self.known(step, settlement == Settlement::Applied);
            }
            // A doubt from before counts from the first answer.
            Event::Resumed | Event::Turned { .. } => {
                for flight in &mut self.3 {
                    (flight.early, flight.passed) = (false, false);
                }
            }
            _ => {}
        }
    }

    /// Whether a refusal may come before `#[late]` has passed.
    pub(super) fn may_be_early(&self, step: u16) -> bool {
        let flight = self.3.get(usize::from(step));
        flight.is_none_or(|flight| !flight.passed)
    }

    fn loses(&mut self, saga: &Saga, step: u16) {
        self.3[usize::from(step)] = Flight {
            arrives: declared(saga, step).late_undo,
            ..Flight::default()
        };
    }

    fn known(&mut self, step: u16, happened: bool) {
        let flight = &mut self.3[usize::from(step)];
        flight.arrives &= happened;
        flight.early = false;
    }

    /// A refusal of an idempotent step in doubt.
    fn refused(&mut self, before: &Saga, after: &Saga, step: u16, late_passed: bool) {
        if late_passed {
            return self.known(step, false);
        }
        self.3[usize::from(step)].early = true;
        let limit = after.policy(step, CallKind::Action).0;
        let attempts = before.attempt(step);
        let more = match limit {
            Limit::Times(1) => false,
            Limit::Times(times) => attempts <= times,
            Limit::Forever => true,
        };
        let given_up = after.phase(step) == Phase::Unsettled;
        assert!(!(more && given_up), "one more attempt");
    }
}
