//! Observers receive what happens in a run, as it happens: for logs, metrics, tests.
//!
//! The executor notifies its observers of every event; they change nothing. A run checks once, at
//! its start, whether it has observers. Three observers come with the library: one that records,
//! for tests and reports; one that counts, for metrics; one that traces.

mod audience;
mod before;
mod count;
mod event;
mod everywhere;
mod record;
#[cfg(feature = "tracing")]
mod trace;

pub(crate) use audience::Audience;
pub use audience::{report_stuck, report_undelivered};
pub use before::Before;
pub use count::{Counted, Counts};
pub use event::{Interest, Observer, RunEvent};
pub use everywhere::{AlreadyObserved, is_observed, observe_all};
pub(crate) use everywhere::{is_interested, is_observed_everywhere};
pub use record::{Recorded, Recording};
#[cfg(feature = "tracing")]
pub use trace::Tracing;
