//! Two versions of a saga, of which the second one goes on where the first one was shut down.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use tokio::sync::Notify;

use crate::reference::vendor::Vendor;

type Stops = Box<dyn FnOnce() + Send>;

/// How far the versions of a saga are that a vendor serves.
#[derive(Default)]
pub(crate) struct Versions {
    /// When so many calls have ended, the first one is shut down.
    after: Option<usize>,
    ended: AtomicUsize,
    running: AtomicUsize,
    shut_down: AtomicBool,
    gone_on: AtomicBool,
    /// Shuts the first one down.
    stops: Mutex<Option<Stops>>,
    rest: Notify,
}

/// A call, until it ends or is given up.
pub(crate) struct Runs<'v>(&'v Versions);

impl Versions {
    pub(crate) fn after(calls: usize) -> Self {
        Self {
            after: Some(calls),
            ..Self::default()
        }
    }

    /// What shuts the first version down, at the moment at which that call ends.
    pub(crate) fn stop_by(&self, stops: impl FnOnce() + Send + 'static) {
        let mut slot = self.stops.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(Box::new(stops));
    }

    pub(crate) fn runs(&self) -> Runs<'_> {
        self.running.fetch_add(1, SeqCst);
        Runs(self)
    }
}

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        let Versions {
            after,
            ended,
            running,
            shut_down,
            stops,
            rest,
            ..
        } = self.0;
        if Some(ended.fetch_add(1, SeqCst) + 1) == *after {
            shut_down.store(true, SeqCst);
            let stops = stops.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(stops) = stops {
                stops();
            }
        }
        if running.fetch_sub(1, SeqCst) == 1 {
            rest.notify_waiters();
        }
    }
}

impl Vendor {
    /// The same, for a version that is shut down when so many calls have ended.
    pub(crate) fn shut_down_after(mut self, calls: usize) -> Self {
        self.versions = Arc::new(Versions::after(calls));
        self
    }

    /// Whether the first version has been shut down, and the second one has not gone on.
    pub(crate) fn is_shut_down(&self) -> bool {
        let versions = &self.versions;
        versions.shut_down.load(SeqCst) && !versions.gone_on.load(SeqCst)
    }

    /// Waits until no call runs.
    pub(crate) async fn rests(&self) {
        loop {
            let rest = self.versions.rest.notified();
            // A sibling may have gone on already.
            if self.has_gone_on() || self.versions.running.load(SeqCst) == 0 {
                return;
            }
            rest.await;
        }
    }

    pub(crate) fn goes_on(&self) {
        self.versions.gone_on.store(true, SeqCst);
    }

    pub(crate) fn has_gone_on(&self) -> bool {
        self.versions.gone_on.load(SeqCst)
    }
}
