//! How long an event waits that could not be delivered.

use saga_core::{definition::Backoff, run::random};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// The waits of a `publish` that does not say any.
pub(crate) static PATIENCE: Backoff =
    Backoff::between(Duration::from_millis(200), Duration::from_secs(300));

/// How long an event waits that has failed so many times before; a wait whose expression panics is
/// none.
pub(crate) fn wait(backoff: &Backoff, failures: u32) -> Duration {
    let random = if backoff.jitter { random() } else { 0 };
    let wait = catch_unwind(AssertUnwindSafe(|| backoff.wait(failures, random)));
    wait.unwrap_or_default()
}
