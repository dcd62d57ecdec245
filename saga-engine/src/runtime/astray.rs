//! The claims that no task may have, until the worker reconciles them.
//!
//! A claim may stand that no task has: the store did not answer the claim or the release, or the
//! task failed. The code that notices this repairs nothing, and calls `Inner::reconcile_soon`. A
//! second later, the worker resumes or releases the saga as its row says; after a lost answer to
//! `claim`, it looks at all sagas that are claimed. On a store with leases it also does so three
//! times per lease, because a claim that was given up may take effect late. Claims of events are
//! reconciled by the deliverer, because it alone knows which of them are its own.

use crate::store::SagaId;
use std::{collections::BTreeSet, mem, time::Duration};
use tokio::time::Instant;

/// What may be claimed without a task.
#[derive(Default)]
pub(crate) struct Astray {
    /// These sagas.
    pub(crate) sagas: BTreeSet<SagaId>,
    /// Whether any other saga may be.
    pub(crate) any: bool,
    /// When the worker reconciles them; `None` if there is nothing to reconcile.
    at: Option<Instant>,
}

impl Astray {
    /// Adds a saga, or, with `None`, whatever is claimed. Returns whether that is the first thing to
    /// reconcile, which is done at this time.
    pub(crate) fn add(&mut self, saga: Option<&SagaId>, at: Instant) -> bool {
        if let Some(saga) = saga {
            self.sagas.insert(saga.clone());
        } else {
            self.any = true;
        }
        let is_first = self.at.is_none();
        self.at.get_or_insert(at);
        is_first
    }

    /// Takes everything, if its time has come.
    pub(crate) fn take_due(&mut self) -> Self {
        let is_due = self.at.is_some_and(|at| at <= Instant::now());
        if is_due {
            mem::take(self)
        } else {
            Self::default()
        }
    }

    /// For how long there is nothing to reconcile.
    pub(crate) fn wait(&self) -> Duration {
        self.at.map_or(Duration::MAX, |at| {
            at.saturating_duration_since(Instant::now())
        })
    }
}
