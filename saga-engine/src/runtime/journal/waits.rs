//! The waits of a run that are not over.

use super::{OpenWait, Shared, Site};
use crate::store::Time;
use typed_saga_core::Before;

impl Shared {
    /// Adds a wait that was recorded before this run began.
    pub(crate) fn waits(&self, site: Site, (before, late): (Before, bool), until: Time) {
        let until = self.clock.moment(until);
        self.buffer().waits.push(OpenWait {
            site,
            before,
            late,
            until,
        });
    }

    /// Whether the run waits for a signal.
    pub(crate) fn listens(&self) -> bool {
        let buffer = self.buffer();
        let mut waits = buffer.waits.iter();
        waits.any(|wait| wait.before == Before::TimeOut)
    }
}
