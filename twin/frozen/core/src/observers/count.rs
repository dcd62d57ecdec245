//! An observer that counts events, for a dashboard.

use super::event::{Observer, RunEvent};
use crate::{kernel::End, report::context::Context};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counts what happens, over all runs that it observes. Clones share their counters.
#[derive(Clone, Debug, Default)]
pub struct Counts(Arc<Counters>);

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        #[derive(Debug, Default)]
        struct Counters {
            $($name: AtomicU64,)+
        }

        /// The counters of a [`Counts`] at one time; each only ever grows.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counted {
            $($(#[doc = $doc])+ pub $name: u64,)+
        }

        impl Counts {
            /// The values of the counters now.
            #[must_use]
            pub fn so_far(&self) -> Counted {
                Counted { $($name: self.0.$name.load(Ordering::Relaxed),)+ }
            }
        }
    };
}

counters! {
    /// Sagas that started.
    started,
    /// Sagas that completed.
    completed,
    /// Sagas that were compensated.
    compensated,
    /// Sagas that parked.
    parked,
    /// Sagas that were dropped where no runtime could continue them.
    orphaned,
    /// Attempts of actions.
    attempts,
    /// Attempts that returned an error.
    rejected,
    /// Attempts that took too long.
    timed_out,
    /// Attempts that panicked.
    panicked,
    /// Steps that came into doubt.
    in_doubt,
    /// Fallbacks whose value replaced an effect.
    fell_back,
    /// Waits before another attempt.
    waits,
    /// Times that sagas rolled back to a savepoint.
    rolled_back,
    /// Steps that were compensated.
    undone,
    /// Attempts of compensations that failed.
    compensations_failed,
    /// Times that a step failed ten times in a row, or that a call ran for ten times its limit.
    stuck,
}

impl Observer for Counts {
    fn on_event(&self, _: &Context<'_>, what: &RunEvent<'_>) {
        let counters = &*self.0;
        let counter = match what {
            RunEvent::Started => &counters.started,
            RunEvent::Finished { summary } => match summary.end() {
                End::Completed => &counters.completed,
                End::Compensated => &counters.compensated,
                End::Parked => &counters.parked,
            },
            RunEvent::Orphaned { .. } => &counters.orphaned,
            RunEvent::Attempting => &counters.attempts,
            RunEvent::Rejected { .. } => &counters.rejected,
            RunEvent::TimedOut => &counters.timed_out,
            RunEvent::Panicked { .. } => &counters.panicked,
            RunEvent::InDoubt => &counters.in_doubt,
            RunEvent::FellBack => &counters.fell_back,
            RunEvent::Waiting { .. } => &counters.waits,
            RunEvent::RolledBackTo { .. } => &counters.rolled_back,
            RunEvent::Compensated => &counters.undone,
            RunEvent::CompensationFailed { .. } => &counters.compensations_failed,
            RunEvent::Stuck => &counters.stuck,
            _ => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
