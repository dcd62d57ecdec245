//! The keys that a run waits for.

use std::task::Waker;

/// The state of a run's last request for keys.
#[derive(Default)]
pub(super) struct WaitingKeys {
    pub(super) phase: Phase,
    /// The waker of the run.
    pub(super) waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// It waits for no keys.
    #[default]
    None,
    /// It enters the queues once the request is recorded; the store then tells whether it has the
    /// keys.
    Requested,
    /// It waits in the queues.
    Waiting,
    /// It has the keys.
    Held,
}
