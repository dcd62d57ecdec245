//! The waits between attempts to deliver an event.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};
use typed_saga_core::{definition::Backoff, run::random};

/// The waits of a `publish` that declares none.
pub(crate) static PATIENCE: Backoff =
    Backoff::between(Duration::from_millis(200), Duration::from_secs(300));

/// The wait before the next attempt, after this many failures. There is no wait if the backoff
/// expression panics.
pub(crate) fn wait(backoff: &Backoff, failures: u32) -> Duration {
    let random = if backoff.jitter { random() } else { 0 };
    let wait = catch_unwind(AssertUnwindSafe(|| backoff.wait(failures, random)));
    wait.unwrap_or_default()
}
