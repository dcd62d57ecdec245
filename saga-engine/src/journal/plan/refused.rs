//! Why something is not done.

use saga_core::{definition::Text, kernel::Event};
use thiserror::Error;

/// Why something cannot be done to a saga as it is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// Only a parked saga is taken up again.
    #[error("the saga is not parked")]
    NotParked,
    /// Only a saga that is parked, or waits, is abandoned.
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
    /// Only a step in doubt can be said to have happened, or not to have.
    #[error("`{step}` is not in doubt")]
    NotInDoubt {
        /// The step.
        step: Text,
    },
    /// Only what stands, or is in doubt, is undone by hand.
    #[error("`{step}` is neither in doubt nor left applied by a failed compensation")]
    NotStanding {
        /// The step.
        step: Text,
    },
    /// The step remains applied by declaration (`compensate none`), and stays listed as left.
    #[error("`{step}` declares `compensate none`, so it stays applied")]
    Left {
        /// The step.
        step: Text,
    },
    /// Only what the saga waits for, or has parked with, is settled by hand; it is at work elsewhere.
    #[error(
        "the saga is running, and does not wait for `{step}`: try again when it does, or when it is \
         parked"
    )]
    AtWork {
        /// The step.
        step: Text,
    },
    /// A parked saga keeps it, and waits for another step.
    #[error(
        "the saga is parked because of another step, and `{step}` is applied: in a parked saga, only a \
         step can be settled that is in doubt, was not compensated, or cannot be recorded"
    )]
    NotGoingBack {
        /// The step.
        step: Text,
    },
    /// No event of it can be made due.
    #[error(
        "no event of it can be made due: each is delivered, waits for one before it, or is being \
         delivered right now"
    )]
    NoEvent,
    /// No step is called so.
    #[error("it has no step `{step}`")]
    NoStep {
        /// The path.
        step: Text,
    },
    /// Of a step that is a saga only the steps are settled.
    #[error("`{step}` consists of steps, and only those are settled{}", listed(.within))]
    Whole {
        /// The step.
        step: Text,
        /// Those of its steps that may be settled now, by path.
        within: Vec<Text>,
    },
    /// No signal is called so.
    #[error("it has no signal `{signal}`")]
    NoSignal {
        /// The name.
        signal: Text,
    },
    /// A signal that counts is there already.
    #[error(
        "`{signal}` was accepted before{}",
        if *same { "" } else { ", with another value" }
    )]
    Duplicate {
        /// The signal.
        signal: Text,
        /// Whether its value is the same one.
        same: bool,
    },
    /// The saga does not listen for the signal any more.
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
