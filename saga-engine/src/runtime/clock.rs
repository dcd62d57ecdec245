//! What time it is.

use crate::store::Time;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// The system's clock as it was when the engine opened, and tokio's since: a clock that is set back opens no wait again, and a test that
/// pauses tokio's clock moves this one, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    opened: Time,
    since: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            opened: Time::of(SystemTime::now()),
            since: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.opened.after(self.since.elapsed())
    }

    /// How long it is until then; nothing, if that has passed.
    pub(crate) fn until(&self, time: Time) -> Duration {
        time.since(self.now())
    }
}
