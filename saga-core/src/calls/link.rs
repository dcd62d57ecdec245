//! What a run has in common with the runs that are part of it.

use crate::{
    calls::watch::Watch,
    kernel::{Direction, Parts},
    observers::Audience,
    report::way::Way,
};
use std::sync::Arc;

/// What a run tells the runs that are part of it.
pub(crate) struct Link {
    pub(crate) way: Way,
    pub(crate) parts: Parts,
    /// Who observes it.
    pub(crate) audience: Option<Arc<Audience>>,
    /// Of the waits that are drawn at random.
    pub(crate) seed: Option<u64>,
    /// How many items a loop may have.
    pub(crate) items_limit: Option<usize>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("way", &self.way)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// Of a run with what somebody watches of it.
    pub(crate) fn new(parts: Parts, watch: Option<&Watch>) -> Self {
        Self {
            way: Way::default(),
            parts,
            audience: watch.and_then(|watch| watch.audience.clone()),
            seed: watch.and_then(|watch| watch.seed),
            items_limit: watch.and_then(|watch| watch.items_limit),
        }
    }

    pub(crate) fn tell(&self, direction: Direction) {
        self.way.tell(direction);
    }
}
