//! What the declaration of a saga says before anything runs.
//!
//! A declaration fixes the steps of a saga, their order, timeouts, retries and compensations. From
//! these alone follow how long a decision takes at most, how long a hold has to last, which steps can
//! stand without which others, how often each piece of code runs, and every way in which a run can
//! park. [`Analysis`] computes them; the kernel's own tests compare each with every run of thousands of
//! small sagas.
//!
//! ```text
//!   Definition ──▶ step      one step: attempts, doubt, the way back
//!              ──▶ nested    a saga that is a step, a loop
//!              ──▶ course    sequences, blocks: until decided, until applied, until ended
//!              ──▶ turns     savepoints
//!              ──▶ pairs     what never stands without what
//!              ──▶ parks     every way to park
//!              ──▶ runs      how often code runs that is given a service
//!              ──▶ report    all of it
//! ```
//!
//! Times leave out an engine's queue and commits, crashes, frozen processes, blocked threads and
//! `finally`. Conditions are opaque: each may answer either way, in no time.

mod bound;
mod course;
mod explained;
mod nested;
mod pairs;
mod parks;
mod report;
mod runs;
mod step;
mod term;
#[cfg(test)]
mod tests;
mod times;
mod turns;

use std::time::Duration;

pub use bound::{Bound, Endless, Why};
pub use pairs::Gap;
pub use parks::{Cause, Park, Settled};
pub use report::{Deadline, Hold, Never, Parks, Report, Time, Unbounded};
pub use runs::{Called, Code, Each, Service};
use saga_definition::Definition;
pub use term::{Part, Term};

/// The analysis of one declaration.
#[derive(Clone, Copy, Debug)]
pub struct Analysis<'a> {
    saga: &'a Definition,
    durable: bool,
    /// Whether errors have verdicts. What is done with an item of a loop does not say it.
    classified: bool,
    /// After how long it is decided, if the deadline of `#[within]` is taken into account.
    within: Option<Duration>,
}

impl<'a> Analysis<'a> {
    /// Of this declaration. What it does not say, an engine decides if it is a `durable saga`, and else
    /// a run in memory; what holds on an engine holds for a run in memory, too.
    #[must_use]
    pub fn of(saga: &'a Definition) -> Self {
        Self::with_journal(saga, saga.durable)
    }

    /// Of this declaration in a run whose journal survives the process (`durable`), or does not.
    #[must_use]
    pub fn with_journal(saga: &'a Definition, durable: bool) -> Self {
        Self {
            saga,
            durable,
            classified: saga.classified,
            within: None,
        }
    }

    /// The same with the deadline of `#[within]`, if the saga has one: what comes before the decision
    /// takes no longer than it promises.
    #[must_use]
    pub fn with_deadline(self) -> Self {
        Self {
            within: self.saga.within,
            ..self
        }
    }

    /// How long after its start the saga has its deadline by `#[within]`: what that leaves once the
    /// pivot has the time to settle. `None`: there is no such promise, or the saga cannot keep it.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let within = self.saga.within?;
        let settled = match self.saga.pivot {
            Some(pivot) => self.settled_within(pivot).within()?,
            None => Duration::ZERO,
        };
        within.checked_sub(settled)
    }
}
