//! The keys that a run waits for.

use std::task::Waker;

/// Where a run stands with the keys that it requested last.
#[derive(Default)]
pub(super) struct WaitingKeys {
    pub(super) phase: Phase,
    /// Of the run.
    pub(super) waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// It waits for none.
    #[default]
    None,
    /// It is in line once that is recorded; whether it has the keys, the store says then.
    Requested,
    /// It is in line.
    Waiting,
    /// It has them.
    Held,
}
