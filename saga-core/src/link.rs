//! What a run has in common with the runs that are part of it.

use crate::{kernel::Direction, observers::Audience, way::Way};
use std::sync::Arc;

/// What a run tells the runs that are part of it.
pub(crate) struct Link {
    pub(crate) way: Way,
    /// Who observes it.
    pub(crate) audience: Option<Arc<Audience>>,
    /// Of the waits that are drawn at random.
    pub(crate) seed: Option<u64>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("way", &self.way)
            .finish_non_exhaustive()
    }
}

impl Link {
    pub(crate) fn new(audience: Option<Arc<Audience>>, seed: Option<u64>) -> Self {
        Self {
            way: Way::default(),
            audience,
            seed,
        }
    }

    pub(crate) fn tell(&self, direction: Direction) {
        self.way.tell(direction);
    }
}
