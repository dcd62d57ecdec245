//! Hearing what happens in a run, as it happens: for logs, metrics, tests.
//!
//! The executor tells its observers of every event; they change nothing. A run that nobody observes
//! asks once, at its start, whether somebody does. Three observers come with the library: one that
//! records, for tests and reports; one that counts, for metrics; one that traces.

mod audience;
mod count;
mod event;
mod observer;
mod record;
#[cfg(feature = "tracing")]
mod trace;

pub(crate) use audience::Audience;
pub use audience::{report_stuck, report_undelivered};
pub use count::{Counted, Counts};
pub use event::{Before, RunEvent};
pub use observer::{AlreadyObserved, Observer, is_observed, observe_all};
pub use record::{Recorded, Recording};
#[cfg(feature = "tracing")]
pub use trace::Tracing;
