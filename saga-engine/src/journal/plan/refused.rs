//! The reasons for refusing an action.

use thiserror::Error;
use typed_saga_core::{definition::Text, kernel::Event};

/// The reason why something cannot be done to a saga in its current state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// Only a parked saga can be resumed.
    #[error("the saga is not parked")]
    NotParked,
    /// Only a saga that is parked or quarantined, or that waits, can be abandoned.
    #[error("the saga is neither parked nor waiting")]
    NotAtRest,
    /// The pivot has passed, or the saga has ended.
    #[error("it is too late: the pivot has passed, or the saga has ended")]
    TooLate,
    /// A call of the step is recorded as started, without an end.
    #[error("a call of `{step}` is running")]
    Runs {
        /// The step.
        step: Text,
    },
    /// Only for a step in doubt can it be recorded that it happened, or that it did not.
    #[error("`{step}` is not in doubt")]
    NotInDoubt {
        /// The step.
        step: Text,
    },
    /// Only a step that is applied or in doubt can be settled as undone.
    #[error("`{step}` is neither in doubt nor left applied by a failed compensation")]
    NotStanding {
        /// The step.
        step: Text,
    },
    /// The step is declared `compensate none`, and stays listed as left.
    #[error("`{step}` declares `compensate none`, so it stays applied")]
    Left {
        /// The step.
        step: Text,
    },
    /// Only steps that the saga waits for, or has parked with, can be settled; the saga is running
    /// other calls.
    #[error(
        "the saga is running, and does not wait for `{step}`: try again when it does, or when it is \
         parked"
    )]
    AtWork {
        /// The step.
        step: Text,
    },
    /// In the parked saga this step is applied, and another step needs to be settled.
    #[error(
        "the saga is parked because of another step, and `{step}` is applied: in a parked saga, only a \
         step can be settled that is in doubt, was not compensated, or cannot be recorded"
    )]
    NotGoingBack {
        /// The step.
        step: Text,
    },
    /// The saga has no event that can be made due.
    #[error(
        "no event of it can be made due: each is delivered, waits for one before it, or is being \
         delivered right now"
    )]
    NoEvent,
    /// There is no step with this path.
    #[error("it has no step `{step}`")]
    NoStep {
        /// The path.
        step: Text,
    },
    /// A child saga is not settled as a whole; its steps are.
    #[error("`{step}` consists of steps, and only those are settled{}", listed(.within))]
    Whole {
        /// The step.
        step: Text,
        /// The paths of its steps that may be settled now.
        within: Vec<Text>,
    },
    /// There is no signal with this name.
    #[error("it has no signal `{signal}`")]
    NoSignal {
        /// The name.
        signal: Text,
    },
    /// The signal was already accepted.
    #[error(
        "`{signal}` was accepted before{}",
        if *same { "" } else { ", with another value" }
    )]
    Duplicate {
        /// The signal.
        signal: Text,
        /// Whether it had the same value.
        same: bool,
    },
    /// The saga does not wait for the signal any more.
    #[error("it is too late: the saga no longer waits for `{signal}`")]
    NotHeard {
        /// The signal.
        signal: Text,
    },
    /// The event does not fit the state of the saga.
    #[error("{event:?} does not fit the state of the saga")]
    Unfit {
        /// The event.
        event: Event,
    },
}

fn listed(within: &[Text]) -> String {
    let paths: Vec<_> = within.iter().map(|path| format!("`{path}`")).collect();
    if paths.is_empty() {
        return "; none of them can be settled now".to_owned();
    }
    format!(": {}", paths.join(", "))
}
