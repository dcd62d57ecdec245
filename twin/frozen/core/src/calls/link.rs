//! The data that a run shares with the runs that are part of it.

use crate::{
    calls::watch::Watch,
    kernel::{Direction, Parts},
    observers::Audience,
    report::way::Way,
};
use std::sync::Arc;

/// The data that a run passes to the runs that are part of it.
pub(crate) struct Link {
    pub(crate) way: Way,
    pub(crate) parts: Parts,
    /// The observers of the run.
    pub(crate) audience: Option<Arc<Audience>>,
    /// The seed of the random waits.
    pub(crate) seed: Option<u64>,
    /// The maximum number of items of a loop.
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
    /// The link of a run with these options.
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
