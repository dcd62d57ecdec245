//! What follows from the declaration of a saga before anything runs.
//!
//! A declaration fixes the steps of a saga, their order, timeouts, retries and compensations. From
//! these alone follow how long a decision takes at most, how long a hold has to last, which steps
//! can remain applied without which others, how often each piece of code runs, and every way in
//! which a run can park. [`Analysis`] computes them; the kernel's own tests compare each with every
//! run of thousands of small sagas.
//!
//! ```text
//!   Definition ──▶ step      one step: attempts, doubt, rolling back
//!              ──▶ lanes     how it ends in a saga that rolls back, alone and in a block
//!              ──▶ nested    a child saga, a loop
//!              ──▶ course    sequences, blocks: until decided, until applied, until ended
//!              ──▶ turns     savepoints
//!              ──▶ arms      the arms of a `when`
//!              ──▶ deadline  the deadline of `#[within]`, and that of a child saga
//!              ──▶ pairs     which steps never remain applied without which
//!              ──▶ parks     every way to park
//!              ──▶ runs      how often code runs that gets a service
//!              ──▶ report    all of these
//! ```
//!
//! Times leave out an engine's queue and commits, crashes, frozen processes, blocked threads and
//! `finally`. Conditions are opaque: each may be true or false, and takes no time.

mod arms;
mod bound;
mod course;
mod deadline;
mod evaluated;
mod explained;
mod lanes;
mod nested;
mod pairs;
mod parks;
mod report;
mod rolled_back;
mod runs;
mod step;
#[cfg(test)]
mod tests;
mod times;
mod turns;

use std::time::Duration;

pub use bound::{Bound, Endless, Why};
pub use pairs::{Alone, Gap};
pub use parks::{Cause, Enough, Park, RollsBack, Settled, Wrong};
pub use report::{Deadline, Hold, Never, Report, Time, Unbounded};
pub use runs::{Called, Code, Each, Service};
pub use times::{Part, Term, Terms, Times};
use typed_saga_definition::Definition;

/// The analysis of one declaration.
#[derive(Clone, Copy, Debug)]
pub struct Analysis<'a> {
    saga: &'a Definition,
    durable: bool,
    /// Whether errors have verdicts. The definition of a loop's item does not have this value.
    classified: bool,
    /// The time from the start of a run to its deadline, if it is taken into account.
    deadline: Option<Duration>,
}

impl<'a> Analysis<'a> {
    /// The analysis of this declaration. Defaults that the declaration does not set are those of an
    /// engine for a `durable saga`, and those of a run in memory for any other. The times and counts
    /// for an engine hold for a run in memory, too; its ways to park are those of
    /// [`with_journal`](Self::with_journal) without a journal.
    #[must_use]
    pub fn of(saga: &'a Definition) -> Self {
        Self::with_journal(saga, saga.durable)
    }

    /// The analysis of this declaration for a run whose journal survives the process (`durable`),
    /// or does not.
    #[must_use]
    pub fn with_journal(saga: &'a Definition, durable: bool) -> Self {
        Self {
            saga,
            durable,
            classified: saga.classified,
            deadline: None,
        }
    }

    /// This analysis with the deadline of `#[within]`, if the saga has one: the time until the
    /// decision is then at most the promised one.
    #[must_use]
    pub fn with_deadline(self) -> Self {
        Self {
            deadline: self.deadline(),
            ..self
        }
    }

    /// The time from the saga's start to its deadline by `#[within]`: the promised time minus the
    /// time that the pivot needs to settle. `None` if there is no such promise, or the saga cannot
    /// keep it.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let within = self.saga.within?;
        let settled = match self.saga.pivot {
            Some(pivot) => self.times(pivot).settled.within()?,
            None => Duration::ZERO,
        };
        within.checked_sub(settled)
    }
}
