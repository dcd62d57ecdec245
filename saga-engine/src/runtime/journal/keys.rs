//! The keys that a run waits for.

use std::task::Waker;

/// What is known of a run's last request for keys. Whether the run still waits for them, its kernel
/// knows; whether it has them, its row does.
#[derive(Default)]
pub(super) struct WaitingKeys {
    /// Whether the run has them, as its row was read last; `None` if it was not read since the request
    /// was made.
    pub(super) granted: Option<bool>,
    /// The waker of the run.
    pub(super) waker: Option<Waker>,
}
