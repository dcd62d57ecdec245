//! The epoch under which an engine works, and how long it may.

use crate::store::{Epoch, Opened};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// One epoch of an engine, from when it opened the store until the epoch ends.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) epoch: Epoch,
    pub(crate) lease: Lease,
}

/// How long an epoch lives, as far as this engine knows.
///
/// The time is counted from when the request was sent, since the answer may take long, and is
/// reduced by a margin, since clocks differ in speed. This cannot protect against a process or a
/// machine that is suspended between a check of the lease and the call that follows; a step that
/// must not happen twice is declared `#[idempotent]` for that reason.
#[derive(Clone, Debug)]
pub(crate) struct Lease(Option<Arc<Term>>);

#[derive(Debug)]
struct Term {
    length: Duration,
    ends: Mutex<Instant>,
}

impl Session {
    /// The session with the lease that the store granted in its answer to a request sent at `sent`.
    pub(crate) fn new(opened: &Opened, sent: Instant) -> Self {
        let term = opened.lease.map(|length| {
            let ends = Mutex::new(sent + lasts(length));
            Arc::new(Term { length, ends })
        });
        Self {
            epoch: opened.epoch,
            lease: Lease(term),
        }
    }
}

/// How long a lease lasts from when it was requested.
fn lasts(length: Duration) -> Duration {
    length.saturating_sub(length / 10)
}

impl Lease {
    /// A lease of this length, which begins when it is first renewed.
    pub(crate) fn of(length: Duration) -> Self {
        let ends = Mutex::new(Instant::now());
        Self(Some(Arc::new(Term { length, ends })))
    }

    /// Whether it has not ended yet.
    pub(crate) fn holds(&self) -> bool {
        self.ends().is_none_or(|ends| Instant::now() < ends)
    }

    /// The time at which it ends, if it does.
    pub(crate) fn ends(&self) -> Option<Instant> {
        let term = self.0.as_ref()?;
        Some(*term.ends.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// When it is to be renewed: a third of its length after it was requested last.
    pub(crate) fn renewal(&self) -> Option<Instant> {
        let length = self.length()?;
        let rest = lasts(length).saturating_sub(length / 3);
        self.ends()?.checked_sub(rest)
    }

    /// The length of the lease, if it ends.
    pub(crate) fn length(&self) -> Option<Duration> {
        Some(self.0.as_ref()?.length)
    }

    /// The store has renewed it, in answer to a request sent at `sent`.
    pub(crate) fn renewed(&self, sent: Instant) {
        if let Some(term) = &self.0 {
            *term.ends.lock().unwrap_or_else(PoisonError::into_inner) = sent + lasts(term.length);
        }
    }
}
