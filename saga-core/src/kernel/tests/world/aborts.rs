//! Errors that abort a saga: they count unless the step has happened.

use super::World;
use crate::kernel::{Event, Settlement, tests::build::Saga};

impl World {
    /// After such an error, no attempt, fallback or rerun follows, unless the attempt had an effect:
    /// also if the doubt is settled only after a resume, or by an attempt that says something else.
    pub(super) fn aborts(&mut self, before: &Saga, event: Event) {
        match event {
            Event::Rejected {
                step, abort: true, ..
            } if before.definition().pivot.is_none_or(|pivot| step <= pivot) => {
                self.operation(step).aborts = true;
            }
            Event::Applied { step }
            | Event::Unrecordable { step }
            | Event::Resolved {
                step,
                happened: true,
            }
            | Event::Settled {
                step,
                settlement: Settlement::Applied,
            } => self.operation(step).aborts = false,
            Event::Attempting { step } => assert!(
                !self.operation(step).aborts || before.is_in_doubt(step),
                "an attempt after an abort"
            ),
            Event::FallingBack { step } => {
                assert!(!self.operation(step).aborts, "a fallback after an abort");
            }
            Event::Turned { .. } => {
                assert!(
                    self.0.iter().all(|of| !of.aborts),
                    "a rerun after an abort: {before:?}"
                );
            }
            _ => {}
        }
    }
}
