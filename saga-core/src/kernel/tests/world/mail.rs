//! Signals that were accepted, received or refused.

use super::{World, declared, steps};
use crate::{
    definition::Kind,
    kernel::{Direction, Event, Hearing, Phase, tests::build::Saga},
};

/// The state of a step's signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mail {
    /// A signal was accepted, and not received yet.
    kept: bool,
    /// The step has received a signal.
    taken: bool,
    /// A signal was refused as too late while the saga compensated.
    too_late: bool,
}

impl World {
    /// Each accepted signal is received once. No signal is refused as too late if the saga then
    /// goes forward again from a savepoint before its step.
    pub(super) fn mail(&mut self, before: &Saga, event: Event, after: &Saga) {
        match event {
            Event::Signalled { step } => {
                let mail = &mut self.1[usize::from(step)];
                let forgets = before.direction() == Direction::Compensating;
                assert!(!mail.kept && (!mail.taken || forgets), "accepted twice");
                mail.kept = true;
            }
            Event::Received { step } => {
                let mail = &mut self.1[usize::from(step)];
                assert!(mail.kept && !mail.taken, "taken from nobody");
                *mail = Mail {
                    kept: false,
                    taken: true,
                    ..*mail
                };
            }
            Event::TimedOut { step } => {
                assert!(!self.1[usize::from(step)].kept, "what is on record counts");
            }
            Event::Turned { step } => {
                for (step, mail) in (step..).zip(&mut self.1[usize::from(step)..]) {
                    // Another arm of its `when` stays taken.
                    let stays = after.phase(step) == Phase::Skipped;
                    assert!(!mail.too_late || stays, "it listens again");
                    (mail.taken, mail.too_late) = (false, false);
                }
            }
            _ => {}
        }
        for step in steps(after) {
            let mail = &mut self.1[usize::from(step)];
            if declared(after, step).kind != Kind::Signal {
                continue;
            }
            assert_eq!(mail.kept, after.signalled().any(|kept| kept == step));
            let (back, hearing) = (
                after.direction() == Direction::Compensating,
                after.hearing(step),
            );
            mail.too_late |= back && hearing == Hearing::TooLate;
            let ended = matches!(after.phase(step), Phase::Skipped | Phase::FellBack);
            let expected = match hearing {
                Hearing::Accepted => !mail.kept && !ended,
                Hearing::Duplicate => mail.kept || mail.taken,
                Hearing::TooLate => !mail.kept && !mail.taken,
            };
            assert!(
                expected || back && hearing == Hearing::Accepted,
                "{step}: {hearing:?}"
            );
        }
    }
}
