//! Observers that come with the library: one that records, for tests and reports; one that counts, for metrics; one that traces.

mod count;
mod record;
#[cfg(feature = "tracing")]
mod trace;

pub use count::{Counted, Counts};
pub use record::{Recorded, Recording};
#[cfg(feature = "tracing")]
pub use trace::Tracing;
