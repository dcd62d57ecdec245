//! A clock that is set by another one, and runs by the monotonic one in between.

use crate::time::Time;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

/// The store's time, as it was when it was last asked, and tokio's monotonic clock since: it does not
/// go back, so no wait that is over opens again, unless the store's clock was set back; and a test that
/// pauses tokio's clock moves it, too.
///
/// Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Reading>>);

#[derive(Clone, Copy, Debug)]
struct Reading {
    time: Time,
    at: Instant,
    /// What it showed last.
    shown: Time,
}

/// No answer of a store takes so long.
const FAR: Duration = Duration::from_secs(60);

impl Clock {
    /// A clock that shows the system's time.
    #[must_use]
    pub fn system() -> Self {
        Self::at(Time::of(SystemTime::now()))
    }

    /// A clock that shows this time.
    #[must_use]
    pub fn at(time: Time) -> Self {
        let at = Instant::now();
        let shown = time;
        Self(Arc::new(Mutex::new(Reading { time, at, shown })))
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Time {
        let mut reading = self.reading();
        let now = reading.time.after(reading.at.elapsed());
        reading.shown = reading.shown.max(now);
        reading.shown
    }

    /// How long it is until then; nothing, if that has passed.
    #[must_use]
    pub fn until(&self, time: Time) -> Duration {
        time.since(self.now())
    }

    /// Sets the clock by another one. If it is ahead of that, it stands still until that has caught
    /// up; by more than a minute, the other one was set back, and so is this.
    pub fn set(&self, time: Time) {
        let mut reading = self.reading();
        (reading.time, reading.at) = (time, Instant::now());
        if reading.shown.since(time) > FAR {
            reading.shown = time;
        }
    }

    /// Starts anew with the system's time, even if that is earlier: for a store that is opened
    /// again.
    pub fn restart_by_system(&self) {
        self.restart(Time::of(SystemTime::now()));
    }

    /// Starts anew with this time, even if it is earlier.
    pub(crate) fn restart(&self, time: Time) {
        let (at, shown) = (Instant::now(), time);
        *self.reading() = Reading { time, at, shown };
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use crate::time::Time;
    use std::time::Duration;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn it_stands_still_rather_than_to_go_back() {
        let clock = Clock::at(Time(1_000));
        advance(Duration::from_millis(50)).await;
        assert_eq!(clock.now(), Time(1_050));
        clock.set(Time(1_020));
        assert_eq!(clock.now(), Time(1_050));
        advance(Duration::from_millis(20)).await;
        assert_eq!(clock.now(), Time(1_050));
        advance(Duration::from_millis(20)).await;
        assert_eq!(clock.now(), Time(1_060));
        clock.set(Time(5_000));
        assert_eq!(clock.clone().now(), Time(5_000));
        assert_eq!(clock.until(Time(5_200)), Duration::from_millis(200));
        assert_eq!(clock.until(Time(4_000)), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn it_goes_back_with_one_that_was_set_back() {
        let clock = Clock::at(Time(3_600_000));
        clock.set(Time(3_550_000));
        assert_eq!(clock.now(), Time(3_600_000));
        clock.set(Time(0));
        assert_eq!(clock.now(), Time(0));
        advance(Duration::from_millis(50)).await;
        assert_eq!(clock.now(), Time(50));
    }
}
